import ArgumentParser

/// Says which program this is.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print JSON for programs to read.")
    var json = false

    func run() {
        guard json else { return Output.line(Version.text) }
        Output.json { json in
            json.beginObject()
            json.key("message_type")
            json.string("version")
            json.key("version")
            json.string(Version.number)
            json.endObject()
        }
    }
}
