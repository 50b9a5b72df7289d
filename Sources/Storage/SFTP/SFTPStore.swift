import Glibc
import Synchronization

/// A repository in a folder of another machine, reached by SFTP through the user's own ssh, laid out as restic does.
/// One attempt a call; a call after the connection has ended makes a new one.
///
/// All calls share one connection, on which many requests are on their way at the same time.
public final class SFTPStore: ObjectStore {
    /// As restic writes it.
    public let location: String
    /// As many as the settings say.
    public let requestsInFlight: Int
    let root: String
    private let connector: SFTPConnector
    /// Temporary files that a connection has left behind when it ended.
    let leftovers = Mutex<[String]>([])

    /// Speaks to nobody yet.
    public init(_ place: SFTPLocation, _ settings: SFTPSettings = SFTPSettings()) {
        location = place.description
        root = place.path
        requestsInFlight = max(1, settings.connections)
        connector = SFTPConnector(
            settings.command ?? SFTPCommand(to: place, program: settings.program), settings)
    }

    /// See `ObjectStore`. Three round trips; for packs some ten, their folders being read at the same time.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        try asking(.listing(kind), .list) { (session) throws(SFTPFault) in
            let digits = Array("0123456789abcdef")
            let folder = joined(kind.rawValue)
            let folders =
                kind == .data
                ? digits.flatMap { high in digits.map { low in "\(folder)/\(high)\(low)" } } : [folder]
            let (names, count) = try session.names(in: folders)
            // A missing folder is empty; a missing repository is not.
            if count == 0, try session.attributes(root) == nil { throw .status(.noSuchFile) }
            return try objects(kind, names, session)
        }
    }

    /// See `ObjectStore`. One round trip.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        try asking(.object(name), .size) { (session) throws(SFTPFault) in
            try Self.size(session.attributes(path(name)))
        }
    }

    /// See `ObjectStore`. Two round trips, and more beyond some megabytes.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        guard let range else { return try readWhole(name) }
        guard range.lowerBound >= 0 else { throw StorageError(errno: EINVAL, .read, .object(name), location: location) }
        guard !range.isEmpty, range.count <= name.sizeLimit else {
            let size = try asking(.object(name), .read) { (session) throws(SFTPFault) in
                try Self.size(session.attributes(path(name)))
            }
            guard range.upperBound <= size else { throw truncated(name, range, size) }
            if range.isEmpty { return [] }
            throw StorageError(errno: EFBIG, .read, .object(name), location: location)
        }
        let (bytes, size) = try asking(.object(name), .read) {
            (session) throws(SFTPFault) -> (bytes: [UInt8], size: Int) in
            guard let handle = try session.send(.open(path(name), .read)).handle() else {
                throw .status(.noSuchFile)
            }
            defer { giveBack(handle, session) }
            let bytes = try session.read(handle, range)
            if bytes.count == range.count { return (bytes, range.upperBound) }
            let size = try Self.size(session.send(.attributesOfHandle(handle)).attributes())
            return (bytes, size < range.upperBound ? size : range.lowerBound + bytes.count)
        }
        guard bytes.count == range.count else { throw truncated(name, range, size) }
        return bytes
    }

    private func readWhole(_ name: ObjectName) throws(StorageError) -> [UInt8] {
        let (bytes, size) = try asking(.object(name), .read) {
            (session) throws(SFTPFault) -> (bytes: [UInt8], size: Int) in
            let opening = try session.send(.open(path(name), .read))
            let asked = try session.send(.attributes(path(name)))
            guard let handle = try opening.handle() else { throw .status(.noSuchFile) }
            defer { giveBack(handle, session) }
            let size = try Self.size(asked.attributes())
            guard size <= name.sizeLimit else { return ([], size) }
            return (try session.read(handle, 0..<size), size)
        }
        guard size <= name.sizeLimit else { throw StorageError(errno: EFBIG, .read, .object(name), location: location) }
        guard bytes.count == size else { throw truncated(name, 0..<size, bytes.count) }
        return bytes
    }

    /// See `ObjectStore`. One round trip.
    public func remove(_ name: ObjectName) throws(StorageError) {
        do throws(StorageError) {
            try asking(.object(name), .remove) { (session) throws(SFTPFault) in
                try session.send(.remove(path(name))).done()
            }
        } catch {
            guard case .notFound = error else { throw error }
        }
    }

    // MARK: Asking

    func path(_ name: ObjectName) -> String { joined(name.path) }

    /// A path below the repository's folder.
    func joined(_ path: String) -> String { root.hasSuffix("/") ? root + path : "\(root)/\(path)" }

    /// Asks on the store's connection.
    func asking<Value>(
        _ subject: StorageSubject, _ operation: StorageOperation, _ body: (SFTPSession) throws(SFTPFault) -> Value
    ) throws(StorageError) -> Value {
        do throws(SFTPFault) {
            return try body(try connector.session())
        } catch {
            throw error.storageError(subject, operation, location)
        }
    }

    /// Closes what was only read. Nothing depends on the answer, and a connection that has ended is seen by the next
    /// call.
    private func giveBack(_ handle: SFTPHandle, _ session: SFTPSession) {
        _ = try? session.send(.close(handle))
    }

    private func truncated(_ name: ObjectName, _ range: Range<Int>, _ size: Int) -> StorageError {
        .truncated(.object(name), expected: range.upperBound, actual: size, location: location)
    }

    /// What a listing leaves out is not there.
    private static func size(_ found: SFTPAttributes?) throws(SFTPFault) -> Int {
        guard let found, found.isRegular ?? true else { throw .status(.noSuchFile) }
        guard let size = found.size else { throw .malformed }
        return size
    }

    /// The objects among names; where a server does not say enough it is asked.
    private func objects(
        _ kind: ObjectKind, _ names: [(folder: Int, SFTPName)], _ session: SFTPSession
    ) throws(SFTPFault) -> [StoredObject] {
        var found: [StoredObject] = []
        found.reserveCapacity(names.count)
        var asked: [(name: ObjectName, answer: SFTPSession.Pending)] = []
        for (folder, entry) in names {
            guard entry.bytes.count == 64, let digest = SHA256Digest(hex: String(decoding: entry.bytes, as: UTF8.self)),
                kind != .data || digest.firstByte == folder
            else { continue }
            let name = ObjectName(kind, digest)
            if let size = entry.attributes.size, let isRegular = entry.attributes.isRegular, !entry.attributes.isLink {
                if isRegular { found.append(StoredObject(name: name, size: size)) }
            } else {
                asked.append((name, try session.send(.attributes(path(name)))))
            }
        }
        for (name, answer) in asked {
            // Removed meanwhile, or a link to nowhere.
            guard let attributes = try answer.attributes() else { continue }
            if attributes.isRegular ?? true, let size = attributes.size {
                found.append(StoredObject(name: name, size: size))
            }
        }
        return found
    }
}

extension SHA256Digest {
    /// Which of the 256 folders of packs has it.
    fileprivate var firstByte: Int { Int(hex.prefix(2), radix: 16) ?? -1 }
}
