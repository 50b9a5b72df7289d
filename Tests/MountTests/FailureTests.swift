import Foundation
import Mount
import Testing

extension KernelTests {
    /// Storage that is slow or away never makes a mount hang.
    @Suite struct FailureTests {
        private func withSample<R>(deadline: Duration, _ body: (StoredDirectory, ServedMount) throws -> R) throws -> R {
            try withScratch { scratch in
                try FileManager.default.createDirectory(atPath: scratch + "/sample", withIntermediateDirectories: false)
                try makeSampleDirectory(scratch + "/sample")
                let stored = try StoredDirectory(scratch + "/sample", in: scratch)
                var options = MountOptions()
                options.deadline = deadline
                return try withMount(stored.tree, options) { try body(stored, $0) }
            }
        }

        private func seconds(_ body: () throws -> Void) rethrows -> Double {
            let start = ContinuousClock.now
            try body()
            let elapsed = ContinuousClock.now - start
            return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        }

        @Test("storage that hangs ends in an I/O error at the deadline, said once in the log")
        func hanging() throws {
            try withSample(deadline: .milliseconds(500)) { stored, mount in
                _ = try tool("ls", "-l", mount.path)
                stored.store.behave(.slow(seconds: 3))
                let elapsed = try seconds {
                    let result = try tool("cat", mount.path + "/large.bin")
                    #expect(result.status != 0)
                    #expect(result.errors.contains("Input/output error"), "\(result.errors)")
                }
                #expect(elapsed >= 0.4 && elapsed < 10, "\(elapsed) seconds")
                #expect(mount.mounted.statistics.failed > 0)
                #expect(mount.log.all.count == 1, "\(mount.log.all)")
                stored.store.behave(.normal)
            }
        }

        @Test("while one request waits for storage, others are answered")
        func others() throws {
            try withSample(deadline: .seconds(20)) { stored, mount in
                _ = try tool("sh", "-c", "ls -lR . ; cat messages/m1000.txt", at: mount.path)
                stored.store.behave(.slow(seconds: 2))
                let waiting = try start("/usr/bin/sha256sum", mount.path + "/large.bin")
                Thread.sleep(forTimeInterval: 0.2)
                let elapsed = try seconds {
                    let result = try tool(
                        "sh", "-c", "ls -lR . > /dev/null; stat -f . > /dev/null; cat messages/m1000.txt",
                        at: mount.path)
                    #expect(result.status == 0)
                    #expect(result.output.hasPrefix("message 0"))
                }
                #expect(elapsed < 5, "\(elapsed) seconds")
                #expect(waiting.isRunning)
                stored.store.behave(.normal)
                waiting.waitUntilExit()
                #expect(waiting.terminationStatus == 0)
            }
        }

        @Test("a store that is away gives I/O errors for what is not in memory, and works again when it is back")
        func unreachable() throws {
            try withSample(deadline: .seconds(5)) { stored, mount in
                _ = try tool("ls", "-lR", mount.path)
                stored.store.behave(.unreachable)
                for _ in 0..<3 {
                    let result = try tool("cat", mount.path + "/large.bin")
                    #expect(result.errors.contains("Input/output error"), "\(result.errors)")
                }
                #expect(try tool("ls", "-lR", mount.path).status == 0)
                #expect(mount.log.all.count == 1, "one reason, one line: \(mount.log.all)")
                stored.store.behave(.normal)
                #expect(try tool("cmp", mount.path + "/large.bin", stored.directory + "/large.bin").status == 0)
            }
        }

        @Test("a program that waits for storage can be killed")
        func killed() throws {
            try withSample(deadline: .seconds(30)) { stored, mount in
                _ = try tool("ls", "-lR", mount.path)
                stored.store.behave(.slow(seconds: 4))
                let elapsed = try seconds {
                    let result = try tool("timeout", "-s", "KILL", "0.5", "cat", mount.path + "/large.bin")
                    #expect(result.status == 9 || result.status == 137)
                }
                #expect(elapsed < 10, "\(elapsed) seconds")
                stored.store.behave(.normal)
            }
        }

        private func start(_ program: String, _ arguments: String..., output: Pipe? = nil) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            process.standardOutput = output ?? FileHandle.nullDevice
            try process.run()
            return process
        }

        @Test("a program that is stopped and goes on while it waits for storage gets what it asked for")
        func stoppedCaller() throws {
            try withSample(deadline: .seconds(30)) { stored, mount in
                stored.store.behave(.slow(seconds: 1.5))
                let output = Pipe()
                let reader = try start("/usr/bin/ls", mount.path + "/deep/er/and", output: output)
                for _ in 0..<5 {
                    Thread.sleep(forTimeInterval: 0.3)
                    kill(reader.processIdentifier, SIGSTOP)
                    kill(reader.processIdentifier, SIGCONT)
                }
                reader.waitUntilExit()
                #expect(reader.terminationStatus == 0)
                #expect(output.fileHandleForReading.readDataToEndOfFile() == Data("deeper\n".utf8))
                stored.store.behave(.normal)
            }
        }

        @Test("a program that was stopped while it waits for storage can still be killed")
        func stoppedThenKilled() throws {
            try withSample(deadline: .seconds(30)) { stored, mount in
                _ = try tool("ls", "-lR", mount.path)
                stored.store.behave(.slow(seconds: 10))
                let elapsed = try seconds {
                    let reader = try start("/usr/bin/cat", mount.path + "/large.bin")
                    for signal in [SIGSTOP, SIGCONT, SIGKILL] {
                        Thread.sleep(forTimeInterval: 0.4)
                        kill(reader.processIdentifier, signal)
                    }
                    reader.waitUntilExit()
                    #expect(reader.terminationReason == .uncaughtSignal)
                }
                #expect(elapsed < 8, "\(elapsed) seconds")
                stored.store.behave(.normal)
            }
        }

        @Test("requests that hang, however many, hold up none that does not")
        func crowded() throws {
            try withSample(deadline: .seconds(30)) { stored, mount in
                _ = try tool("ls", "-lR", mount.path)
                stored.store.behave(.slow(seconds: 10))
                let waiting = try (1100..<1130).map { try start("/usr/bin/cat", "\(mount.path)/messages/m\($0).txt") }
                Thread.sleep(forTimeInterval: 1)
                stored.store.behave(.normal)
                let elapsed = try seconds {
                    let result = try tool("cmp", mount.path + "/page.bin", stored.directory + "/page.bin")
                    #expect(result.status == 0)
                }
                #expect(elapsed < 7, "\(elapsed) seconds")
                for reader in waiting { reader.waitUntilExit() }
            }
        }

        @Test("a mount ends at once when asked to, although storage hangs")
        func stopping() throws {
            try withScratch { scratch in
                for name in ["sample", "mount"] {
                    try FileManager.default.createDirectory(
                        atPath: scratch + "/" + name, withIntermediateDirectories: false)
                }
                try makeSampleDirectory(scratch + "/sample")
                let stored = try StoredDirectory(scratch + "/sample", in: scratch)
                let mount = try ServedMount(stored.tree, at: scratch + "/mount")
                _ = try tool("ls", "-lR", mount.path)
                stored.store.behave(.slow(seconds: 8))
                let reader = Process()
                reader.executableURL = URL(fileURLWithPath: "/usr/bin/cat")
                reader.arguments = [mount.path + "/large.bin"]
                reader.standardOutput = FileHandle.nullDevice
                reader.standardError = FileHandle.nullDevice
                try reader.run()
                Thread.sleep(forTimeInterval: 0.3)
                let elapsed = seconds {
                    mount.mounted.requestStop()
                    #expect(mount.waitForEnd() == .success(.stopped), "the reader gets its error and leaves")
                    reader.waitUntilExit()
                }
                #expect(reader.terminationStatus != 0)
                #expect(elapsed < 10, "\(elapsed) seconds")
                #expect(!isMounted(mount.path))
                stored.store.behave(.normal)
            }
        }
    }
}
