import Synchronization

/// Where credentials come from.
public enum S3CredentialSource: Sendable {
    /// Given by hand.
    case fixed(S3Credentials)
    /// As AWS's own programs find them, with this environment.
    case found([String: String])
}

/// Keeps credentials that have not ended.
final class S3CredentialProvider: Sendable {
    private let source: S3CredentialSource
    private let location: String
    private let kept = Mutex<S3Credentials?>(nil)

    /// Seconds before their end in which credentials are no longer used.
    private static let margin = 300

    init(_ source: S3CredentialSource, location: String) {
        self.source = source
        self.location = location
    }

    /// Credentials that are good now; asks the metadata service when those of it are about to end.
    func current() throws(StorageError) -> S3Credentials {
        let now = HTTPDate.now
        let kept = kept.withLock { $0 }
        if let kept, kept.end.map({ $0 - Self.margin > now }) ?? true { return kept }
        do throws(StorageError) {
            let found = try find()
            self.kept.withLock { $0 = found }
            return found
        } catch {
            // Near their end, but not at it.
            if let kept, let end = kept.end, end > now { return kept }
            throw error
        }
    }

    /// Forgets credentials that a server says have ended; false when there are no others to be had.
    func dropFetched() -> Bool {
        guard case .found = source else { return false }
        kept.withLock { $0 = nil }
        return true
    }

    private func find() throws(StorageError) -> S3Credentials {
        switch source {
        case .fixed(let credentials): return credentials
        case .found(let environment):
            if let found = Self.inEnvironment(environment) ?? AWSProfile(environment: environment).credentials {
                return found
            }
            if let found = InstanceMetadata(environment)?.credentials() { return found }
            throw .noCredentials(location: location)
        }
    }

    private static func inEnvironment(_ environment: [String: String]) -> S3Credentials? {
        guard let keyID = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"],
            !keyID.isEmpty, !secret.isEmpty
        else { return nil }
        let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        return S3Credentials(keyID: keyID, secret: secret, token: token)
    }
}
