import ArgumentParser
import Glibc

/// The program: reads the command line, runs a command, and turns what went wrong into words and an exit status.
@main
struct Chatark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chatark",
        abstract: "Keeps your chat history in an encrypted, restic-compatible repository and shows it as files.",
        discussion: """
            A first backup:
              chatark init -r /backup/chats
              chatark backup -r /backup/chats --database-key-file wechat.key ~/phone/MicroMsg
              mkdir ~/chats && chatark mount -r /backup/chats ~/chats
              ls ~/chats/latest/conversations; grep -r 西湖 ~/chats/latest/conversations
              chatark umount ~/chats

            The repository and its password can also be given by CHATARK_REPOSITORY, CHATARK_REPOSITORY_FILE, \
            CHATARK_PASSWORD, CHATARK_PASSWORD_FILE and CHATARK_PASSWORD_COMMAND; restic's own variables of those names are \
            read when these are not set. Who loses the password loses the history: there is no other way in.

            Exit status: 0 success, 1 failure, 3 done but something could not be read or written, 10 no repository, \
            11 locked, 12 wrong password, 130 interrupted.
            """,
        version: Version.text,
        subcommands: [
            Init.self, Backup.self, Snapshots.self, List.self, SearchCommand.self, Restore.self, Check.self,
            Unlock.self, MountCommand.self,
            Umount.self, SessionCommand.self, Fetch.self, CacheCommand.self, VersionCommand.self,
        ])

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        Interruption.start()
        let arguments = CommandLineOrder.commandFirst(Array(CommandLine.arguments.dropFirst()))
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            Failing.exit(with: error, wantsJSON: arguments.contains("--json"), usage: usage(for:))
        }
        Interruption.exit(.success)
    }

    private static func usage(for error: any Error) -> Failing.Usage {
        Failing.Usage(text: fullMessage(for: error), isHelp: exitCode(for: error) == .success)
    }
}

/// What program this is.
enum Version {
    static let number = "0.1.0"
    static let text = "chatark \(number)"
}
