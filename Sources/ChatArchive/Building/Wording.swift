import ChatModel

/// One wording of a message: the same identity with other content is an edit. Which of several equals it is, the order of
/// the lines tells.
///
/// Devices of one account keep the same message in different ways, and what differs only so is no other wording:
///
/// - the time of a message without a platform's id, below a second: phones have milliseconds, computers have not
/// - what a voice was transcribed to or a sticker means, or how a call ended: one device knows it, another one not, or not yet
/// - which files of a merged forward there are
/// - the bytes of a picture that one device keeps in disguise, or each in its own
struct Wording: Hashable {
    private let identity: MessageIdentity
    private let content: MessageContent

    init(_ message: Message) {
        var message = message
        if message.id == nil {
            message.time = Timestamp(seconds: message.time.seconds)
        } else if Self.mayLackWords(message.kind), !message.text.isEmpty {
            message.text = ""
        } else if message.kind == .text, !message.attachments.isEmpty {
            message.attachments = []
        }
        identity = MessageIdentity(of: message)
        content = MessageContent(of: message)
    }

    /// How what two messages of one wording have beside it goes together.
    enum Comparison {
        case same
        /// One lacks what the other has.
        case compatible
        case different
    }

    /// Compares what the wording leaves out, of two messages of one wording.
    static func compare(_ left: Message, _ right: Message) -> Comparison {
        // Of equal messages of one second, each is the one of its own moment, where that is known.
        var result = left.id == nil && left.time != right.time ? Comparison.compatible : .same
        if left.text != right.text {
            guard lacksWords(left) || lacksWords(right) else { return .different }
            result = .compatible
        }
        let files = compareFiles(left, right)
        return files == .same ? result : files
    }

    /// The same of the files of two messages alone.
    static func compareFiles(_ left: Message, _ right: Message) -> Comparison {
        var result = Comparison.same
        if areGathered(left, right) { return .compatible }
        for (one, other) in zip(left.attachments, right.attachments) {
            switch compare(one, other, hasID: left.id != nil) {
            case .same: break
            case .compatible: result = .compatible
            case .different: return .different
            }
        }
        return result
    }

    private static func compare(_ left: Attachment, _ right: Attachment, hasID: Bool) -> Comparison {
        switch (left.content, right.content) {
        // A preview stands for the file that was not there.
        case (.stored, .stored) where left.isThumbnail != right.isThumbnail: .compatible
        case (.stored(let one, _), .stored(let other, _)):
            one == other ? .same : hasID && areSame(left, right) ? .compatible : .different
        case (.stored, _), (_, .stored): .compatible
        default: .same
        }
    }

    /// Whether two stored files of one message are the same in different disguises: what is shown is of one type and equally
    /// long.
    private static func areSame(_ left: Attachment, _ right: Attachment) -> Bool {
        guard left.decoding != nil || right.decoding != nil else { return false }
        return left.mediaType == right.mediaType && left.shownSize == right.shownSize
    }

    /// Whether only some devices may know the words of a message of this kind.
    private static func mayLackWords(_ kind: Message.Kind) -> Bool {
        kind == .voice || kind == .sticker || kind == .call
    }

    /// Whether a message of such a kind says nothing more than of what kind it is: WeChat's phones keep of a call only how it
    /// was made.
    private static func lacksWords(_ message: Message) -> Bool {
        message.kind == .call ? ["语音通话", "视频通话"].contains(message.text) : message.text.isEmpty
    }

    /// Whether two messages have files of one merged forward, of which each device has some.
    private static func areGathered(_ left: Message, _ right: Message) -> Bool {
        guard left.id != nil, left.kind == .text else { return false }
        return left.attachments.count != right.attachments.count
            || zip(left.attachments, right.attachments).contains { compare($0, $1, hasID: true) == .different }
    }

    /// What a message becomes when another device, or a later reading, has it too: takes words and files that were missing,
    /// the names of files that were left out, originals of which there was a preview, and ways to decode that were not
    /// known; never the other way.
    static func complete(_ message: inout Message, from other: Message) {
        if lacksWords(message), !lacksWords(other) { message.text = other.text }
        OmittedFile.complete(&message, from: other)
        if areGathered(message, other) {
            return gather(other.attachments, into: &message.attachments)
        }
        for (position, attachment) in other.attachments.enumerated() where position < message.attachments.count {
            let known = message.attachments[position]
            guard case .stored(let digest, _) = attachment.content else { continue }
            if case .stored(let knownDigest, _) = known.content {
                let isOriginal = known.isThumbnail && !attachment.isThumbnail
                let isDecoded = knownDigest == digest && known.decoding == nil && attachment.decoding != nil
                guard isOriginal || isDecoded else { continue }
            }
            message.attachments[position] = attachment
        }
    }

    /// Adds the stored files that are not there yet, each in the place of a missing one of its name if there is one.
    private static func gather(_ files: [Attachment], into known: inout [Attachment]) {
        for file in files {
            guard case .stored = file.content else { continue }
            let isKnown = known.contains {
                isStored($0) && $0.isThumbnail == file.isThumbnail && compare(file, $0, hasID: true) != .different
            }
            if isKnown { continue }
            if let place = known.firstIndex(where: { !isStored($0) && $0.name == file.name }) {
                known[place] = file
            } else {
                known.append(file)
            }
        }
    }

    private static func isStored(_ file: Attachment) -> Bool {
        if case .stored = file.content { true } else { false }
    }
}
