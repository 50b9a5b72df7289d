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

    func run() throws {
        try unmount(mountpoint, lazy: lazy)
    }
}
