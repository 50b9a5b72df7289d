import Glibc
import Storage

/// Writes a stored tree into a directory: content, modes, times, links, and owners when running as root.
///
/// What cannot be restored is noted and the rest goes on; only a store that fails ends the restore. Memory holds one
/// directory's listing per level and 64 MiB of content, or one blob that is larger; every level holds an open
/// directory.
public struct Restorer: Sendable {
    /// Deepest nesting of directories that is restored.
    public static let depthLimit = 200

    let repository: Repository
    let options: RestoreOptions

    /// Prepares a restore; the repository's index is loaded.
    public init(_ repository: Repository, options: RestoreOptions = RestoreOptions()) {
        self.repository = repository
        self.options = options
    }

    /// Restores a tree's entries into `target`, which is made if it is not there.
    ///
    /// A target that cannot be made is a failure with an empty path. Throws when the store fails.
    public func restore(
        _ tree: TreeID, to target: String, progress: RestoreProgress? = nil
    ) throws(RepositoryError) -> RestoreOutcome {
        var walk = RestoreWalk(self, progress)
        let root = TargetDirectory(path: target)
        do throws(SystemError) {
            _ = try root.descriptor()
            walk.root = root
        } catch {
            return RestoreOutcome(
                counts: walk.counts, failures: [RestoreFailure(path: [], reason: .system(error))],
                isTargetFull: false)
        }
        try walk.restore(tree)
        progress?.publish(walk.counts)
        return RestoreOutcome(counts: walk.counts, failures: walk.failures, isTargetFull: walk.isFull)
    }

    /// What the options say of a path.
    func verdict(on path: [[UInt8]]) -> PathPattern.Verdict {
        guard !options.include.isEmpty else { return .chosen }
        var verdict = PathPattern.Verdict.no
        for pattern in options.include {
            switch pattern.verdict(on: path) {
            case .chosen: return .chosen
            case .mayContain: verdict = .mayContain
            case .no: break
            }
        }
        return verdict
    }

    /// Makes a directory and those above it that are missing, for their owner alone.
    static func makeDirectories(_ bytes: [UInt8]) throws(SystemError) {
        let ends = bytes.indices.filter { $0 > 0 && bytes[$0] == UInt8(ascii: "/") } + [bytes.count]
        for end in ends {
            let result = withCString(Array(bytes[..<end])) { mkdir($0, 0o700) }
            if result != 0, errno != EEXIST, end == bytes.count { throw SystemError(.create, errno) }
        }
    }
}
