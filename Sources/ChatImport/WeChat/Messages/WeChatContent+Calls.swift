extension WeChatContent {
    /// `<voipmsg><VoIPBubbleMsg><msg>通话时长 05:21</msg><room_type>1</room_type>…`, or `<voipinvitemsg>` which has no
    /// words, or words alone.
    static func call(_ xml: WeChatXML, note: String?) -> WeChatContent {
        let bubble = xml.element("VoIPBubbleMsg")
        let invitation = xml.element("voipinvitemsg")
        // Android's words are names of words; the call is told by them alone.
        let plain = xml.plain.flatMap { $0.utf8.starts(with: "voip_content".utf8) ? nil : $0 }
        let words = [note, bubble.words("msg"), plain].compactMap { $0 }.first { !$0.isEmpty }
        let medium: String? =
            switch bubble.words("room_type") ?? invitation.words("invitetype") ?? xml.plain {
            case "0", "voip_content_video": "视频通话"
            case "1", "voip_content_voice": "语音通话"
            default: nil
            }
        return WeChatContent(.call, [medium, words].compactMap { $0 }.joined(separator: " "))
    }

    /// A notice about a call in a group, and others of the kind: words, or some XML around them.
    static func notice(_ xml: WeChatXML, note: String?) -> WeChatContent {
        let found = note ?? xml.plain ?? WeChatSystemLine.words(of: xml.root)
        return WeChatContent(.system, WeChatSystemLine.withoutTags(found))
    }
}
