import Foundation
import Testing

@testable import Mount

/// Which signals end a program that waits.
struct CallerTests {
    private func status(pending: String = "0", shared: String = "0", ignored: String = "0", caught: String = "0")
        -> String
    {
        "Name:\tls\nPid:\t7\nSigPnd:\t\(pending)\nShdPnd:\t\(shared)\nSigBlk:\t0\nSigIgn:\t\(ignored)\nSigCgt:\t\(caught)\n"
    }

    @Test(
        "one that kills does, and so does one that nobody has asked for; one that is caught or ignored, or only stops, does not"
    )
    func masks() {
        #expect(!Caller.isDying(status: status()))
        #expect(Caller.isDying(status: status(pending: "0000000000000100")))
        #expect(Caller.isDying(status: status(shared: "4000")))
        #expect(!Caller.isDying(status: status(shared: "4000", caught: "4000")))
        #expect(!Caller.isDying(status: status(shared: "2", ignored: "2")))
        #expect(Caller.isDying(status: status(pending: "100", caught: "ffffffffffffffff")))
        for signal in [SIGSTOP, SIGTSTP, SIGCONT, SIGWINCH, SIGCHLD, SIGURG] {
            #expect(!Caller.isDying(status: status(shared: String(1 << UInt64(signal - 1), radix: 16))))
        }
        #expect(!Caller.isDying(status: "no status"))
    }

    @Test("this process lives; one that is gone does not; of one in another namespace nothing is known")
    func processes() throws {
        #expect(!Caller.isDying(getpid()))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        #expect(Caller.isDying(process.processIdentifier))
        #expect(!Caller.isDying(0))
    }
}
