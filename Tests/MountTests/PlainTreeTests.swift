import ChatArchive
import Foundation
import Mount
import Testing

extension KernelTests {
    /// A snapshot of plain files looks and behaves as the directory that it was made of.
    @Suite struct PlainTreeTests {
        private func withSample<R>(
            _ options: MountOptions = MountOptions(), _ body: (StoredDirectory, ServedMount) throws -> R
        ) throws -> R {
            try withScratch { scratch in
                try FileManager.default.createDirectory(atPath: scratch + "/sample", withIntermediateDirectories: false)
                try makeSampleDirectory(scratch + "/sample")
                let stored = try StoredDirectory(scratch + "/sample", in: scratch)
                return try withMount(stored.tree, options) { try body(stored, $0) }
            }
        }

        @Test("diff and rsync find no difference in content, times, modes and links")
        func sameAsSource() throws {
            try withSample { stored, mount in
                let difference = try tool("diff", "-r", "--no-dereference", stored.directory, mount.path)
                #expect(difference.status == 0, "\(difference.output)\(difference.errors)")
                let rsync = try tool(
                    "rsync", "-rlcin", "--times", "--perms", "--omit-dir-times", stored.directory + "/",
                    mount.path + "/")
                #expect(rsync.lines.filter { !$0.hasPrefix(".d") } == [], "\(rsync.errors)")
            }
        }

        @Test("cp -a, tar and rsync copy everything out")
        func copying() throws {
            try withSample { stored, mount in
                try withScratch { scratch in
                    for (name, command) in [
                        ("cp", "cp -a '\(mount.path)' cp"),
                        ("tar", "mkdir tar && tar cf - -C '\(mount.path)' . | tar xf - -C tar"),
                        ("rsync", "rsync -ac '\(mount.path)/' rsync"),
                    ] {
                        let copy = try tool("sh", "-ec", command, at: scratch)
                        #expect(copy.status == 0, "\(command): \(copy.errors)")
                        let difference = try tool(
                            "diff", "-r", "--no-dereference", stored.directory, scratch + "/" + name)
                        #expect(difference.status == 0, "\(command): \(difference.output)")
                        _ = try tool("chmod", "-R", "u+w", scratch + "/" + name)
                    }
                }
            }
        }

        @Test("find by time, grep, du, wc and stat give what they give for the source")
        func tools() throws {
            try withSample { stored, mount in
                for command in [
                    "find . -type f -newermt '2017-07-20' | sort", "find . -name 'm10*.txt' -size -100c | sort",
                    "grep -rc 'word word word' . | sort",
                    "du -b messages/* | sort", "wc -c large.bin page.bin messages/*",
                    "stat -c '%n %s %Y %F' messages/* large.bin link | sort",
                    "ls -1", "ls -t messages | head", "readlink link dangling; test -e link && test ! -e dangling",
                    "cat link", "sha256sum large.bin",
                    "tail -c 1000 large.bin | sha256sum",
                    "dd if=large.bin bs=777 skip=1000 count=3 status=none | sha256sum",
                    "find . -empty -type f",
                ] {
                    let expected = try tool("sh", "-c", command, at: stored.directory)
                    let shown = try tool("sh", "-c", command, at: mount.path)
                    #expect(shown.output == expected.output, "\(command)")
                    #expect(shown.status == expected.status, "\(command): \(shown.errors)")
                }
            }
        }

        @Test("everything that would change a file is refused as on a read-only file system")
        func readOnly() throws {
            try withSample { _, mount in
                for command in [
                    "echo x > new", "echo x >> large.bin", ": > large.bin", "mkdir new", "rmdir empty",
                    "rm -f large.bin", "mv large.bin other",
                    "ln -s x new", "ln large.bin new", "chmod 600 large.bin", "chown 1:1 large.bin", "touch large.bin",
                    "touch new", "mkfifo new",
                    "truncate -s 0 large.bin", "setfattr -n user.x -v y large.bin",
                ] {
                    let result = try tool("sh", "-c", command, at: mount.path)
                    #expect(result.status != 0, "\(command)")
                    #expect(result.errors.contains("Read-only file system"), "\(command): \(result.errors)")
                }
                var status = statvfs()
                #expect(statvfs(mount.path, &status) == 0)
                #expect(status.f_flag & UInt(ST_RDONLY) != 0)
                #expect(access(mount.path + "/large.bin", W_OK) == -1 && errno == EROFS)
                #expect(access(mount.path + "/large.bin", R_OK) == 0)
            }
        }

        @Test("a file can be mapped into memory")
        func mapping() throws {
            try withSample { stored, mount in
                let expected = try Data(contentsOf: URL(fileURLWithPath: stored.directory + "/large.bin"))
                let descriptor = open(mount.path + "/large.bin", O_RDONLY)
                defer { close(descriptor) }
                let address = try #require(mmap(nil, expected.count, PROT_READ, MAP_PRIVATE, descriptor, 0))
                try #require(address != MAP_FAILED)
                #expect(memcmp(address, Array(expected), expected.count) == 0)
                munmap(address, expected.count)
            }
        }

        @Test("data and holes are found with lseek: all of a file is data")
        func holes() throws {
            try withSample { _, mount in
                let descriptor = open(mount.path + "/large.bin", O_RDONLY)
                defer { close(descriptor) }
                #expect(lseek(descriptor, 1000, 3 /* SEEK_DATA */) == 1000)
                #expect(lseek(descriptor, 1000, 4 /* SEEK_HOLE */) == 1_234_567)
                #expect(lseek(descriptor, 0, SEEK_END) == 1_234_567)
            }
        }

        @Test("a directory can be read from any place that telldir gave")
        func seeking() throws {
            try withSample { _, mount in
                let directory = try #require(opendir(mount.path + "/messages"))
                defer { closedir(directory) }
                var places: [(Int, String)] = []
                while true {
                    let place = telldir(directory)
                    guard let entry = readdir(directory) else { break }
                    places.append((place, name(of: entry)))
                }
                #expect(places.count == 502)
                for (place, name) in places.reversed() {
                    seekdir(directory, place)
                    let entry = try #require(readdir(directory))
                    #expect(self.name(of: entry) == name)
                }
                rewinddir(directory)
                var count = 0
                while readdir(directory) != nil { count += 1 }
                #expect(count == 502)
            }
        }

        private func name(of entry: UnsafeMutablePointer<dirent>) -> String {
            withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }

        @Test("what is not there is not there, and what is no directory is none")
        func missing() throws {
            try withSample { _, mount in
                for _ in 0..<2 {
                    #expect(open(mount.path + "/absent", O_RDONLY) == -1 && errno == ENOENT)
                    #expect(open(mount.path + "/large.bin/x", O_RDONLY) == -1 && errno == ENOTDIR)
                    let tooLong = mount.path + "/" + String(repeating: "x", count: 256)
                    #expect(open(tooLong, O_RDONLY) == -1 && errno == ENAMETOOLONG)
                }
                let before = mount.mounted.statistics[.lookup]
                for _ in 0..<100 { _ = open(mount.path + "/absent", O_RDONLY) }
                #expect(mount.mounted.statistics[.lookup] == before, "a name that is not there is remembered")
            }
        }

        @Test("many readers at once all read what is there")
        func concurrent() throws {
            try withSample { stored, mount in
                let reader = "sha256sum large.bin page.bin; cat messages/* | sha256sum; ls -lR . | sha256sum"
                let result = try tool(
                    "sh", "-c", "seq 8 | xargs -P 8 -I{} sh -c '(\(reader)) | sha256sum' | sort | uniq -c",
                    at: mount.path)
                #expect(result.lines.count == 1 && result.output.contains("8 "), "\(result.output)\(result.errors)")
            }
        }

        @Test("without the option, nobody asks twice for extended attributes; with it, asking is answered")
        func extendedAttributes() throws {
            try withSample { _, mount in
                for _ in 0..<5 {
                    let asked = try tool("getfattr", "-n", "user.x", "large.bin", at: mount.path)
                    #expect(asked.errors.contains("not supported"), "\(asked.errors)")
                    #expect(try tool("getfattr", "-d", "large.bin", at: mount.path).output == "")
                }
                #expect(mount.mounted.statistics[.getxattr] <= 1 && mount.mounted.statistics[.listxattr] <= 1)
            }
            var options = MountOptions()
            options.extendedAttributes = true
            try withSample(options) { _, mount in
                for name in ["user.absent", "security.capability", "system.posix_acl_access"] {
                    let asked = try tool("getfattr", "-n", name, "large.bin", at: mount.path)
                    #expect(asked.errors.contains("No such attribute"), "\(asked.errors)")
                }
                #expect(try tool("getfattr", "-d", "-m", "-", "large.bin", at: mount.path).status == 0)
                #expect(try tool("ls", "-lR", at: mount.path).status == 0)
            }
        }

        @Test("other users are kept out, unless they are let in")
        func otherUsers() throws {
            for isAllowed in [false, true] {
                var options = MountOptions()
                options.allowOther = isAllowed
                try withSample(options) { _, mount in
                    // The directory above must let them through.
                    _ = try tool("chmod", "755", (mount.path as NSString).deletingLastPathComponent)
                    let seen = try tool(
                        "setpriv", "--reuid", "65534", "--clear-groups", "cat", mount.path + "/messages/m1000.txt")
                    #expect((seen.status == 0) == isAllowed, "\(seen.errors)")
                    if !isAllowed { #expect(seen.errors.contains("Permission denied"), "\(seen.errors)") }
                }
            }
        }

        @Test("a listing with attributes and a second look at everything cost next to no requests")
        func requests() throws {
            try withSample { _, mount in
                let path = mount.path + "/messages"
                _ = try tool("ls", "-l", path)
                let listed = mount.mounted.statistics
                #expect(listed[.readdirplus] <= 8)
                #expect(listed[.lookup] + listed[.getattr] <= 8)
                _ = try tool("sh", "-c", "cat \(path)/* && ls -lR \(path)")
                let read = mount.mounted.statistics
                #expect(read[.open] <= 1 && read[.opendir] <= 1)
                #expect(read[.getxattr] + read[.listxattr] <= 2)
                _ = try tool("sh", "-c", "cat \(path)/* && ls -lR \(path)")
                let again = mount.mounted.statistics
                // What the kernel dropped meanwhile is asked for again; it is not much.
                #expect(again.total - read.total <= 20)
            }
        }
    }
}
