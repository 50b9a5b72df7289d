import ChatModel

/// The wordings of one message, and which of them others have replaced at the source. The archive keeps all: an edit leaves the
/// earlier wording `gone`, as a deletion does, and only the later one tells the two apart.
///
/// The note that is left of a deleted or recalled message is none of its wordings. However many there are, each is noted and asked
/// for at the same cost.
struct WordingOrder {
    /// One wording: its kind, and when it was last at a source, if it no longer is.
    typealias Wording = (kind: Message.Kind, gone: Timestamp?)

    /// When the first of some wordings went, and the last one; never, where one is there still.
    private struct Extent {
        var first = Timestamp(milliseconds: .max)
        var last = Timestamp(milliseconds: .min)

        mutating func note(_ gone: Timestamp?) {
            if let gone { first = min(first, gone) }
            last = max(last, gone ?? Timestamp(milliseconds: .max))
        }
    }

    private var extents = (system: Extent(), other: Extent())

    mutating func note(_ wording: Wording) {
        guard wording.kind != .deleted else { return }
        if wording.kind == .system { extents.system.note(wording.gone) } else { extents.other.note(wording.gone) }
    }

    /// Whether a wording that was noted has been edited into another one.
    func hasLater(_ wording: Wording) -> Bool {
        guard let gone = wording.gone, let extent = extent(of: wording) else { return false }
        return gone < extent.last
    }

    /// Whether a wording that was noted is what another one was edited into.
    func hasEarlier(_ wording: Wording) -> Bool {
        guard let extent = extent(of: wording) else { return false }
        return extent.first < wording.gone ?? Timestamp(milliseconds: .max)
    }

    private func extent(of wording: Wording) -> Extent? {
        wording.kind == .deleted ? nil : wording.kind == .system ? extents.system : extents.other
    }
}
