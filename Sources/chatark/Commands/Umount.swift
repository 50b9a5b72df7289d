import ArgumentParser
import Mount

/// Removes a mount.
struct Umount: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a mount.",
        discussion: """
            Examples:
              chatark umount ~/chats
              chatark umount --lazy ~/chats     also while programs are in it
            """)

    @Argument(help: "Where it is mounted.", completion: .directory)
    var mountpoint: String

    @Flag(name: .shortAndLong, help: "Detach it now, even if it is in use; it ends with its last user.")
    var lazy = false

    @Flag(help: "Print JSON for programs to read.")
    var json = false

    func run() throws {
        try unmount(mountpoint, lazy: lazy)
        guard json else { return }
        Output.json { json in
            json.beginObject()
            json.key("message_type")
            json.string("summary")
            json.key("unmounted")
            json.string(mountpoint)
            json.endObject()
        }
    }
}
