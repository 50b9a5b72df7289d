import ArgumentParser
import ChatModel
import ResticRepository

/// Opens a repository for a while: the password once, and not again for every command.
struct SessionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session",
        abstract: "Give the password once, and not again until a session ends.",
        discussion: """
            The kernel keeps the repository's key in its memory for the user who begins a session: it is written nowhere, goes \
            with the last second of the session or when the machine stops, and until then every process of that user can open \
            the repository. Commands also begin sooner, as no key is computed from a password.

            Examples:
              chatark session begin -r /backup/chats --for 8h
              chatark mount -r /backup/chats ~/chats          asks for nothing
              chatark session end -r /backup/chats
            """,
        subcommands: [Begin.self, End.self, Status.self])

    struct Begin: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ask for the password and keep the key for a while.")
        @OptionGroup var options: RepositoryOptions
        @Option(name: .customLong("for"), help: ArgumentHelp("How long: 30m, 8h, 2d.", valueName: "time"))
        var span = "8h"

        func run() throws {
            let seconds = try TimeSpan.parse(span)
            // With the password, also within a session: who sits at a terminal that was left open must not prolong it.
            let repository = try options.open(inSession: false)
            let place = try options.location().sessionName
            do throws(KernelKeyring.Fault) {
                try KernelKeyring.keep(repository.unlockedKey, for: place, seconds: seconds)
            } catch {
                throw CommandError.noKeyring(errno: error.errno)
            }
            if !options.quiet || options.json { try SessionCommand.tell(options) }
        }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop the key that is kept.")
        @OptionGroup var options: RepositoryOptions

        func run() throws {
            KernelKeyring.drop(for: try options.location().sessionName)
            if !options.quiet || options.json { try SessionCommand.tell(options) }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Whether there is a session, and until when.")
        @OptionGroup var options: RepositoryOptions

        func run() throws { try SessionCommand.tell(options) }
    }

    /// Says how it stands.
    private static func tell(_ options: RepositoryOptions) throws {
        let location = try options.location()
        let entry = KernelKeyring.find(for: location.sessionName)
        let zone = try Dates.zone(nil)
        let until = entry.map { Dates.text(Timestamp(seconds: $0.until), in: zone) }
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("session")
                json.key("repository")
                json.string(location.words)
                json.key("open")
                json.bool(entry != nil)
                if let entry {
                    json.key("until")
                    json.string(Dates.goTime(Timestamp(seconds: entry.until), in: zone).text)
                    json.key("key")
                    json.string(entry.key.id.hex)
                }
                json.endObject()
            }
        } else if let until {
            Output.line("\(location.words) opens without its password until \(until).")
        } else {
            Output.line("\(location.words) asks for its password.")
        }
    }
}
