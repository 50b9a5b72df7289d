import CFuse
import ChatArchive
import Glibc

/// What a mount computes for the kernel when all is in memory.
enum FolderBenchmarks {
    static let all = [
        Benchmark(name: "inode", about: "a message's inode number taken apart and made again (`lifetimeOfAbsence`)") {
            try inodes($0.history())
        },
        Benchmark(name: "getattr", about: "a message's attributes by its inode number") {
            try attributes($0.history())
        },
        Benchmark(name: "lookup", about: "a message's entry by its name, in a month of 10,000") {
            try lookUps($0.history())
        },
        Benchmark(
            name: "readdirplus", about: "an entry of a READDIRPLUS reply: listed, and its bytes written by libfuse"
        ) {
            try listing($0.history())
        },
        Benchmark(name: "read-message", about: "a message's file, rendered and copied") { try reading($0.history()) },
        Benchmark(name: "transcript", about: "a month of messages rendered as one text") {
            try transcripts($0.history())
        },
    ]

    /// Bytes of a reply: glibc's buffer for a directory, which newer kernels pass on. Older ones ask for 4 KiB at a time.
    private static let replySize = 32 << 10

    /// No public door computes an inode number alone; this one takes it apart, and makes it again to compare the two.
    private static func inodes(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history)
        let tree = shown.tree
        let inodes = try shown.messages(of: shown.months[0]).map(\.inode)
        return Benchmark.Work(amount: .operations(inodes.count)) {
            var endless = 0
            for inode in inodes where tree.lifetimeOfAbsence(in: inode) == .endless { endless += 1 }
            return endless
        }
    }

    private static func attributes(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history)
        let tree = shown.tree
        let inodes = try shown.messages(of: shown.months[0]).map(\.inode)
        return Benchmark.Work(amount: .operations(inodes.count)) {
            var size: UInt64 = 0
            for inode in inodes { size &+= try tree.attributes(of: inode, waiting: .never).size }
            return Int(truncatingIfNeeded: size)
        }
    }

    private static func lookUps(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history)
        let tree = shown.tree
        let month = shown.months[0]
        let names = try shown.messages(of: month).map(\.name)
        return Benchmark.Work(amount: .operations(names.count)) {
            var sum = 0
            for name in names {
                let entry = try name.withUnsafeBytes { name in
                    Result { () throws(FolderTreeError) in
                        try tree.entry(named: name, in: month, waiting: .never)
                    }
                }.get()
                sum &+= Int(truncatingIfNeeded: entry?.attributes.inode.rawValue ?? 0)
            }
            return sum
        }
    }

    private static func listing(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history)
        let tree = shown.tree
        let month = shown.months[0]
        let count = try shown.messages(of: month).count
        let reply = DirectoryReply(size: replySize)
        return Benchmark.Work(amount: .operations(count + 2)) {
            var (offset, used) = (0, 0)
            while true {
                let before = offset
                reply.clear()
                try tree.list(month, from: offset, waiting: .never) { name, attributes, next in
                    guard reply.add(name, attributes, next: next) else { return false }
                    offset = next
                    return true
                }
                used += reply.used
                if offset == before { return used &+ reply.checksum }
            }
        }
    }

    private static func reading(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history)
        let tree = shown.tree
        let texts = try shown.messages(of: shown.months[0]).filter { $0.name.suffix(4) == Array(".txt".utf8)[...] }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        return Benchmark.Work(amount: .operations(texts.count)) {
            var sum = 0
            for text in texts {
                try tree.read(text.inode, offset: 0, count: buffer.count, waiting: .never) { bytes in
                    buffer.copyMemory(from: bytes)
                    sum &+= bytes.count
                }
            }
            return sum &+ Int(buffer[0])
        }
    }

    /// The tree keeps both segments and one text, the last: asked for two months by turns, it renders one each time.
    private static func transcripts(_ history: SampleHistory) throws -> Benchmark.Work {
        let size = try (0...1).reduce(0) { try $0 + history.segmentText($1).count } / 2
        let shown = try ShownMonths(history, memoryLimit: 16 * size)
        let tree = shown.tree
        var turn = 0
        func call() throws -> Int {
            turn ^= 1
            var count = 0
            try tree.read(shown.transcripts[turn], offset: 0, count: .max, waiting: .long) { count = $0.count }
            return count
        }
        let messages = try shown.months.compactMap { try shown.messages(of: $0).first?.inode }
        // What was in memory before is gone after these.
        for _ in shown.transcripts { _ = try call() }
        var rendered = 0
        for _ in 0..<4 {
            try check(!ShownMonths.isInMemory(shown.transcripts[turn ^ 1], of: tree), "transcripts stay in memory")
            rendered += try call()
            for message in messages {
                try check(ShownMonths.isInMemory(message, of: tree), "segments do not stay in memory")
            }
        }
        return Benchmark.Work(amount: .bytes(rendered / 4), call: call)
    }
}
