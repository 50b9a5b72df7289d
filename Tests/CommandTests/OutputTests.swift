import Foundation
import Testing

/// Results that cannot be written.
@Suite(.serialized)
struct OutputTests {
    @Test("a result that the disk has no room for ends the program with status 1", arguments: [[], ["--json"]])
    func fullDisk(options: [String]) throws {
        let scratch = try Scratch.withRepository()
        let line = "exec '\(Scratch.chatark)' \((["snapshots"] + options).joined(separator: " ")) > /dev/full"
        let result = try scratch.run("sh", "-c", line)
        #expect(result.status == 1)
        #expect(result.errors.contains("No space left on device"))
        #expect(try scratch.locks() == [])
    }

    @Test("a reader that has gone away wants no more, and a pipe that does not wait is waited for")
    func pipes() throws {
        let scratch = try Scratch.withRepository()
        let program = """
            import fcntl, os, subprocess, sys, time
            out, into = os.pipe()
            fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
            fcntl.fcntl(into, fcntl.F_SETFL, os.O_NONBLOCK)
            os.write(into, b"x" * 4096)
            process = subprocess.Popen([sys.argv[1], "snapshots", "--help"], stdout=into)
            os.close(into)
            time.sleep(0.5)
            text = b""
            if sys.argv[2] == "read":
                while piece := os.read(out, 65536): text += piece
            os.close(out)
            print(process.wait(), text.count(b"--password-file") > 0)
            """
        try scratch.write(program, to: "pipe.py")
        func run(_ how: String) throws -> String {
            try scratch.expect("python3", scratch("pipe.py"), Scratch.chatark, how)
        }
        #expect(try run("read") == "0 True\n")
        #expect(try run("leave") == "0 False\n")
    }
}
