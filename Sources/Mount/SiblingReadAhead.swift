/// Decides when the files after those that are being read are worth pushing into the kernel's page cache.
///
/// grep, tar, cp -r, rsync and file indexers read the files of a directory one after the other, in listing order; each costs a round trip of some
/// 10 µs, pushing one some 5 µs on another core. Two files read in a row start a window, which doubles as long as the reader follows it:
///
///     read 7, 8 ──> push 9 … 24, all but 17        (the hole is a file that will be asked for: it says how far the reader is)
///     read 17   ──> push 25 … 56, all but 41       (before the reader comes to the end of what is there)
///
/// Who came to the end of one directory is taken to go through the next one too, and its files are pushed while it is
/// being listed: the kernel learns of the files one after the other, which takes longer than pushing. What is pushed whole
/// is not asked for, so in every fourth directory a file is left out: who never asks for one lists only, and after some more
/// directories gets nothing. A reader who is faster, or whose kernel has the listing yet, is answered once the files that
/// follow have been pushed, so that a directory of some files costs one read.
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
        /// The first small file from here on is left out; -1 when none is, as the window goes to the directory's end.
        var hole: Int
        /// Whether the reader is to wait for it.
        var isAwaited = false
        /// Whether the kernel is only just learning of the files.
        var isBeingListed = false
    }

    fileprivate struct Stream {
        let listing: UInt64
        /// Files in the listing.
        let count: Int
        /// The last file that was read.
        var reader: Int
        /// The file after the last one that has been, or is about to be, pushed; at most `reader + 1` when nothing has.
        var end: Int
        /// Files in the last window; 0 before the first.
        var window: Int
        var isPushing = false
        /// How far the pushing has come that began with the listing.
        var listed: Int?
        var lastUse: Int
    }

    /// Directories that are pushed when they are listed before their reader must have been seen again.
    static let trust = 8
    /// Of so many such directories one has a hole.
    static let holeEvery = 4
    /// The first window: small enough to cost a random reader nothing that can be measured.
    static let firstWindow = 16
    /// The first one of who has read a directory to its end: some 300 µs of their time.
    static let awaitedWindow = 64
    /// Where such a reader begins: the first files may be media, or not wanted.
    static let beginning = 8
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
    /// Directories that were pushed when they were listed since a reader was seen.
    private var unseen = 0

    /// Whether the last reader has come to the end of a directory.
    var isThorough: Bool {
        guard let last = streams.max(by: { $0.lastUse < $1.lastUse }) else { return false }
        // What was pushed to the end is not asked for any more.
        return max(last.reader + 1, last.end) >= last.count && (last.window > 0 || last.count <= 2)
    }

    /// Somebody begins to list a directory of some files.
    mutating func listed(_ listing: UInt64, of count: Int) -> Push? {
        guard isThorough, count > 0, unseen < Self.trust, !streams.contains(where: { $0.listing == listing }) else {
            return nil
        }
        clock += 1
        unseen += 1
        let number = begin(before: Place(listing: listing, index: 0), of: count)
        var push = push(Self.lastWindow, in: number, isAwaited: false)
        push.isBeingListed = true
        streams[number].listed = 0
        if push.hole < 0, unseen % Self.holeEvery == 0 { push.hole = count / 2 }
        return push
    }

    /// A file was asked for, one of `count` in its listing.
    mutating func read(_ place: Place, of count: Int) -> Push? {
        let wasThorough = isThorough
        clock += 1
        guard let number = streams.firstIndex(where: { $0.isFollowed(by: place) }) else {
            let number = begin(before: Place(listing: place.listing, index: place.index + 1), of: count)
            guard wasThorough, place.index < Self.beginning, place.index + 1 < count else { return nil }
            return push(Self.awaitedWindow, in: number, isAwaited: true)
        }
        unseen = 0
        let isNext = place.index > streams[number].reader
        streams[number].lastUse = clock
        streams[number].reader = max(streams[number].reader, place.index)
        if let listed = streams[number].listed, place.index >= listed, streams[number].isPushing {
            streams[number].end = place.index + 1
            guard place.index + 1 < count else { return nil }
            defer { streams[number].window = Self.lastWindow }
            return push(Self.awaitedWindow, in: number, isAwaited: true)
        }
        // A file read again says nothing about the next ones, and at the end there are none.
        guard isNext, !streams[number].isPushing, max(streams[number].end, place.index + 1) < count else { return nil }
        let window = streams[number].window
        return push(window == 0 ? Self.firstWindow : min(window * 2, Self.lastWindow), in: number, isAwaited: false)
    }

    private mutating func push(_ window: Int, in number: Int, isAwaited: Bool) -> Push {
        var stream = streams[number]
        defer { streams[number] = stream }
        let first = max(stream.end, stream.reader + 1)
        stream.window = window
        stream.isPushing = true
        stream.listed = nil
        stream.end = first + window
        return Push(
            first: Place(listing: stream.listing, index: first), files: window, bytes: Self.windowBytes,
            hole: stream.end < stream.count ? first + window / 2 : -1, isAwaited: isAwaited)
    }

    /// Where pushing goes on for a reader who may have overtaken it: at `index`, or further on; at its end, where somebody
    /// else has taken over.
    mutating func resume(_ push: Push, at index: Int) -> Int {
        let end = push.first.index + push.files
        guard let number = streams.firstIndex(where: { $0.listing == push.first.listing && $0.end == end }) else {
            return end
        }
        if push.isBeingListed { streams[number].listed = index }
        let reader = streams[number].reader
        return reader >= index ? reader + Self.lead : index
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

    /// A reader who is about to read a file. Returns the stream's number.
    private mutating func begin(before place: Place, of count: Int) -> Int {
        let stream = Stream(
            listing: place.listing, count: count, reader: place.index - 1, end: place.index, window: 0, lastUse: clock)
        guard streams.count >= Self.streamLimit,
            let oldest = streams.indices.min(by: { streams[$0].lastUse < streams[$1].lastUse })
        else {
            streams.append(stream)
            return streams.count - 1
        }
        streams[oldest] = stream
        return oldest
    }
}

extension SiblingReadAhead.Stream {
    /// Whether a read goes on where this reader was: the file after the last, or one of the window. Those of the window are asked for only when the
    /// kernel has not got them: the hole, or a file too large to push.
    fileprivate func isFollowed(by place: SiblingReadAhead.Place) -> Bool {
        place.listing == listing && place.index >= reader && place.index <= max(end, reader + 1)
    }
}
