/// What the command line asks for.
struct CommandLineOptions {
    /// Why a command line cannot be followed.
    enum Fault: Error, CustomStringConvertible {
        case unknown(String)
        case noValue(String)
        case badTime(String)

        var description: String {
            switch self {
            case .unknown(let word): "There is no option '\(word)'; '--help' shows all."
            case .noValue(let option): "'\(option)' needs a value."
            case .badTime(let text): "'\(text)' is no time in seconds above 0."
            }
        }
    }

    static let usage = """
        Measures the hot paths of chatark's modules, one line a benchmark.

        usage: micro-benchmarks [--filter NAME] [--time SECONDS] [--json] [--list]

          --filter NAME   only benchmarks whose name contains NAME
          --time SECONDS  measure each for at least so long (default: 1)
          --json          one JSON array instead of the table
          --list          names and what they measure, nothing run

        ns: of one operation (an inode, a message, a look-up, or a pass over the bytes). Rate: operations a second, or
        megabytes (1,000,000 bytes) of plaintext a second at the median.
        """

    private(set) var filter: String?
    private(set) var minimumTime = Duration.seconds(1)
    private(set) var json = false
    private(set) var list = false
    private(set) var help = false

    init(_ arguments: some Sequence<String>) throws(Fault) {
        var rest = Array(arguments)[...]
        while let option = rest.popFirst() {
            switch option {
            case "--filter":
                guard let value = rest.popFirst() else { throw .noValue(option) }
                filter = value
            case "--time":
                guard let value = rest.popFirst() else { throw .noValue(option) }
                guard let seconds = Double(value), seconds > 0, seconds < 1e6 else { throw .badTime(value) }
                minimumTime = .seconds(seconds)
            case "--json": json = true
            case "--list": list = true
            case "--help", "-h": help = true
            default: throw .unknown(option)
            }
        }
    }
}
