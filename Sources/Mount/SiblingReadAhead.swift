/// Decides when the files after those that are being read are worth pushing into the kernel's page cache.
///
/// grep, tar, cp -r, rsync and file indexers read the files of a directory one after the other, in listing order; each costs a round trip of some
/// 10 µs, pushing one some 5 µs on another core. Two files read in a row start a window, which doubles as long as the reader follows it:
///
///     read 7, 8 ──> push 9 … 24, all but 17        (the hole is a file that will be asked for: it says how far the reader is)
///     read 17   ──> push 25 … 56, all but 41       (before the reader comes to the end of what is there)
///
/// A reader who jumps about, or who only lists, gets nothing. A value: positions in, decisions out.
struct SiblingReadAhead {
    /// A file's place: which listing, and how many files of it come before.
    struct Place: Hashable {
        let listing: UInt64
        let index: Int
    }

    /// What to push.
    struct Push: Equatable {
        let first: Place
        let files: Int
        let bytes: Int
        /// The file that is left out.
        let hole: Int
    }

    fileprivate struct Stream {
        let listing: UInt64
        /// The last file that was read.
        var reader: Int
        /// The file after the last one that has been, or is about to be, pushed; at most `reader + 1` when nothing has.
        var end: Int
        /// Files in the last window; 0 before the first.
        var window: Int
        var isPushing = false
        var lastUse: Int
    }

    /// The first window: small enough to cost a random reader nothing that can be measured.
    static let firstWindow = 16
    /// The largest: each file takes a page of 4 KiB in the kernel, so this is 4 MiB of its memory.
    static let lastWindow = 1024
    /// The most bytes of a window.
    static let windowBytes = 1 << 20
    /// Larger files are left to the kernel's own read-ahead.
    static let largestFile = 1 << 16
    /// As many readers are told apart.
    static let streamLimit = 8
    /// A reader who has caught up is met this many files further on.
    static let lead = 8

    private var streams: [Stream] = []
    private var clock = 0

    /// A file was asked for.
    mutating func read(_ place: Place) -> Push? {
        clock += 1
        guard let number = streams.firstIndex(where: { $0.isFollowed(by: place) }) else {
            begin(at: place)
            return nil
        }
        var stream = streams[number]
        defer { streams[number] = stream }
        let isNext = place.index > stream.reader
        stream.lastUse = clock
        stream.reader = max(stream.reader, place.index)
        // A file read again says nothing about the next ones.
        guard isNext, !stream.isPushing else { return nil }
        stream.window = stream.window == 0 ? Self.firstWindow : min(stream.window * 2, Self.lastWindow)
        stream.isPushing = true
        let first = max(stream.end, stream.reader + 1)
        stream.end = first + stream.window
        return Push(
            first: Place(listing: place.listing, index: first), files: stream.window, bytes: Self.windowBytes,
            hole: first + stream.window / 2)
    }

    /// Where pushing goes on for a reader who may have overtaken it: at `index`, or further on.
    func resume(_ push: Push, at index: Int) -> Int {
        guard
            let stream = streams.first(where: {
                $0.listing == push.first.listing && $0.end == push.first.index + push.files
            })
        else {
            return index
        }
        return stream.reader >= index ? stream.reader + Self.lead : index
    }

    /// A window has been pushed, up to the file before `end`.
    mutating func pushed(_ push: Push, upTo end: Int) {
        guard
            let number = streams.firstIndex(where: {
                $0.listing == push.first.listing && $0.end == push.first.index + push.files
            })
        else { return }
        streams[number].end = end
        streams[number].isPushing = false
    }

    private mutating func begin(at place: Place) {
        let stream = Stream(
            listing: place.listing, reader: place.index, end: place.index + 1, window: 0, lastUse: clock)
        if streams.count < Self.streamLimit {
            streams.append(stream)
        } else if let oldest = streams.indices.min(by: { streams[$0].lastUse < streams[$1].lastUse }) {
            streams[oldest] = stream
        }
    }
}

extension SiblingReadAhead.Stream {
    /// Whether a read goes on where this reader was: the file after the last, or one of the window. Those of the window are asked for only when the
    /// kernel has not got them: the hole, or a file too large to push.
    fileprivate func isFollowed(by place: SiblingReadAhead.Place) -> Bool {
        place.listing == listing && place.index >= reader && place.index <= max(end, reader + 1)
    }
}
