/// Numbered files such as `MSG0.db`, `MSG1.db`, in the order of their numbers.
struct ShardName {
    let prefix: String
    let suffix: String

    /// The names among these that are shards; a name without a number comes first.
    func sorted(_ names: [String]) -> [String] {
        names.compactMap { name in number(of: name).map { ($0, name) } }.sorted { $0 < $1 }.map(\.1)
    }

    private func number(of name: String) -> Int? {
        guard name.count >= prefix.count + suffix.count, name.hasPrefix(prefix), name.hasSuffix(suffix) else {
            return nil
        }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), digits.count <= 4 else { return nil }
        return digits.isEmpty ? -1 : Int(digits)
    }
}
