import Glibc

/// Writing, and the folders that it needs.
extension SFTPStore {
    private enum Outcome {
        case stored, alreadyThere, full
    }

    /// See `ObjectStore`. Five round trips, and more beyond some megabytes.
    ///
    /// The bytes go into a temporary file beside the object's place, which is synced where the server can, and then
    /// renamed. Renaming does not replace in version 3 of the protocol; as some servers do it all the same, what is
    /// there is looked at first. That its folder is on the disk too is beyond the protocol.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        let outcome = try asking(.object(name), .write) { (session) throws(SFTPFault) -> Outcome in
            try removeLeftovers(session)
            let place = path(name)
            let temporary = "\(place)-tmp-\(UInt64.random(in: 0 ... .max))"
            let asked = try session.send(.attributes(place))
            let opening = try session.send(.open(temporary, [.write, .create, .exclusive]))
            var mayBeLeft = true
            defer { if mayBeLeft { discard(temporary, session) } }
            var opened = Result { () throws(SFTPFault) in try opening.handle() }
            // What is there is said before anything that is wrong with writing.
            guard try isAbsent(asked, opened, session) else { return .alreadyThere }
            if case .success(nil) = opened, try makeFolders(of: name, session) {
                let again = try session.send(.open(temporary, [.write, .create, .exclusive]))
                opened = Result { () throws(SFTPFault) in try again.handle() }
            }
            if case .failure(.status) = opened { mayBeLeft = false }
            guard let handle = try opened.get() else {
                mayBeLeft = false
                throw .status(.noSuchFile)
            }
            guard try fill(handle, bytes, session) else { return .full }
            mayBeLeft = try !rename(temporary, place, session)
            return mayBeLeft ? .alreadyThere : .stored
        }
        switch outcome {
        case .stored: return
        case .alreadyThere: throw .alreadyExists(.object(name), location: location)
        case .full: throw .noSpace(.object(name), location: location)
        }
    }

    /// See `ObjectStore`. One round trip for each part of the repository's path that is missing, and three.
    public func createLayout() throws(StorageError) {
        try asking(.store, .create) { (session) throws(SFTPFault) in
            if try session.attributes(root) == nil {
                var prefix = root.hasPrefix("/") ? "/" : ""
                for part in root.split(separator: "/") {
                    prefix += part
                    try makeFolders([prefix], session)
                    prefix += "/"
                }
            }
            let digits = Array("0123456789abcdef")
            try makeFolders(ObjectKind.allCases.map { joined($0.rawValue) }, session)
            try makeFolders(digits.flatMap { high in digits.map { low in joined("data/\(high)\(low)") } }, session)
        }
    }

    // MARK: Files

    /// Writes, syncs and closes a file. False when the disk is full.
    private func fill(_ handle: SFTPHandle, _ bytes: [UInt8], _ session: SFTPSession) throws(SFTPFault) -> Bool {
        let canSync = session.features.extensions.contains(SFTPFeatures.fsync)
        do throws(SFTPFault) {
            try session.write(handle, bytes)
        } catch {
            close(handle, session)
            // The protocol has no word for it.
            guard case .status(.failure) = error, session.features.extensions.contains(SFTPFeatures.statvfs) else {
                throw error
            }
            guard case .extended(let reply) = try session.send(.space(root)).wait() else {
                throw .status(.failure)
            }
            guard try SFTPSpace(reply).free < UInt64(clamping: bytes.count) else { throw .status(.failure) }
            return false
        }
        let syncing = canSync ? try session.send(.sync(handle)) : nil
        let closed = try session.send(.close(handle))
        do throws(SFTPFault) {
            try syncing?.done()
        } catch .status(.unsupported) {
            // Announced, and yet the file system below cannot: as on a server that does not announce it.
        }
        try closed.done()
        return true
    }

    /// Gives a file its name; false when something has that name.
    private func rename(_ temporary: String, _ place: String, _ session: SFTPSession) throws(SFTPFault) -> Bool {
        do throws(SFTPFault) {
            try session.send(.rename(temporary, place)).done()
            return true
        } catch {
            guard case .status(let status) = error else { throw error }
            if try session.attributes(place) != nil { return false }
            // File systems that know no links, on servers that rename with links.
            guard status == .failure || status == .unsupported,
                session.features.extensions.contains(SFTPFeatures.posixRename)
            else { throw error }
            try session.send(.replace(temporary, place)).done()
            return true
        }
    }

    /// Whether nothing is at the object's place. When something is, or it cannot be known, what was opened meanwhile is
    /// closed.
    private func isAbsent(
        _ asked: SFTPSession.Pending, _ opened: Result<SFTPHandle?, SFTPFault>, _ session: SFTPSession
    ) throws(SFTPFault) -> Bool {
        var isAbsent = false
        defer { if !isAbsent, case .success(let handle?) = opened { close(handle, session) } }
        isAbsent = try asked.attributes() == nil
        return isAbsent
    }

    /// Closes a file that will be removed; how that ends is of no interest.
    private func close(_ handle: SFTPHandle, _ session: SFTPSession) {
        _ = try? session.send(.close(handle))
    }

    /// Removes a temporary file, now or when there is a connection again.
    private func discard(_ temporary: String, _ session: SFTPSession) {
        do throws(SFTPFault) {
            _ = try session.send(.remove(temporary)).wait()
        } catch {
            leftovers.withLock { if $0.count < 1000 { $0.append(temporary) } }
        }
    }

    private func removeLeftovers(_ session: SFTPSession) throws(SFTPFault) {
        let paths = leftovers.withLock { paths in
            defer { paths = [] }
            return paths
        }
        // A server may still be writing what it had; then they stay, and no listing shows them.
        for path in paths { _ = try session.send(.remove(path)) }
    }

    // MARK: Folders

    /// Makes what is missing above an object inside the repository, never the repository itself.
    private func makeFolders(of name: ObjectName, _ session: SFTPSession) throws(SFTPFault) -> Bool {
        let parts = name.path.split(separator: "/").dropLast()
        guard !parts.isEmpty, try session.attributes(root) != nil else { return false }
        var path = root
        for part in parts {
            path = path.hasSuffix("/") ? path + part : "\(path)/\(part)"
            try makeFolders([path], session)
        }
        return true
    }

    /// Makes folders that are missing, all at the same time.
    private func makeFolders(_ paths: [String], _ session: SFTPSession) throws(SFTPFault) {
        var asked: [(path: String, answer: SFTPSession.Pending)] = []
        for path in paths { asked.append((path, try session.send(.attributes(path)))) }
        var made: [(path: String, answer: SFTPSession.Pending)] = []
        for (path, answer) in asked where try answer.attributes() == nil {
            made.append((path, try session.send(.makeFolder(path))))
        }
        for (path, answer) in made {
            do throws(SFTPFault) {
                try answer.done()
            } catch {
                // Another writer may have made it first.
                guard case .status = error, try session.attributes(path) != nil else { throw error }
            }
        }
    }
}
