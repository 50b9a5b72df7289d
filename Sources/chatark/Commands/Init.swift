import ArgumentParser
import ResticRepository
import Storage

/// Creates a repository.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create an empty, encrypted repository.",
        discussion: """
            The folder may exist if it is empty of repositories. The password is asked for twice; keep a copy of it somewhere \
            safe, because nobody can open the repository without it.

            Examples:
              chatark init -r /backup/chats
              chatark init -r /backup/chats --password-file ~/.chat-password
              chatark init -r s3:https://s3.eu-central-1.amazonaws.com/my-bucket/chats
            """)

    @OptionGroup var options: RepositoryOptions

    func run() throws {
        let location = try options.location()
        let store = try options.access.store(at: location)
        var isTaken = true
        do throws(StorageError) { _ = try store.size(of: .config) } catch {
            guard error.isNotFound else { throw error }
            isTaken = false
        }
        guard !isTaken else { throw RepositoryError.alreadyExists(location: store.location) }
        let repository = try Repository.create(in: store, password: try options.password(for: .creating))
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("initialized")
                json.key("id")
                json.string(repository.id)
                json.key("repository")
                json.string(store.location)
                json.endObject()
            }
        } else if !options.quiet {
            Output.line("Created repository \(repository.id.prefix(10)) in \(store.location).")
            Output.line(
                "Without its password the history in it is lost for good. Keep a copy of the password elsewhere.")
        }
    }
}
