import ChatArchive
import Foundation
import Testing

@testable import Mount

extension KernelTests {
    /// What may be mounted on, how a mount ends, and what it says when something is wrong.
    @Suite struct LifecycleTests {
        private func withStored<R>(_ body: (_ stored: StoredDirectory, _ scratch: String, _ point: String) throws -> R)
            throws -> R
        {
            try withScratch { scratch in
                for name in ["sample", "mount"] {
                    try FileManager.default.createDirectory(
                        atPath: scratch + "/" + name, withIntermediateDirectories: false)
                }
                try Data("hello\n".utf8).write(to: URL(fileURLWithPath: scratch + "/sample/file"))
                return try body(StoredDirectory(scratch + "/sample", in: scratch), scratch, scratch + "/mount")
            }
        }

        private func refusal(_ tree: FolderTree, _ path: String, _ change: (inout MountOptions) -> Void = { _ in })
            -> MountError?
        {
            var options = MountOptions()
            change(&options)
            do throws(MountError) {
                _ = try MountedFileSystem.mount(tree, at: path, options)
                return nil
            } catch {
                #expect(error.description.contains(path), "the message names the place")
                return error
            }
        }

        @Test("a mountpoint that is missing, no directory or not empty is refused")
        func badMountpoints() throws {
            try withStored { stored, scratch, point in
                let tree = try stored.tree
                #expect(refusal(tree, scratch + "/absent") == .missing(path: scratch + "/absent"))
                #expect(refusal(tree, scratch + "/sample/file/x") == .missing(path: scratch + "/sample/file/x"))
                #expect(refusal(tree, scratch + "/sample/file") == .notADirectory(path: scratch + "/sample/file"))
                #expect(refusal(tree, scratch + "/sample") == .notEmpty(path: scratch + "/sample"))
                #expect(refusal(tree, scratch + "/sample") { $0.allowNonEmpty = true } == nil)
                #expect(!isMounted(scratch + "/sample"), "a mount that is dropped without being served is removed")
            }
        }

        @Test("a mount over, inside or around the repository or a source is refused, through links too")
        func overlaps() throws {
            try withStored { stored, scratch, point in
                let tree = try stored.tree
                let repository = scratch + "/repository"
                func overlapping(_ path: String) -> MountError? {
                    refusal(tree, path) {
                        $0.allowNonEmpty = true
                        $0.repositoryPath = repository
                        $0.sourcePaths = [scratch + "/sample"]
                    }
                }
                try FileManager.default.createSymbolicLink(atPath: scratch + "/alias", withDestinationPath: repository)
                #expect(overlapping(repository) == .overlapsRepository(path: repository, repository: repository))
                #expect(
                    overlapping(repository + "/data")
                        == .overlapsRepository(path: repository + "/data", repository: repository))
                #expect(
                    overlapping(scratch + "/alias/data")
                        == .overlapsRepository(path: scratch + "/alias/data", repository: repository))
                #expect(overlapping(scratch) == .overlapsRepository(path: scratch, repository: repository))
                #expect(
                    overlapping(scratch + "/sample")
                        == .overlapsSource(path: scratch + "/sample", source: scratch + "/sample"))
                #expect(overlapping(point) == nil)
            }
        }

        @Test("a second mount at the same place is refused, and umount ends the first")
        func twice() throws {
            try withStored { stored, _, point in
                let tree = try stored.tree
                let served = try ServedMount(tree, at: point)
                #expect(try tool("ls", point).lines == ["file"])
                #expect(refusal(tree, point) == .alreadyMounted(path: point, type: "fuse.chatark"))
                try unmount(point)
                #expect(served.waitForEnd() == .success(.unmounted))
                #expect(!isMounted(point))
            }
        }

        @Test("umount refuses what is not mounted and what is not ours")
        func wrongUnmount() throws {
            try withStored { _, scratch, point in
                #expect(throws: MountError.notMounted(path: point)) { try unmount(point) }
                #expect(throws: MountError.notMounted(path: scratch + "/absent")) { try unmount(scratch + "/absent") }
                #expect(throws: MountError.notChatark(path: "/proc", type: "proc")) { try unmount("/proc") }
            }
        }

        @Test("asked to stop, a mount is gone when run returns; asked twice, or before run, as well")
        func stopping() throws {
            try withStored { stored, _, point in
                let served = try ServedMount(stored.tree, at: point)
                _ = try tool("ls", point)
                served.mounted.requestStop()
                served.mounted.requestStop()
                #expect(served.waitForEnd() == .success(.stopped))
                #expect(!isMounted(point))
                served.mounted.requestStop()

                let early = try MountedFileSystem.mount(stored.tree, at: point)
                early.requestStop()
                #expect(try early.run() == .stopped)
                #expect(!isMounted(point))
            }
        }

        @Test("a mount in use is not unmounted without being told to; asked to stop, it is detached and says so")
        func busy() throws {
            try withStored { stored, _, point in
                let served = try ServedMount(stored.tree, at: point)
                let descriptor = open(point + "/file", O_RDONLY)
                defer { close(descriptor) }
                #expect(throws: MountError.busy(path: point)) { try unmount(point) }
                #expect(try tool("cat", point + "/file").output == "hello\n")
                served.mounted.requestStop()
                #expect(served.waitForEnd() == .success(.detachedInUse))
                #expect(served.log.all.count == 1 && served.log.all[0].contains("in use"), "\(served.log.all)")
                #expect(!isMounted(point))
            }
        }

        @Test("a signal to the program ends the mount cleanly", arguments: [SIGINT, SIGTERM])
        func signals(_ number: Int32) throws {
            try withStored { stored, _, point in
                let served = try ServedMount(stored.tree, at: point)
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number)
                source.setEventHandler { served.mounted.requestStop() }
                source.activate()
                defer {
                    source.cancel()
                    signal(number, SIG_DFL)
                }
                #expect(try tool("ls", point).lines == ["file"])
                kill(getpid(), number)
                #expect(served.waitForEnd() == .success(.stopped))
                #expect(!isMounted(point))
            }
        }

        @Test("a mount whose program died is named as such, and umount removes it")
        func stale() throws {
            try withStored { stored, scratch, point in
                // A mount that nobody serves any more: the device is opened and closed again by another program.
                let made = try tool(
                    "python3", "-c",
                    """
                    import ctypes, os, sys
                    fd = os.open("/dev/fuse", os.O_RDWR)
                    libc = ctypes.CDLL(None, use_errno=True)
                    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode()
                    sys.exit(libc.mount(b"chatark", sys.argv[1].encode(), b"fuse.chatark", 0, options) != 0)
                    """, point)
                try #require(made.status == 0, "needs root: \(made.errors)")
                #expect(try tool("ls", point).errors.contains("Transport endpoint is not connected"))
                let error = refusal(try stored.tree, point)
                #expect(error == .stale(path: point))
                #expect(error?.description.contains("chatark umount") == true)
                try unmount(point)
                #expect(!isMounted(point))
            }
        }

        @Test("a repository of which only an empty folder is left is no empty history")
        func unplugged() throws {
            try withStored { stored, scratch, point in
                let served = try ServedMount(try stored.tree(.allSnapshots), at: point)
                defer {
                    served.mounted.requestStop()
                    _ = served.waitForEnd()
                }
                let before = try tool("ls", point + "/snapshots").lines
                #expect(!before.isEmpty)
                let repository = scratch + "/repository"
                try FileManager.default.moveItem(atPath: repository, toPath: scratch + "/unplugged")
                try FileManager.default.createDirectory(atPath: repository, withIntermediateDirectories: true)
                served.mounted.refresh()
                for _ in 0..<100 where served.log.all.isEmpty { Thread.sleep(forTimeInterval: 0.05) }
                #expect(served.log.all.count == 1, "\(served.log.all)")
                #expect(try tool("ls", point + "/snapshots").lines == before)
                #expect(try tool("readlink", point + "/latest").status == 0)
            }
        }

        @Test("a snapshot made while the mount is there appears, and `latest` follows")
        func refreshing() throws {
            try withStored { stored, scratch, point in
                let tree = try stored.tree(.allSnapshots)
                let served = try ServedMount(tree, at: point)
                defer {
                    served.mounted.requestStop()
                    _ = served.waitForEnd()
                }
                let before = try tool("find", point, "-mindepth", "1", "-maxdepth", "2").lines
                let target = try tool("readlink", point + "/latest").output
                try Data("more\n".utf8).write(to: URL(fileURLWithPath: stored.directory + "/second"))
                try StoredDirectory.store(stored.directory, in: stored.repository, time: 1_700_000_000)
                #expect(try tool("readlink", point + "/latest").output == target, "nothing changes by itself")
                served.mounted.refresh()
                var now = target
                for _ in 0..<100 where now == target {
                    Thread.sleep(forTimeInterval: 0.05)
                    now = try tool("readlink", point + "/latest").output
                }
                #expect(now != target)
                #expect(try tool("find", point, "-mindepth", "1", "-maxdepth", "2").lines.count > before.count)
                #expect(try tool("find", "-L", point + "/latest", "-name", "second").lines.count == 1)
            }
        }
    }
}
