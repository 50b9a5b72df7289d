import Glibc

/// The names in one folder, read once: asking the system for each file that may be there costs more, where most are not.
struct FolderNames {
    /// Nil when they are not known, so that the system must be asked.
    private let names: Set<String>?

    /// Names that are remembered at the most; of larger folders the system is asked.
    static let most = 1 << 16

    /// Reads the names in a folder. One that is not there has none.
    init(of folder: String) {
        guard let directory = opendir(folder) else {
            names = errno == ENOENT ? [] : nil
            return
        }
        defer { closedir(directory) }
        var names: Set<String> = []
        errno = 0
        while let entry = readdir(directory) {
            guard names.count < Self.most else {
                self.names = nil
                return
            }
            names.insert(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        self.names = errno == 0 ? names : nil
    }

    private init(_ names: Set<String>?) { self.names = names }

    /// Of a folder that cannot be looked into.
    static let unknown = FolderNames(nil)

    /// Whether something of a name may be there.
    func mayHave(_ name: String) -> Bool { names?.contains(name) ?? true }
}
