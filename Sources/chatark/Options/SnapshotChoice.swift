import ChatArchive
import ChatModel
import ResticRepository

/// One snapshot among all: by id, `latest`, or the newest not later than a date.
enum SnapshotChoice {
    case id(String)
    case at(String)

    /// What the arguments say; `latest` when they say nothing.
    init(id: String?, at date: String?) throws(CommandError) {
        switch (id, date) {
        case (.some, .some): throw .snapshotGivenTwice
        case (let id?, nil): self = .id(id)
        case (nil, let date?): self = .at(date)
        case (nil, nil): self = .id("latest")
        }
    }

    /// The snapshot. A date means its end: `2021-09-04` takes in all of that day.
    ///
    /// - Parameter ofChats: whether snapshots of other programs are passed over, where there are any of this one: for who
    ///   asks for conversations.
    func find(in repository: Repository, zone: Zone, ofChats: Bool = false) throws -> StoredSnapshot {
        // An id needs no other snapshot to be read.
        if case .id(let prefix) = self, prefix != "latest" { return try repository.snapshot(matching: prefix) }
        return try find(among: try repository.snapshots(), zone: zone, ofChats: ofChats)
    }

    /// The same among snapshots that have been read, the oldest first.
    func find(among snapshots: [StoredSnapshot], zone: Zone, ofChats: Bool = false) throws -> StoredSnapshot {
        switch self {
        case .id("latest"):
            guard let newest = snapshots.newest(ofChats: ofChats) else {
                throw RepositoryError.noSuchSnapshot("latest")
            }
            return newest
        case .id(let prefix):
            let id = try Repository.snapshot(matching: prefix, among: snapshots.map(\.id))
            guard let found = snapshots.first(where: { $0.id == id }) else {
                throw RepositoryError.noSuchSnapshot(prefix)
            }
            return found
        case .at(let date):
            let end = try Dates.range(date, in: zone).upperBound
            let moment = Timestamp(milliseconds: end.milliseconds - 1)
            let found = snapshots.newest(notAfter: moment, ofChats: ofChats)
            guard let found else { throw CommandError.noSnapshotBefore(date) }
            return found
        }
    }
}
