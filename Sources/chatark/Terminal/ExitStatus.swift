/// How the program ends; the same numbers as restic's.
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    /// Done, but something could not be read or written.
    case partial = 3
    case noRepository = 10
    case locked = 11
    case wrongPassword = 12
    case interrupted = 130
}
