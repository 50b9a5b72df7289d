import COpenSSL

/// Fills a buffer from libcrypto's random generator.
func fillWithRandomBytes(_ buffer: UnsafeMutableRawBufferPointer) throws(RepositoryError) {
    guard buffer.count <= Int(Int32.max), RAND_bytes(buffer.baseAddress, Int32(buffer.count)) == 1 else {
        throw .libraryFailed("random generator")
    }
}

/// Random bytes that need not stay secret.
func randomBytes(_ count: Int) throws(RepositoryError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled = bytes.withUnsafeMutableBytes { RAND_bytes($0.baseAddress, Int32(count)) == 1 }
    guard filled else { throw .libraryFailed("random generator") }
    return bytes
}
