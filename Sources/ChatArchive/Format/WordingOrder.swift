import ChatModel

/// Which wordings of one message another one has replaced at the source. The archive keeps all: an edit leaves the earlier
/// wording `gone`, as a deletion does, and only the later one tells the two apart.
enum WordingOrder {
    /// One wording: its kind, and when it was last at a source, if it no longer is.
    typealias Wording = (kind: Message.Kind, gone: Timestamp?)

    /// Whether `earlier` had been there before `later`, and was edited into it.
    ///
    /// The note that is left of a deleted or recalled message is none of its wordings.
    static func precedes(_ earlier: Wording, _ later: Wording) -> Bool {
        guard let gone = earlier.gone, earlier.kind != .deleted, later.kind != .deleted,
            (earlier.kind == .system) == (later.kind == .system)
        else { return false }
        return later.gone.map { gone < $0 } ?? true
    }
}
