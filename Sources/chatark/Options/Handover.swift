import Glibc
import Synchronization

/// What a mount in the background is told by the process that starts it: through a pipe, as everybody on the machine can read
/// the arguments of a process.
///
///     the repository's place, or nothing ‖ 0 ‖ password
struct Handover {
    /// As the user gave it, with credentials if it has some; nil when the options and variables say it.
    let repository: String?
    /// Wiped by who has it.
    var password: [UInt8]

    /// What goes through the pipe; wiped by who has it.
    var bytes: [UInt8] {
        let place = Array((repository ?? "").utf8)
        // All at once, so that no outgrown copy of the password is left behind.
        return [UInt8](unsafeUninitializedCapacity: place.count + 1 + password.count) { buffer, count in
            for byte in place + [0] {
                buffer[count] = byte
                count += 1
            }
            for byte in password {
                buffer[count] = byte
                count += 1
            }
        }
    }

    /// Takes it apart; nil when it is none.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: 0) else { return nil }
        repository = end == 0 ? nil : String(decoding: bytes[..<end], as: UTF8.self)
        password = Array(bytes[(end + 1)...])
    }

    init(repository: String?, password: [UInt8]) {
        self.repository = repository
        self.password = password
    }

    // MARK: The process in the background

    private static let received = Mutex<Handover?>(nil)

    /// Reads it from the pipe, once; later calls give the same.
    static func read(_ descriptor: Int32) throws(CommandError) -> Handover {
        if let known = received.withLock({ $0 }) { return known }
        defer { close(descriptor) }
        var bytes: [UInt8]
        do throws(FileFault) { bytes = try SmallFile.read(descriptor) } catch {
            throw .unreadableFile("descriptor \(descriptor)", .passwordFile, error)
        }
        defer { bytes.wipe() }
        guard let handover = Handover(bytes) else {
            throw .unreadableFile("descriptor \(descriptor)", .passwordFile, FileFault(errno: EINVAL))
        }
        received.withLock { $0 = handover }
        return handover
    }

    /// The password, given once and then forgotten.
    static func takePassword(_ descriptor: Int32) throws(CommandError) -> [UInt8] {
        let password = try read(descriptor).password
        received.withLock { received in
            received?.password.wipe()
            received?.password = []
        }
        return password
    }
}
