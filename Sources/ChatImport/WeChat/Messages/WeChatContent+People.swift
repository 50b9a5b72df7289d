extension WeChatContent {
    /// `<msg username nickname alias/>`: a person, an official account, or somebody of a company.
    static func card(_ xml: WeChatXML) -> WeChatContent {
        let text = person(xml.root)
        return WeChatContent(.contact, text.isEmpty ? xml.remark : text)
    }

    /// The name and the number of somebody, and for whom they work.
    static func person(_ card: XMLTree) -> String {
        // Of somebody who is no friend there is only a ticket, which nobody can read.
        let username = card.value("username").flatMap { Self.isTicket($0) ? nil : $0 }
        let number = card.value("alias") ?? username
        let name = card.value("nickname")
        let shown: String? =
            switch (name, number) {
            case (let name?, let number?) where name != number: "\(name) (\(number))"
            case (let name?, _): name
            case (nil, let number): number
            }
        return WeChatText.lines(shown, card.value("openimdesc"))
    }

    private static func isTicket(_ username: String) -> Bool {
        username.hasPrefix("v1_") || username.hasPrefix("v2_") || username.hasPrefix("v3_")
    }

    /// `<msg fromusername fromnickname content …/>`: somebody asks to be a friend, or may be one.
    static func friendRequest(_ xml: WeChatXML, isRequest: Bool) -> WeChatContent {
        let person = xml.root.value("fromnickname") ?? xml.root.value("fromusername")
        let said = xml.root.value("content")
        guard let person else { return WeChatContent(.system, said ?? xml.remark) }
        let words = isRequest ? "\(person) 请求添加你为朋友" : "\(person) 可能是你的朋友"
        return WeChatContent(.system, said.map { "\(words): \($0)" } ?? words)
    }

    /// `<msg><pushmail><content><subject/><sender/><digest/>…`
    static func mail(_ xml: WeChatXML) -> WeChatContent {
        let mail = xml.element("pushmail")["content"] ?? xml.element("pushmail")
        let subject = mail.words("subject")
        let text = WeChatText.lines(
            subject.map { WeChatText.labelled("邮件", $0) }, mail.words("sender"), mail.words("digest"))
        return WeChatContent(.text, text.isEmpty ? xml.remark : text)
    }

    /// What a company's account sends: a request, a card, an app message, or words.
    static func enterprise(
        _ xml: WeChatXML, type: WeChatType, isOwn: Bool?, name: (String) -> String?
    ) -> WeChatContent {
        if xml.root["appmsg"] != nil { return app(xml, type: type, isOwn: isOwn, name: name) }
        if xml.root.value("nickname") != nil { return card(xml) }
        if xml.root.value("fromusername") != nil { return friendRequest(xml, isRequest: true) }
        return notice(xml, note: nil)
    }
}
