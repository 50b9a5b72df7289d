import Glibc

/// Names of users and groups, looked up once each.
struct AccountNames {
    private var users: [UInt32: String] = [:]
    private var groups: [UInt32: String] = [:]

    /// The user's name, "" when there is none.
    mutating func user(_ id: UInt32) -> String {
        if let name = users[id] { return name }
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let start = buffer.baseAddress, getpwuid_r(id, &entry, start, buffer.count, &found) == 0, found != nil
            else { return "" }
            return entry.pw_name.map { String(cString: $0) } ?? ""
        }
        users[id] = name
        return name
    }

    /// The group's name, "" when there is none.
    mutating func group(_ id: UInt32) -> String {
        if let name = groups[id] { return name }
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64 << 10) { buffer in
            var entry = Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            guard let start = buffer.baseAddress, getgrgid_r(id, &entry, start, buffer.count, &found) == 0, found != nil
            else { return "" }
            return entry.gr_name.map { String(cString: $0) } ?? ""
        }
        groups[id] = name
        return name
    }
}
