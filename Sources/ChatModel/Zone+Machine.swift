import Foundation

extension Zone {
    /// The zone of this machine: `TZ`, else /etc/localtime, else UTC. Nil for a `TZ` that no zone database and no fixed offset
    /// says, which is better told than taken for another zone.
    public static var ofMachine: Zone? {
        guard let text = ProcessInfo.processInfo.environment["TZ"], !text.isEmpty else {
            return Zone(named: TimeZone.current.identifier) ?? .utc
        }
        return Zone(variable: text)
    }

    /// What `TZ` means (POSIX.1-2017, section 8.3, and tzset(3)): a fixed offset such as `CST-8` or `<+08>-8`, in which west is
    /// positive, or a name or file of the zone database, with or without a colon before it. Nil for rules of summer time that
    /// are spelled out, which the database has under a name.
    init?(variable text: String) {
        var name = text.hasPrefix(":") ? String(text.dropFirst()) : text
        if let offset = Self.offset(ofVariable: name) {
            self.init(named: offset)
            return
        }
        if name.hasPrefix("/") {
            let path = URL(fileURLWithPath: name).resolvingSymlinksInPath().path
            guard let folder = path.range(of: "/zoneinfo/") else { return nil }
            name = String(path[folder.upperBound...])
        }
        for folder in ["posix/", "right/"] where name.hasPrefix(folder) { name.removeFirst(folder.count) }
        self.init(named: name)
    }

    /// `GMT+08:00` for `CST-8`; nil when it is no fixed offset.
    private static func offset(ofVariable text: String) -> String? {
        let form = /(?:[A-Za-z]{3,}|<[A-Za-z0-9+\-]{3,}>)([+\-]?)(\d{1,2})(?::([0-5]\d))?(?::[0-5]\d)?/
        guard let match = try? form.wholeMatch(in: text), let hours = Int(match.2), hours <= 14 else { return nil }
        let minutes = match.3.map(String.init) ?? "00"
        return "GMT" + (match.1 == "-" ? "+" : "-") + (hours < 10 ? "0" : "") + "\(hours):" + minutes
    }
}
