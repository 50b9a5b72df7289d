/// Files and folders, in as few round trips as the protocol allows.
extension SFTPSession {
    /// READs or WRITEs on their way for one file.
    private static let window = 64

    /// What a path names; nil when there is nothing.
    func attributes(_ path: String) throws(SFTPFault) -> SFTPAttributes? {
        try send(.attributes(path)).attributes()
    }

    /// Reads a range of an open file; fewer bytes when the file ends before.
    func read(_ handle: SFTPHandle, _ range: Range<Int>) throws(SFTPFault) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var flight: ArraySlice<(count: Int, answer: Pending)> = []
        var piece = features.readPiece
        var next = range.lowerBound
        while bytes.count < range.count {
            while flight.count < Self.window, next < range.upperBound {
                let count = min(piece, range.upperBound - next)
                settings.download?.wait(for: count)
                flight.append((count, try send(.read(handle, offset: next, count: count))))
                next += count
            }
            guard let (count, answer) = flight.popFirst() else { return bytes }
            guard let data = try answer.data(atMost: count) else { return bytes }
            bytes += data
            settings.meter?.receive(data.count)
            var missing = count - data.count
            // Servers may give less than was asked for; from now on they are asked for what they give.
            if missing > 0 { piece = max(1024, min(piece, data.count)) }
            while missing > 0 {
                let offset = range.lowerBound + bytes.count
                let more = try send(.read(handle, offset: offset, count: missing))
                guard let data = try more.data(atMost: missing) else { return bytes }
                bytes += data
                settings.meter?.receive(data.count)
                missing -= data.count
            }
        }
        return bytes
    }

    /// Writes an open file from its beginning.
    func write(_ handle: SFTPHandle, _ bytes: [UInt8]) throws(SFTPFault) {
        var flight: ArraySlice<Pending> = []
        var done = 0
        while done < bytes.count || !flight.isEmpty {
            while flight.count < Self.window, done < bytes.count {
                let end = min(done + features.writePiece, bytes.count)
                settings.upload?.wait(for: end - done)
                flight.append(try send(.write(handle, offset: done, bytes[done..<end])))
                settings.meter?.send(end - done)
                done = end
            }
            try flight.popFirst()?.done()
        }
    }

    /// The names in folders; nothing for a folder that is missing. `count` is how many folders were there.
    ///
    /// Many folders are read at the same time, and of each the next part is asked for before the last has come.
    func names(in folders: [String]) throws(SFTPFault) -> (names: [(folder: Int, SFTPName)], count: Int) {
        var listing = Listing(session: self, folders: folders)
        do throws(SFTPFault) {
            try listing.run()
        } catch {
            listing.giveUp()
            throw error
        }
        return (listing.names, listing.count)
    }

    /// The state of such a reading.
    private struct Listing {
        let session: SFTPSession
        let folders: [String]
        var names: [(folder: Int, SFTPName)] = []
        var count = 0
        private var next = 0
        private var open: [Int: (handle: SFTPHandle, asked: Int, isOver: Bool)] = [:]
        private var steps: ArraySlice<(folder: Int, isOpening: Bool, answer: Pending)> = []
        private var closing: [Pending] = []
        private var answers = 0

        /// More than any repository has; a server that goes on for ever ends there.
        private static let most = 1 << 24

        init(session: SFTPSession, folders: [String]) {
            self.session = session
            self.folders = folders
        }

        mutating func run() throws(SFTPFault) {
            for _ in 0..<session.features.handles { try openNext() }
            while let (folder, isOpening, answer) = steps.popFirst() {
                if isOpening { try opened(folder, answer) } else { try read(folder, answer) }
            }
            for answer in closing { try answer.done() }
        }

        /// What is still open is given back; what else is on its way is of no interest.
        mutating func giveUp() {
            for folder in open.values where session.isOpen { _ = try? session.send(.close(folder.handle)) }
        }

        private mutating func openNext() throws(SFTPFault) {
            guard next < folders.count else { return }
            steps.append((next, true, try session.send(.openFolder(folders[next]))))
            next += 1
        }

        private mutating func opened(_ folder: Int, _ answer: Pending) throws(SFTPFault) {
            guard let handle = try answer.handle() else { return try openNext() }
            count += 1
            open[folder] = (handle, 0, false)
            for _ in 0..<(folders.count > 1 ? 2 : 8) { try ask(folder) }
        }

        private mutating func ask(_ folder: Int) throws(SFTPFault) {
            guard let handle = open[folder]?.handle else { return }
            open[folder]?.asked += 1
            steps.append((folder, false, try session.send(.readFolder(handle))))
        }

        private mutating func read(_ folder: Int, _ answer: Pending) throws(SFTPFault) {
            let found = try answer.names()
            open[folder]?.asked -= 1
            answers += 1
            if let found {
                for name in found { names.append((folder, name)) }
                guard names.count < Self.most, answers < Self.most else { throw .malformed }
                if open[folder]?.isOver == false { try ask(folder) }
            } else {
                open[folder]?.isOver = true
            }
            guard let (handle, asked, isOver) = open[folder], isOver, asked == 0 else { return }
            open[folder] = nil
            closing.append(try session.send(.close(handle)))
            try openNext()
        }
    }
}

extension SFTPSession.Pending {
    /// Waits for a status that is good.
    func done() throws(SFTPFault) {
        guard case .status(let status) = try wait() else { throw .malformed }
        guard status == .ok else { throw .status(status) }
    }

    /// Waits for a handle; nil when there is nothing of that name.
    func handle() throws(SFTPFault) -> SFTPHandle? {
        switch try wait() {
        case .handle(let handle): return handle
        case .status(.noSuchFile): return nil
        case .status(let status) where status != .ok: throw .status(status)
        default: throw .malformed
        }
    }

    /// Waits for attributes; nil when there is nothing of that name.
    func attributes() throws(SFTPFault) -> SFTPAttributes? {
        switch try wait() {
        case .attributes(let found): return found
        case .status(.noSuchFile): return nil
        case .status(let status) where status != .ok: throw .status(status)
        default: throw .malformed
        }
    }

    /// Waits for at least one byte; nil at the end of the file.
    func data(atMost count: Int) throws(SFTPFault) -> ArraySlice<UInt8>? {
        switch try wait() {
        case .data(let data) where !data.isEmpty && data.count <= count: return data
        case .status(.endOfFile): return nil
        case .status(let status) where status != .ok: throw .status(status)
        default: throw .malformed
        }
    }

    /// Waits for names; nil at the end of the folder.
    func names() throws(SFTPFault) -> [SFTPName]? {
        switch try wait() {
        case .names(let names): return names
        case .status(.endOfFile): return nil
        case .status(let status) where status != .ok: throw .status(status)
        default: throw .malformed
        }
    }
}
