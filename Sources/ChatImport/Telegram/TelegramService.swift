extension TelegramRecord {
    /// A line in words for a service message. Actions that are not known keep their name, and the raw record tells all.
    var serviceText: String {
        let actor = self["actor"] ?? self["from"] ?? "Someone"
        let title = self["title"].map { " “\($0)”" } ?? ""
        let names = members.map { $0 ?? "a deleted account" }.joined(separator: ", ")
        let words: String
        switch self["action"] {
        case "create_group": words = "\(actor) created the group\(title)" + (names.isEmpty ? "" : " with \(names)")
        case "create_channel": words = "\(actor) created the channel\(title)"
        case "invite_members": words = "\(actor) added \(names.isEmpty ? "members" : names)"
        case "remove_members": words = "\(actor) removed \(names.isEmpty ? "members" : names)"
        case "join_group_by_link": words = "\(actor) joined by a link"
        case "join_group_by_request": words = "\(actor) joined by request"
        case "edit_group_title": words = "\(actor) changed the title to\(title)"
        case "edit_group_photo": words = "\(actor) changed the picture"
        case "delete_group_photo": words = "\(actor) removed the picture"
        case "migrate_to_supergroup": words = "\(actor) turned the group into a supergroup"
        case "migrate_from_group": words = "\(actor) continued the group\(title) here"
        case "pin_message": words = "\(actor) pinned a message"
        case "clear_history": words = "\(actor) cleared the history"
        case "score_in_game": words = "\(actor) scored \(self["score"] ?? "points") in a game"
        case "phone_call": words = "\(actor) called" + callEnd
        case "group_call": words = "\(actor) started a group call" + callEnd
        case "invite_to_group_call": words = "\(actor) invited \(names.isEmpty ? "members" : names) to a call"
        case "set_messages_ttl" where number("period") == 0: words = "\(actor) set messages not to disappear"
        case "set_messages_ttl":
            words = "\(actor) set messages to disappear" + (self["period"].map { " after \($0) seconds" } ?? "")
        case "edit_chat_theme": words = "\(actor) changed the theme" + (self["emoticon"].map { " to \($0)" } ?? "")
        case "topic_created": words = "\(actor) created the topic\(title)"
        case "topic_edit": words = "\(actor) changed the topic\(title)"
        case "joined_telegram": words = "\(actor) joined Telegram"
        case "send_payment": words = "\(actor) sent a payment" + payment
        case "take_screenshot": words = "\(actor) took a screenshot"
        case let action?: words = "\(actor): \(action.replacing("_", with: " "))\(title)"
        case nil: words = ""
        }
        return [words, text].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// An amount is in the smallest unit of its currency, of which only Telegram knows how many there are to one.
    private var payment: String {
        guard let amount = self["amount"] else { return "" }
        return " of \(amount)" + (self["currency"].map { " in the smallest unit of \($0)" } ?? "")
    }

    private var callEnd: String {
        let reason = self["discard_reason"].map { " (\($0))" } ?? ""
        guard let seconds = number("duration_seconds") ?? number("duration") else { return reason }
        return ", \(seconds) seconds" + reason
    }
}
