import ResticRepository

/// The blobs of a file, and where each begins, so that any range is found by a binary search.
struct MediaFile: Sendable {
    let blobs: [BlobID]
    /// Offset of each blob, and at the end the size of the file.
    let offsets: [UInt64]

    /// Nil when the length of a blob is not known.
    init?(_ blobs: [BlobID], length: (BlobID) -> Int?) {
        var offsets: [UInt64] = [0]
        offsets.reserveCapacity(blobs.count + 1)
        var end: UInt64 = 0
        for blob in blobs {
            guard let length = length(blob) else { return nil }
            end += UInt64(length)
            offsets.append(end)
        }
        self.blobs = blobs
        self.offsets = offsets
    }

    var size: UInt64 { offsets[offsets.count - 1] }

    /// The position of the blob that holds the byte at an offset below the size.
    func blob(at offset: UInt64) -> Int {
        var low = 0
        var high = blobs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if offsets[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
