import ResticRepository
import Storage
import Synchronization

/// How far a backup is, for the line on the terminal.
final class BackupProgress: Sendable {
    enum Phase { case comparing, reading(rows: Int), storing, archiving }

    let files = SourceProgress()
    private let state = Mutex(Phase.comparing)

    var phase: Phase {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    @Sendable func reading() -> Progress.Reading {
        switch phase {
        case .comparing: return Progress.Reading(words: "comparing with the last snapshot")
        case .reading(let rows): return Progress.Reading(words: "reading messages: \(Words.count(rows))")
        case .archiving: return Progress.Reading(words: "storing messages\(sent)")
        case .storing:
            let counts = files.counts
            return Progress.Reading(
                words: "storing files: \(Words.count(counts.files)), \(Words.bytes(counts.bytes))\(sent)")
        }
    }

    /// What has left for a store on a network, which may be long after it was read.
    private var sent: String {
        let bytes = StoreOptions.traffic.sent
        return bytes > 0 ? "; \(Words.bytes(bytes)) sent" : ""
    }
}
