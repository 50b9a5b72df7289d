import Foundation

/// The variables that the program reads: its own first, restic's of the same meaning when its own are not set.
struct Environment: Sendable {
    private let value: @Sendable (String) -> String?
    private let variables: @Sendable () -> [String: String]

    /// This process's.
    static let process = Environment(
        { name in getenv(name).map { String(cString: $0) } }, { ProcessInfo.processInfo.environment })

    /// Made-up variables.
    init(_ value: @escaping @Sendable (String) -> String?, _ all: @escaping @Sendable () -> [String: String] = { [:] })
    {
        self.value = value
        variables = all
    }

    /// All variables, for stores that have names of their own for them.
    var all: [String: String] { variables() }

    /// The first of several names for one thing that is set, all of this program's before any of restic's.
    func first(of names: [String]) -> (name: String, text: String)? {
        for prefix in ["CHATARK_", "RESTIC_"] {
            for name in names {
                if let text = value(prefix + name), !text.isEmpty { return (name, text) }
            }
        }
        return nil
    }

    /// `CHATARK_<name>`, else `RESTIC_<name>`; an empty one counts as not set.
    subscript(_ name: String) -> String? {
        first(of: [name])?.text
    }
}
