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
    func find(in repository: Repository, zone: Zone, where accepts: (StoredSnapshot) -> Bool = { _ in true }) throws
        -> StoredSnapshot
    {
        switch self {
        case .id("latest"):
            guard let newest = try repository.snapshots().last(where: accepts) else {
                throw RepositoryError.noSuchSnapshot("latest")
            }
            return newest
        case .id(let prefix): return try repository.snapshot(matching: prefix)
        case .at(let date):
            let end = try Dates.range(date, in: zone).upperBound
            let found = try repository.snapshots().last { stored in
                let time = stored.snapshot.time
                let milliseconds = time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000
                return milliseconds < end.milliseconds && accepts(stored)
            }
            guard let found else { throw CommandError.noSnapshotBefore(date) }
            return found
        }
    }
}
