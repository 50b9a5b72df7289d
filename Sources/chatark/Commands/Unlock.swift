import ArgumentParser
import ResticRepository

/// Removes locks of programs that are gone.
struct Unlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove locks that other processes left behind.",
        discussion: """
            A lock is left behind when its process is gone from this machine or when it is older than half an hour. With \
            '--remove-all' every lock goes: only right when nothing else is at work on the repository.

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
    }
}
