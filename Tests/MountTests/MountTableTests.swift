import Testing

@testable import Mount

@Suite struct MountTableTests {
    @Test("a mount's path, type and device are read from mountinfo, and the last one at a path is seen")
    func parsing() {
        let text = """
            22 1 254:0 / / rw,relatime - ext4 /dev/root rw
            40 22 0:35 / /mnt/with\\040space\\134 rw shared:7 master:2 - fuse.chatark a\\040b ro,user_id=0
            41 22 0:36 / /mnt/x rw - tmpfs none rw
            42 41 0:37 / /mnt/x ro - fuse.chatark repo ro
            broken line

            """
        let table = MountTable(parsing: Array(text.utf8))
        #expect(table.entries.count == 4)
        #expect(
            table.top(at: "/mnt/with space\\") == .init(device: "0:35", path: "/mnt/with space\\", type: "fuse.chatark")
        )
        #expect(table.top(at: "/mnt/x")?.device == "0:37")
        #expect(table.top(at: "/mnt") == nil)
    }

    @Test("commas and backslashes in the source name are escaped for libfuse")
    func escaping() {
        var options = MountOptions()
        options.sourceName = "rest:https://h/a,b\\c\nd"
        #expect(
            options.arguments
                == "ro,nosuid,nodev,noatime,subtype=chatark,fsname=rest:https://h/a\\,b\\\\c?d")
    }
}
