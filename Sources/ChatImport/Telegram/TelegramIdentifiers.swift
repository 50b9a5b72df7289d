import ChatModel

/// Telegram Desktop's identifiers, the same in exports of one chat and of an account, old and new.
///
/// People, groups and channels are numbered separately. Since April 2021 an author is `"user1"`, `"chat1"` or
/// `"channel1"` and a chat is a bare number; before, both were one number with the class in bits 32 and up (0 user,
/// 1 group, 2 channel).
enum TelegramIdentifiers {
    enum PeerClass: String {
        case user, chat, channel

        /// The class of a chat by the export's name of its type, nil for a type that is not known.
        init?(chatType: String?) {
            switch chatType {
            case "personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes": self = .user
            case "private_group": self = .chat
            case "private_supergroup", "public_supergroup", "private_channel", "public_channel": self = .channel
            default: return nil
            }
        }
    }

    /// A chat's identifier; by its name when the export gives no number, by `fallback` when it gives neither.
    static func conversation(id: String?, type: String?, name: String?, fallback: String) -> ConversationID {
        guard let id, !id.isEmpty else {
            return ConversationID("telegram:name:\(name.flatMap { $0.isEmpty ? nil : $0 } ?? fallback)")
        }
        guard let peer = PeerClass(chatType: type) else { return ConversationID("telegram:\(id)") }
        // Numbers of groups reach into the old form's range by now, those of channels do not.
        if peer == .channel, let number = UInt64(id), number >> 32 == 2 {
            return ConversationID("telegram:channel\(number & 0xFFFF_FFFF)")
        }
        return ConversationID("telegram:\(peer.rawValue)\(id)")
    }

    /// An author's identifier, nil when the export gives neither a number nor a name.
    ///
    /// - Parameter chat: the class of the chat, since in a chat of two only people write.
    static func person(id: String?, name: String?, chat: PeerClass?) -> PersonID? {
        if let id, let text = peer(id, chat: chat) { return PersonID("telegram:\(text)") }
        guard let name, !name.isEmpty else { return nil }
        return PersonID("telegram:name:\(name)")
    }

    private static func peer(_ id: String, chat: PeerClass?) -> String? {
        if let number = UInt64(id) {
            if chat == .user { return "user\(number)" }
            switch number >> 32 {
            case 1: return "chat\(number & 0xFFFF_FFFF)"
            case 2: return "channel\(number & 0xFFFF_FFFF)"
            default: return "user\(number)"
            }
        }
        for prefix in ["user", "channel", "chat"] where id.hasPrefix(prefix) {
            if UInt64(id.dropFirst(prefix.count)) != nil { return id }
        }
        return nil
    }
}
