import ChatModel

/// A file that one export of a chat names and another leaves out.
///
/// Without identifiers, what is left of a message whose file was left out is when and by whom it was sent, and maybe of
/// what kind it is: it is the same message as one of that wall time and sender that names its file.
enum OmittedFile {
    /// What such messages have in common.
    struct Place: Hashable {
        private let wallTime: CivilTime
        private let sender: PersonID?

        /// Nil when a message is none that can be exported in both ways: it has an identifier, a zone, or not one file.
        init?(_ message: Message) {
            guard message.id == nil, let wallTime = message.wallTime, message.attachments.count == 1 else { return nil }
            self.wallTime = wallTime
            sender = message.sender
        }
    }

    /// Whether two messages of one place may be the same: one of them has left its file out, and what else they say does
    /// not contradict.
    static func unites(_ left: Message, _ right: Message) -> Bool {
        guard left.text == right.text || left.text.isEmpty || right.text.isEmpty else { return false }
        if isLeftOut(left), isKind(left.kind, of: right.kind) { return true }
        return isLeftOut(right) && isKind(right.kind, of: left.kind)
    }

    /// Gives a message whose file was left out what another one knows of it.
    static func complete(_ message: inout Message, from other: Message) {
        guard Place(message) != nil, isLeftOut(message), !isLeftOut(other) else { return }
        message.kind = other.kind
        message.attachments = other.attachments
    }

    /// Whether the message's file has neither a name nor a content.
    private static func isLeftOut(_ message: Message) -> Bool {
        guard let file = message.attachments.first, file.name.isEmpty else { return false }
        return if case .missing = file.content { true } else { false }
    }

    /// Whether a kind that an export gives for a file that it leaves out may stand for the kind by the file's name. Some say
    /// only that it is a file; a voice is told from other audio by its name, and so is an animation from a video.
    private static func isKind(_ omitted: Message.Kind, of named: Message.Kind) -> Bool {
        switch (omitted, named) {
        case (.file, _), (.audio, .voice), (.video, .animation): true
        default: omitted == named
        }
    }
}
