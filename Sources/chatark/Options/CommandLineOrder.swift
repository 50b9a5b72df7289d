/// Lets options of the repository stand before the command, as in `restic -r DIR snapshots`.
enum CommandLineOrder {
    private static let withValue: Set<String> = [
        "-r", "--repo", "--repository-file", "-p", "--password-file", "--password-command", "--cache-dir",
        "--cache-size", "--connections", "--cacert", "--limit-upload", "--limit-download",
    ]
    private static let withoutValue: Set<String> = [
        "--json", "--no-lock", "-q", "--quiet", "-v", "--verbose", "--no-cache", "--offline",
    ]

    /// Moves such options behind the command's name; everything else stays where it is.
    static func commandFirst(_ arguments: [String]) -> [String] {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            let name = argument.prefix { $0 != "=" }
            if withValue.contains(argument) {
                index += 2
            } else if withoutValue.contains(argument) || withValue.contains(String(name)) {
                index += 1
            } else {
                break
            }
        }
        guard index > 0, index < arguments.count, !arguments[index].hasPrefix("-") else { return arguments }
        return [arguments[index]] + arguments[..<index] + arguments[(index + 1)...]
    }
}
