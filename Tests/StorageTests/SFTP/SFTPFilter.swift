import Foundation

@testable import Storage

/// OpenSSH's sftp-server without ssh, behind a filter that changes what passes: for what a server does not do on
/// demand.
final class SFTPFilter: Sendable {
    let folder: String
    var repository: String { folder + "/data" }

    /// What goes wrong, in the first sessions or in all.
    init(_ fault: String, _ amount: Int = 0, during sessions: Int = 1_000_000, serverArguments: String = "") throws {
        folder = NSTemporaryDirectory() + "chatark-filter-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.program.write(toFile: folder + "/filter.py", atomically: true, encoding: .utf8)
        command = "python3 \(folder)/filter.py \(folder) \(fault) \(amount) \(sessions) \(serverArguments)"
    }

    private let command: String

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func store(change: (inout SFTPSettings) -> Void = { _ in }) throws -> SFTPStore {
        SFTPStore(try SFTPLocation(parsing: "sftp:filtered:\(repository)"), try settings(change))
    }

    /// For a repository elsewhere.
    func settings(_ change: (inout SFTPSettings) -> Void = { _ in }) throws -> SFTPSettings {
        var settings = SFTPSettings()
        settings.command = SFTPCommand(parsing: command)
        change(&settings)
        return settings
    }

    /// The types of the requests that passed, in their order, of all sessions.
    var requests: [Int] {
        let text = (try? String(contentsOfFile: folder + "/requests", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int($0) }
    }

    /// The process and its group, of each session.
    var processes: [[pid_t]] {
        let text = (try? String(contentsOfFile: folder + "/processes", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { pid_t($0) } }
    }

    private static let program = """
        import os, random, struct, subprocess, sys, threading

        folder, fault, amount, sessions = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        with open(folder + "/processes", "a") as file:
            file.write("%d %d\\n" % (os.getpid(), os.getpgrp()))
        number = len(open(folder + "/processes").readlines())
        if number > sessions:
            fault = "none"
        server = subprocess.Popen(["/usr/lib/openssh/sftp-server"] + sys.argv[5:],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        requests = open(folder + "/requests", "a", buffering=1)
        turn = threading.Lock()

        def packet(source):
            head = source.read(4)
            body = source.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""
            return body

        def status(body, code):
            reply = b"\\x65" + body[1:5] + struct.pack(">III", code, 0, 0)
            answer(struct.pack(">I", len(reply)) + reply)

        def answer(data):
            with turn:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()

        def answers():
            dice = random.Random(amount)
            while True:
                body = packet(server.stdout)
                if not body:
                    os._exit(0)
                if fault == "names" and body[0] == 104:
                    # As from a server that says nothing of what it lists.
                    count, place, out = struct.unpack(">I", body[5:9])[0], 9, body[:9]
                    for _ in range(count):
                        for _ in range(2):
                            length = struct.unpack(">I", body[place:place + 4])[0]
                            out += body[place:place + 4 + length]
                            place += 4 + length
                        flags = struct.unpack(">I", body[place:place + 4])[0]
                        place += 4 + 8 * (flags & 1) + 4 * (flags & 2) + (flags & 4) + (flags & 8)
                        out += struct.pack(">I", 0)
                    body = out
                data = bytearray(struct.pack(">I", len(body)) + body)
                if fault == "flip" and body[0] != 2 and dice.random() < 0.02:
                    data[dice.randrange(min(len(data), 40))] ^= 1 << dice.randrange(8)
                answer(bytes(data))

        threading.Thread(target=answers, daemon=True).start()
        seen = 0
        while True:
            body = packet(sys.stdin.buffer)
            if not body:
                server.stdin.close()
                server.wait()
                os._exit(0)
            requests.write("%d\\n" % body[0])
            if fault == "type%d" % body[0] or fault == "gone%d" % body[0]:
                seen += 1
                if seen > amount:
                    if fault.startswith("gone"):
                        sys.stderr.write("the line is dead\\n")
                        os._exit(255)
                    continue
            if fault == "rename" and body[0] == 18:
                status(body, amount)
                continue
            if fault == "short" and body[0] == 5:
                body = body[:-4] + struct.pack(">I", min(amount, struct.unpack(">I", body[-4:])[0]))
            if fault == "full" and body[0] == 6:
                status(body, 4)
                continue
            if fault == "full" and body[:1] == b"\\xc8" and b"statvfs" in body:
                reply = b"\\xc9" + body[1:5] + struct.pack(">11Q", 4096, 4096, 100, 0, 0, 9, 9, 9, 1, 0, 255)
                answer(struct.pack(">I", len(reply)) + reply)
                continue
            server.stdin.write(struct.pack(">I", len(body)) + body)
            server.stdin.flush()
        """
}
