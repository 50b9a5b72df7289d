import Glibc

/// Where the password comes from, in restic's order: file, command, variable, and the user when nothing else is given.
enum PasswordSource: Equatable {
    case file(String)
    case command(String)
    case text(String)
    /// Of a mount in the background.
    case descriptor(Int32)
    case prompt

    /// What the password is for.
    enum Purpose: Equatable {
        /// Opening what is there; asked for once.
        case opening
        /// A new repository; asked for twice.
        case creating
    }

    /// The first that is given: flags before variables, a file before a command before the password itself.
    init(file: String?, command: String?, environment: Environment) throws(CommandError) {
        if file != nil, command != nil { throw .twoPasswords }
        if let file {
            self = .file(file)
        } else if let command {
            self = .command(command)
        } else {
            switch environment.first(of: ["PASSWORD_FILE", "PASSWORD_COMMAND", "PASSWORD"]) {
            case ("PASSWORD_FILE", let file)?: self = .file(file)
            case ("PASSWORD_COMMAND", let command)?: self = .command(command)
            case (_, let text)?: self = .text(text)
            case nil: self = .prompt
            }
        }
    }

    /// Fetches the password, which the caller wipes; an empty one is refused.
    func read(for purpose: Purpose) throws(CommandError) -> [UInt8] {
        let bytes = try bytes(for: purpose)
        guard !bytes.isEmpty else { throw .emptyPassword }
        return bytes
    }

    private func bytes(for purpose: Purpose) throws(CommandError) -> [UInt8] {
        switch self {
        case .file(let path):
            do throws(FileFault) {
                return SmallFile.firstLine(try SmallFile.read(path))
            } catch {
                throw .unreadableFile(path, .passwordFile, error)
            }
        case .descriptor(let descriptor): return try Handover.takePassword(descriptor)
        case .command(let command): return SmallFile.firstLine(try ShellCommand.output(of: command))
        case .text(let text): return Array(text.utf8)
        case .prompt:
            let first = try PasswordPrompt.ask(
                purpose == .creating ? "Password for the new repository: " : "Password: ")
            if purpose == .creating, !first.isEmpty {
                guard try PasswordPrompt.ask("The same again: ") == first else { throw .passwordsDiffer }
            }
            return first
        }
    }
}
