import ArgumentParser
import Storage

/// Shows, empties and verifies what is kept on this machine of repositories on a network.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show, empty or verify what is kept of repositories on a network.",
        discussion: """
            What was fetched stays on this machine as it was fetched: encrypted. It has a limit, and what was unused for the \
            longest time goes first.

            Examples:
              chatark cache status
              chatark cache verify
              chatark cache clear
            """,
        subcommands: [Status.self, Clear.self, Verify.self])

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What is kept, of which repository.")
        @OptionGroup var cache: CacheOptions
        @Flag(help: "Print JSON for programs to read.")
        var json = false

        func run() throws {
            guard let status = try cache.chunks().status() else { throw CommandError.cacheUnusable(cache.folder) }
            guard !json else {
                return Output.json { json in
                    json.beginObject()
                    json.key("path")
                    json.string(status.path)
                    json.key("limit")
                    json.int(status.limit)
                    json.key("bytes_on_disk")
                    json.int(status.bytesOnDisk)
                    json.key("holdings")
                    json.beginArray()
                    for holding in status.holdings {
                        json.beginObject()
                        json.key("repository")
                        json.string(holding.location)
                        json.key("class")
                        json.string(Self.word(holding.retention))
                        json.key("entries")
                        json.int(holding.entries)
                        json.key("bytes")
                        json.int(holding.bytes)
                        json.endObject()
                    }
                    json.endArray()
                    json.endObject()
                }
            }
            for holding in status.holdings {
                let count = Words.count(holding.entries, "piece")
                Output.line(
                    "\(holding.location): \(Self.word(holding.retention)), \(count), \(Words.bytes(UInt64(holding.bytes)))"
                )
            }
            Output.line(
                "\(Words.bytes(UInt64(status.bytesOnDisk))) of at most \(Words.bytes(UInt64(status.limit))) in \(status.path)."
            )
        }

        private static func word(_ retention: ReadAdvice.Retention) -> String {
            retention == .metadata ? "metadata" : "content"
        }
    }

    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Drop all of it, or what is of one repository.")
        @OptionGroup var cache: CacheOptions
        @Option(
            name: [.customShort("r"), .customLong("repo")],
            help: ArgumentHelp("Only what is of this repository.", valueName: "place"))
        var repository: String?

        @Flag(help: "Print JSON for programs to read.")
        var json = false

        func run() throws {
            let place = try repository.map { (text) throws(CommandError) in try RepositoryLocation(text).words }
            let chunks = try cache.chunks()
            guard let status = chunks.status(), chunks.clear(place) else {
                throw CommandError.cacheUnusable(cache.folder)
            }
            let dropped = status.holdings.filter { place == nil || $0.location == place }
            let bytes = dropped.reduce(0) { $0 + $1.bytes }
            guard !json else {
                return Output.json { json in
                    json.beginObject()
                    json.key("message_type")
                    json.string("summary")
                    json.key("entries_dropped")
                    json.int(dropped.reduce(0) { $0 + $1.entries })
                    json.key("bytes_dropped")
                    json.int(bytes)
                    json.endObject()
                }
            }
            guard !dropped.isEmpty else {
                return Output.line("Nothing was kept\(place.map { " of \($0)" } ?? "").")
            }
            Output.line("Dropped what was kept\(place.map { " of \($0)" } ?? ""): \(Words.bytes(bytes)).")
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read all of it and drop what is not as it was fetched. Reading does so anyway.")
        @OptionGroup var cache: CacheOptions
        @Flag(help: "Print JSON for programs to read.")
        var json = false

        func run() throws {
            guard let found = try cache.chunks().verify() else { throw CommandError.cacheUnusable(cache.folder) }
            guard !json else {
                return Output.json { json in
                    json.beginObject()
                    json.key("entries")
                    json.int(found.entries)
                    json.key("bytes")
                    json.int(found.bytes)
                    json.key("dropped")
                    json.int(found.dropped)
                    json.endObject()
                }
            }
            Output.line(
                "Read \(Words.count(found.entries, "piece")), \(Words.bytes(UInt64(found.bytes))); dropped \(found.dropped)."
            )
        }
    }
}
