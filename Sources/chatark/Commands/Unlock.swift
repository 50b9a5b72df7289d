import ArgumentParser
import ResticRepository

/// Removes locks of programs that are gone.
struct Unlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove locks that other processes left behind.",
        discussion: """
            A lock is left behind when its process is gone from this machine or when it is older than half an hour. With \
            '--remove-all' every lock goes: only right when nothing else is at work on the repository. What a killed backup had \
            stored by then is not stored again by the next one.

            Examples:
              chatark unlock
              chatark unlock --remove-all
            """)

    @OptionGroup var options: RepositoryOptions

    @Flag(help: "Remove all locks, also those that are in use.")
    var removeAll = false

    func run() throws {
        let repository = try options.open()
        let count = try removeAll ? repository.removeAllLocks() : repository.removeStaleLocks()
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("summary")
                json.key("locks_removed")
                json.int(count)
                json.endObject()
            }
        } else if !options.quiet {
            Output.line(count == 0 ? "No locks were left behind." : "Removed \(Words.count(count, "lock")).")
        }
        // The locks were what told the next backup of them.
        if count > 0, !removeAll { try keepLeftPacks(in: repository) }
    }

    /// Tells the next backup of packs that no index file tells of.
    private func keepLeftPacks(in repository: Repository) throws {
        try repository.whileLocked(.shared) { lock in
            try repository.loadSoundIndex()
            let writer = try repository.makeWriter()
            writer.guardIndex { () throws(RepositoryError) in try lock.check() }
            _ = try writer.takeLeftPacks()
            _ = try writer.finish()
        }
    }
}
