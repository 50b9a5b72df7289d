/// Bytes that grow at an address that stays valid until the next change, which an Array does not promise.
struct ByteBuffer: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private(set) var count = 0

    deinit { base?.deallocate() }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func removeAll() { count = 0 }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        base?[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        reserve(bytes.count)
        if let base, let start = bytes.baseAddress {
            UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: bytes.count)
        }
        count += bytes.count
    }

    private mutating func reserve(_ added: Int) {
        guard added > capacity - count else { return }
        let larger = max(256, capacity * 2, count + added)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        if let base {
            memory.update(from: base, count: count)
            base.deallocate()
        }
        base = memory
        capacity = larger
    }
}
