extension WeChatContent {
    /// Words alone, or one of
    ///
    ///     <voipmsg><VoIPBubbleMsg><msg>通话时长 05:21</msg><room_type>1</room_type> … </VoIPBubbleMsg></voipmsg>
    ///     <voipinvitemsg><invitetype>1</invitetype> … </voipinvitemsg><voipextinfo/>
    ///         <voiplocalinfo><duration>217</duration><display_content/> … </voiplocalinfo>
    ///
    /// The second is several elements beside each other, and its words may lack.
    static func call(_ xml: WeChatXML, note: String?) -> WeChatContent {
        let bubble = xml.element("VoIPBubbleMsg")
        let invitation = xml.element("voipinvitemsg")
        // Android's words are names of words; the call is told by them alone.
        let plain = xml.plain.flatMap { $0.utf8.starts(with: "voip_content".utf8) ? nil : $0 }
        let local = xml.element("voiplocalinfo")
        let words = [note, bubble.words("msg"), local.words("display_content"), plain, duration(local)]
            .compactMap { $0 }.first { !$0.isEmpty }
        let medium: String? =
            switch bubble.words("room_type") ?? invitation.words("invitetype") ?? invitation.words("invite_type")
                ?? xml.plain
            {
            case "0", "voip_content_video": "视频通话"
            case "1", "voip_content_voice": "语音通话"
            default: nil
            }
        return WeChatContent(.call, [medium, words].compactMap { $0 }.joined(separator: " "))
    }

    /// How long a call was, as WeChat writes it; nil for one that was not.
    private static func duration(_ local: XMLTree) -> String? {
        guard let seconds = local.size("duration") else { return nil }
        let parts = seconds < 3600 ? [seconds / 60, seconds % 60] : [seconds / 3600, seconds / 60 % 60, seconds % 60]
        return "通话时长 " + parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// A notice about a call in a group, and others of the kind: words, or some XML around them.
    static func notice(_ xml: WeChatXML, note: String?) -> WeChatContent {
        let plain = xml.plain.map { WeChatSystemLine.words(ofJSON: $0) ?? $0 }
        let found = note ?? plain ?? WeChatSystemLine.words(of: xml.root)
        return WeChatContent(.system, WeChatSystemLine.withoutTags(found))
    }
}
