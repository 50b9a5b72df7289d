extension WeChatContent {
    /// `<msg><img md5 length hdlength …/></msg>`
    static func image(_ xml: WeChatXML) -> WeChatContent {
        let image = xml.element("img")
        let media = Media(.image, md5: image.md5("md5"), size: image.size("hdlength") ?? image.size("length"))
        return WeChatContent(.image, xml.remark, media: [media])
    }

    /// `<msg><voicemsg voicelength length …/><voicetrans transtext/></msg>`; the transcription is the text.
    static func voice(_ xml: WeChatXML, note: String?) -> WeChatContent {
        let spoken = [note, xml.element("voicetrans").value("transtext")].compactMap { $0 }.first { !$0.isEmpty }
        let media = Media(.voice, size: xml.element("voicemsg").size("length"))
        return WeChatContent(.voice, spoken ?? xml.remark, media: [media])
    }

    /// `<msg><videomsg md5 rawmd5 newmd5 length …/></msg>`
    static func video(_ xml: WeChatXML) -> WeChatContent {
        let video = xml.element("videomsg")
        let md5 = video.md5("md5") ?? video.md5("newmd5") ?? video.md5("rawmd5")
        return WeChatContent(.video, xml.remark, media: [Media(.video, md5: md5, size: video.size("length"))])
    }

    /// `<msg><emoji md5 len aeskey desc …/></msg>`, or the app message of a sticker of one's own; Android's old builds keep
    /// `user name:time:…:md5:…`. What it means is the text, where that is known.
    static func sticker(_ xml: WeChatXML, note: String?) -> WeChatContent {
        if xml.root["emoji"] == nil, xml.root["appmsg"] != nil {
            return WeChatAppMessage(xml, subtype: 8).content(isOwn: nil) { _ in nil }
        }
        let emoji = xml.element("emoji")
        let md5 =
            emoji.md5("md5")
            ?? xml.plain.flatMap { plain in
                plain.split { $0 == ":" || $0.isWhitespace }.lazy.compactMap { XMLTree.md5(String($0)) }.first
            }
        let media = Media(
            .sticker, md5: md5, size: emoji.size("len") ?? emoji.size("length"), key: emoji.value("aeskey"))
        // A description in ASCII is as a rule one that is encoded for programs.
        let meaning = emoji.value("desc").flatMap { $0.utf8.allSatisfy { $0 < 0x80 } ? nil : $0 }
        return WeChatContent(.sticker, note ?? emoji.value("attachedtext") ?? meaning ?? xml.remark, media: [media])
    }

    /// `<msg><location x=latitude y=longitude label poiname/></msg>`
    static func location(_ xml: WeChatXML) -> WeChatContent {
        let text = place(xml.element("location"), latitude: "x", longitude: "y")
        return WeChatContent(.location, text.isEmpty ? xml.remark : text)
    }

    /// A place: its name, its address and its coordinates, each on a line.
    static func place(_ location: XMLTree, latitude: String, longitude: String) -> String {
        var coordinates: String?
        if let latitude = location.value(latitude), let longitude = location.value(longitude) {
            coordinates = "\(latitude), \(longitude)"
        }
        // WeChat writes its own word for a place where it knows no name.
        let name = location.value("poiname").flatMap { $0 == "[位置]" ? nil : $0 }
        return WeChatText.lines(name, location.value("label"), coordinates)
    }
}
