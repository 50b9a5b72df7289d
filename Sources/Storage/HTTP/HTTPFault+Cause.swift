import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// What the layers below say when there is no answer.
extension HTTPFault {
    init(_ error: any Error) {
        switch error {
        case let fault as HTTPFault: self = fault
        case let error as HTTPClientError: self.init(error)
        case let error as NIOConnectionError: self.init(error)
        case let error as IOError: self = Self.connecting(error)
        case is NIOSSLExtraError: self = .untrusted
        case NIOSSLError.handshakeFailed(let reason):
            let words = "\(reason)"
            self =
                words.contains("CERTIFICATE_VERIFY_FAILED")
                ? .untrusted : words.contains("WRONG_VERSION_NUMBER") ? .noTLS : .unreachable
        default: self = .unreachable
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .readTimeout, .writeTimeout, .connectTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            self = .timedOut
        case .invalidURL, .emptyHost, .emptyScheme: self = .badAddress
        default: self = .unreachable
        }
    }

    /// A name has several addresses: what one of them says counts when none answers.
    private init(_ error: NIOConnectionError) {
        let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
        if codes.contains(ECONNREFUSED) {
            self = .notConnected(.refused)
        } else if let first = error.connectionErrors.first?.error as? IOError {
            self = Self.connecting(first)
        } else if let lookup = error.dnsAError as? SocketAddressError.UnknownHost, error.connectionErrors.isEmpty {
            self = Self.lookup(lookup.errorCode)
        } else {
            self = .unreachable
        }
    }

    /// Also of a connection that stood: what broke it is no reason why there was none.
    private static func connecting(_ error: IOError) -> HTTPFault {
        let silence = Silence(errno: error.errnoCode)
        return silence == .noAnswer ? .unreachable : .notConnected(silence)
    }

    /// What getaddrinfo's code means: EAI_NONAME and EAI_NODATA of <netdb.h> are a sure no, all else may pass.
    private static func lookup(_ code: Int) -> HTTPFault {
        [Int(EAI_NONAME), -5].contains(code) ? .unknownHost : .notConnected(.noAddress)
    }
}
