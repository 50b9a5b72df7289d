import Glibc
import ResticRepository

/// A mount in the background: this program started once more in a session of its own, with password and place through a
/// pipe, and another pipe on which it says that the mount can be used. Until then its errors go to the user's terminal.
enum Background {
    private static let passwordDescriptor: Int32 = 3
    private static let readyDescriptor: Int32 = 4

    /// Starts a mount and returns when it can be used; throws its exit status when it ends before.
    static func start(_ mount: MountCommand) throws {
        // Asked for here, where there is a terminal, unless it will not be needed.
        let isInSession = KernelKeyring.find(for: try mount.options.location().sessionName) != nil
        var password = isInSession ? [] : try mount.options.passwordBytes(for: .opening)
        defer { password.wipe() }
        var handover = Handover(repository: mount.options.repository, password: password).bytes
        defer { handover.wipe() }
        let (process, answer) = try spawn(giving: handover, try arguments(of: mount))
        // Without an answer it has ended, and has said why.
        if answer.isEmpty { throw CommandError.backgroundEnded(status: Child.wait(for: process)) }
    }

    private static func spawn(
        giving handover: [UInt8], _ arguments: [String]
    ) throws(CommandError) -> (process: pid_t, answer: [UInt8]) {
        do throws(FileFault) {
            let (passwordOut, passwordIn) = try Child.pipe()
            let (readyOut, readyIn) = try Child.pipe()
            let process = try Child.start(
                "/proc/self/exe", arguments,
                descriptors: [(passwordOut, passwordDescriptor), (readyIn, readyDescriptor)],
                inNewSession: true)
            close(passwordOut)
            close(readyIn)
            Output.write(handover, to: passwordIn)
            close(passwordIn)
            defer { close(readyOut) }
            // One byte, and not all there is: a program that the mount starts may keep the pipe open.
            var answer = [UInt8](repeating: 0, count: 1)
            var count = 0
            repeat { count = read(readyOut, &answer, 1) } while count < 0 && errno == EINTR
            guard count >= 0 else { throw FileFault(errno: errno) }
            return (process, Array(answer.prefix(count)))
        } catch {
            throw .cannotStartBackground(error)
        }
    }

    /// Closes what the starting process had inherited itself: whoever waits for the end of such a pipe must not wait for us. The two
    /// pipes between both are kept from programs that are started.
    static func closeInherited() {
        for own in [passwordDescriptor, readyDescriptor] { _ = fcntl(own, F_SETFD, FD_CLOEXEC) }
        guard let directory = opendir("/proc/self/fd") else { return }
        var open: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let descriptor = Int32(name), descriptor > readyDescriptor, descriptor != dirfd(directory) {
                open.append(descriptor)
            }
        }
        closedir(directory)
        for descriptor in open { close(descriptor) }
    }

    /// Lets the starting process return, and gives up its terminal and directory.
    static func announce(on descriptor: Int32) {
        let null = open("/dev/null", O_RDWR)
        for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where null >= 0 { dup2(null, standard) }
        if null > STDERR_FILENO { close(null) }
        // The mount must not keep the directory busy that it was started in.
        _ = chdir("/")
        Output.write("1", to: descriptor)
        close(descriptor)
    }

    /// This program's arguments again, with what the child must know behind the command's name, and without the credentials
    /// that the repository's place may have.
    private static func arguments(of mount: MountCommand) throws(CommandError) -> [String] {
        var given = CommandLineOrder.commandFirst(Array(CommandLine.arguments.dropFirst()))
        let location = try mount.options.location()
        if location.folder == nil, let place = mount.options.repository {
            // `-r PLACE` or `--repo=PLACE`.
            given = given.map { $0.hasSuffix(place) ? $0.dropLast(place.count) + location.words : $0 }
        }
        return [
            "chatark", given[0], "--foreground", "--password-descriptor", String(passwordDescriptor),
            "--ready-descriptor", String(readyDescriptor),
        ]
            + given.dropFirst()
    }
}
