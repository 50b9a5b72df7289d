import ChatImport
import ChatModel
import Storage

/// What is wrong with what the user asked for, or with what the program met on the way.
enum CommandError: Error, Equatable {
    /// A file that the options name.
    enum FileRole: Equatable { case passwordFile, repositoryFile, databaseKeyFile }

    case noRepositoryGiven
    case twoRepositories
    case unsupportedScheme(String)
    case badLocation(scheme: String, LocationFault)
    case badSFTPCommand
    case offlineWithoutCache
    case badCount(String)
    case cacheUnusable(String)
    /// What is to be fetched takes more bytes than the cache may hold.
    case cacheTooSmall(String, limit: Int, wanted: Int)
    case nothingToFetch
    case fetchWithoutCache
    case prefetchWithoutCache
    case twoPasswords
    case emptyPassword
    case passwordsDiffer
    case noTerminalForPassword
    case passwordCommandFailed(status: Int32)
    case unreadableFile(String, FileRole, FileFault)
    case badKeyFile(String, SourceKeys.Fault)
    case noWords
    case badKind(String)
    case badDate(String)
    case badZone(String)
    case badPattern(String)
    case badSize(String)
    case badTimeSpan(String)
    case noKeyring(errno: Int32)
    case noSnapshotBefore(String)
    case datesReversed
    case patternAmongConversations
    case nothingMatches(snapshot: String)
    case targetInRepository(String)
    case nothingChosen(snapshot: String)
    case checkOffline
    case snapshotGivenTwice
    case sourceMissing(String)
    case sourceUnreadable(String, FileFault)
    case unknownSource(String)
    case sourceNameForSeveral
    /// The source lies in the repository or contains it in a way that cannot be left out.
    case sourceIsRepository(String)
    case noSuchPath(String)
    case noSuchConversation(String)
    /// Several have this title.
    case ambiguousConversation(String, folders: [String])
    /// A snapshot that chatark did not write has no conversations.
    case noArchive(snapshot: String)
    case cannotStartBackground(FileFault)
    case cannotWrite(String, FileFault)
    /// The work is done except for what was reported before.
    case partial
    /// `check` found damage; what it found was reported before.
    case damageFound
    /// A process in the background ended with this status and has said why.
    case backgroundEnded(status: Int32)
}

extension CommandError: CustomStringConvertible {
    var description: String {
        switch self {
        case .noRepositoryGiven:
            "No repository was given. Name it with '-r', a folder, s3:… or rest:…, or in CHATARK_REPOSITORY."
        case .twoRepositories: "Both '--repo' and '--repository-file' are given; use one."
        case .unsupportedScheme(let scheme):
            "'\(scheme):' is not supported. Give a path (local:PATH for one with a colon), s3:https://HOST/BUCKET/PREFIX, rest:https://HOST/PATH or sftp:HOST:PATH; "
                + "rclone serve restic makes some seventy other clouds a rest: one."
        case .badLocation(let scheme, let fault):
            "The '\(scheme):' location of the repository cannot be read: \(fault)."
        case .badSFTPCommand: "The command for SFTP has no words, or a quote that is not closed."
        case .datesReversed: "'--since' is later than '--until'; nothing can lie between them."
        case .patternAmongConversations:
            "'--include' and '--everything' choose original files, and '--conversation', '--since' and '--until' messages; use one "
                + "or the other."
        case .nothingMatches(let snapshot):
            "Nothing in snapshot \(snapshot) matches '--include'; 'chatark ls \(snapshot)' shows its paths."
        case .targetInRepository(let target): "'\(target)' lies in the repository itself. Choose another target."
        case .nothingChosen(let snapshot):
            "Snapshot \(snapshot) has no message of that choice. Nothing was written."
        case .checkOffline: "'check' looks at the repository itself, and '--offline' forbids it; leave one out."
        case .offlineWithoutCache: "'--offline' reads what was kept, and '--no-cache' forbids it; leave one out."
        case .cacheUnusable(let path): "There is no cache that can be used in '\(path)'."
        case .cacheTooSmall(let path, let limit, let wanted):
            "What is to be fetched takes \(Words.bytes(wanted)), and the cache in '\(path)' may hold \(Words.bytes(limit)). Allow it more "
                + "with '--cache-size', or fetch less with '--conversation' or '--no-media'."
        case .nothingToFetch: "The repository lies on this machine; there is nothing to fetch."
        case .prefetchWithoutCache:
            "'--prefetch' keeps what it fetches, and '--no-cache' or '--offline' forbids it; leave one out."
        case .fetchWithoutCache: "'--no-cache' leaves nowhere to keep what is fetched; leave it out."
        case .badCount(let what): "\(what) must be a number above 0."
        case .twoPasswords: "Both '--password-file' and '--password-command' are given; use one."
        case .emptyPassword: "The password is empty. An empty password protects nothing, so it is refused."
        case .passwordsDiffer: "The two passwords differ. Nothing was created; try again."
        case .noTerminalForPassword:
            "No password was given and there is no terminal to ask on. Use '--password-file', '--password-command' or CHATARK_PASSWORD."
        case .passwordCommandFailed(let status): "The password command failed with status \(status)."
        case .unreadableFile(let path, .passwordFile, let fault):
            "Cannot read the password file '\(path)': \(fault.words)."
        case .unreadableFile(let path, .repositoryFile, let fault):
            "Cannot read the repository file '\(path)': \(fault.words)."
        case .unreadableFile(let path, .databaseKeyFile, let fault):
            "Cannot read the key file '\(path)': \(fault.words)."
        case .noWords: "The words to search for are empty."
        case .badKind(let kind):
            "'\(kind)' is no kind of message. There are: \(Message.Kind.allCases.map(\.rawValue).joined(separator: ", "))."
        case .badKeyFile(let path, let fault):
            "The key file '\(path)' cannot be used: \(fault). Each line is a passphrase or hexadecimal digits, with 'database-key', "
                + "'image-aes' or 'image-xor' in front or nothing."
        case .badDate(let text):
            "'\(text)' is not a date. Write 2021-09, 2021-09-04, '2021-09-04 15:00', '2021-09-04 15:00:30', today or yesterday."
        case .badZone(let text): "There is no time zone '\(text)'. Write a name such as Asia/Shanghai or UTC."
        case .badPattern(let text): "'\(text)' is not a pattern for paths."
        case .badSize(let text): "'\(text)' is not a size. Write a number with K, M or G, such as 64M."
        case .badTimeSpan(let text):
            "'\(text)' is not a span of time. Write a number with s, m, h or d, such as 8h; at most 30d."
        case .noKeyring(let errno):
            "The kernel does not keep the key: \(FileFault(errno: errno).words). Containers often forbid keyrings; give the password "
                + "each time instead."
        case .noSnapshotBefore(let text):
            "There is no snapshot of \(text) or earlier. 'chatark snapshots' lists what there is."
        case .snapshotGivenTwice: "A snapshot and '--at' exclude each other; use one."
        case .sourceMissing(let path): "There is nothing at '\(path)'. Nothing was stored."
        case .sourceUnreadable(let path, let fault): "Cannot read '\(path)': \(fault.words). Nothing was stored."
        case .unknownSource(let path):
            "'\(path)' is no chat history that chatark knows. It looked for WeChat's databases, a Telegram Desktop result.json, a WhatsApp chat (.zip, _chat.txt "
                + "or 'WhatsApp Chat with ….txt') and JSON Lines (.jsonl), in the folder and in the folders directly in it. "
                + "If it is one, say which with '--source'. Nothing was stored."
        case .sourceNameForSeveral:
            "'--source-name' names one path, and several are given. Back them up one by one. Nothing was stored."
        case .sourceIsRepository(let path): "'\(path)' lies in the repository itself. Nothing was stored."
        case .noSuchPath(let path): "The snapshot has nothing at '\(path)'."
        case .noSuchConversation(let name):
            "The snapshot has no conversation '\(name)'. 'chatark ls --conversations' lists them."
        case .ambiguousConversation(let name, let folders):
            "Several conversations are called '\(name)'. Name one by its folder: "
                + folders.map { "'\($0)'" }.joined(separator: ", ") + "."
        case .noArchive(let snapshot):
            "Snapshot \(snapshot) holds no chat archive: another program wrote it. Leave the choice of conversations and dates out to restore its files."
        case .cannotStartBackground(let fault):
            "Cannot start the mount in the background: \(fault.words). Try '--foreground'."
        case .cannotWrite(let path, let fault): "Cannot write '\(path)': \(fault.words)."
        case .partial: "Some of it could not be read or written; see above."
        case .damageFound: "The repository is damaged; see above."
        case .backgroundEnded: ""
        }
    }

    var status: ExitStatus {
        switch self {
        case .partial: .partial
        case .backgroundEnded(let status): ExitStatus(rawValue: status) ?? .failure
        default: .failure
        }
    }
}
