/// The program that carries SFTP over its input and output, and its arguments.
public struct SFTPCommand: Hashable, Sendable {
    /// The program first, looked for in PATH.
    let words: [String]

    /// Splits a command line at spaces. Quotes of both kinds and backslashes keep together what belongs together, as
    /// in restic's `sftp.command`; nothing else is special. Nil when a quote is not closed or there is no word.
    public init?(parsing line: String) {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let word { words.append(word) }
        guard let program = words.first, !program.isEmpty, !line.utf8.contains(0) else { return nil }
        self.words = words
    }

    /// The user's own ssh, with its configuration and agent, asked for the subsystem.
    init(to place: SFTPLocation, program: String = "ssh") {
        var words = [program]
        if let port = place.port { words += ["-p", "\(port)"] }
        if let user = place.user { words += ["-l", user] }
        self.words = words + [place.host, "-s", "sftp"]
    }
}

/// How a store behind SFTP is spoken to.
public struct SFTPSettings: Sendable {
    /// What to run instead of ssh and the arguments that the location says; nil for these.
    public var command: SFTPCommand?
    /// How many calls at a time are worth making; all go through one connection.
    public var connections = 16
    /// Until the server has said which protocol it speaks, where nobody can be asked for a password.
    public var connectTimeout: Duration = .seconds(60)
    /// The same while ssh has the terminal and may be asking.
    public var promptTimeout: Duration = .seconds(300)
    /// While something is asked for, without a byte from the server.
    public var idleTimeout: Duration = .seconds(60)
    /// For the answer to one request, whatever else comes.
    public var requestTimeout: Duration = .seconds(300)
    /// Bytes a second of what is sent, and of what comes.
    public var upload, download: BandwidthLimit?
    /// Told of the bytes of files as they pass.
    public var meter: TransferMeter?
    /// The program that the location's arguments are for.
    package var program = "ssh"

    /// The defaults.
    public init() {}
}
