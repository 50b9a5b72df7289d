import ResticRepository

/// Finding a blob among a million, in random order: `Repository.contains`, the door that does nothing but look up.
enum IndexBenchmarks {
    static let all = [
        Benchmark(name: "index-mapped", about: "whether a blob is known: 1,000,000 entries in a mapped segment") {
            try work(of: $0.index(), mapped: true)
        },
        Benchmark(name: "index-memory", about: "the same with the index in memory, without a local one") {
            try work(of: $0.index(), mapped: false)
        },
        Benchmark(name: "index-absent", about: "the same for blobs that are not in the mapped segment") {
            try workOfAbsent($0.index())
        },
    ]

    private static let lookUpsPerCall = 1000

    private static func work(of index: SampleIndex, mapped: Bool) throws -> Benchmark.Work {
        let repository = try index.open(mapped: mapped)
        try check(index.blobs.allSatisfy { repository.contains($0, .data) }, "the index lacks blobs")
        return lookUps(of: index.blobs, in: repository)
    }

    private static func workOfAbsent(_ index: SampleIndex) throws -> Benchmark.Work {
        let repository = try index.open(mapped: true)
        var numbers = SeededNumbers(seed: 60)
        let absent = (0..<100 * lookUpsPerCall).map { _ in BlobID(.random(using: &numbers)) }
        try check(!absent.contains { repository.contains($0, .data) }, "the index has blobs that nobody put there")
        return lookUps(of: absent, in: repository)
    }

    /// Goes round through the blobs, whose number is a multiple of a call's.
    private static func lookUps(of blobs: [BlobID], in repository: Repository) -> Benchmark.Work {
        var next = 0
        return Benchmark.Work(amount: .operations(lookUpsPerCall)) {
            var found = 0
            for blob in blobs[next..<next + lookUpsPerCall] where repository.contains(blob, .data) { found += 1 }
            next = (next + lookUpsPerCall) % blobs.count
            return found
        }
    }
}
