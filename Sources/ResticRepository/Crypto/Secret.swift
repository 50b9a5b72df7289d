import COpenSSL

/// Bytes that nobody should find in memory later: kept in one place and wiped when dropped.
package final class Secret: Sendable {
    nonisolated(unsafe) private let buffer: UnsafeMutableRawBufferPointer

    /// Makes a secret of `count` bytes; `fill` writes them all. Nothing changes them afterwards.
    package init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        buffer = .allocate(byteCount: max(count, 1), alignment: 16)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        self.count = count
    }

    /// Copies a secret.
    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    deinit {
        OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        buffer.deallocate()
    }

    /// How many bytes.
    package let count: Int

    /// The bytes; valid while the secret is.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
}

/// Overwrites bytes that were secret.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
}

/// A repository's password; its bytes are wiped when it is dropped.
public struct Password: Sendable {
    let secret: Secret

    /// Copies the password's UTF-8 bytes; the caller wipes its own.
    public init(copying bytes: [UInt8]) {
        secret = bytes.withUnsafeBytes { Secret(copying: $0) }
    }

    /// The password in a String, which cannot be wiped; for tests and short programs.
    public init(_ text: String) {
        self.init(copying: Array(text.utf8))
    }
}
