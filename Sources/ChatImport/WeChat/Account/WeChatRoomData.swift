/// The members of a group as WeChat for Android, 3 on Windows and 4 keep them (protocol buffers):
///
///     1 (repeated) { 1 user name, 2 name in the group, 3 state, 4 who invited } · 5 the most members
package enum WeChatRoomData {
    /// The members; those that cannot be read are left out, all of them when the whole cannot be.
    package static func members(_ bytes: [UInt8]) -> [WeChatGroup.Member] {
        guard let room = try? ProtobufMessage(bytes) else { return [] }
        var members: [WeChatGroup.Member] = []
        for case (1, .bytes(let bytes)) in room.fields {
            guard let member = try? ProtobufMessage(bytes), let name = member.text(1), !name.isEmpty,
                name.utf8.count <= ForeignRow.longestName
            else { continue }
            members.append(WeChatGroup.Member(username: name, nickname: member.text(2) ?? ""))
        }
        return members
    }

    /// Members as lists of names and of names in the group, in the same order.
    static func members(_ names: [Substring], _ nicknames: [Substring]) -> [WeChatGroup.Member] {
        let fit = nicknames.count == names.count
        return names.enumerated().compactMap { place, name in
            guard !name.isEmpty else { return nil }
            let nickname = fit ? String(nicknames[place]) : ""
            // Where a member has no name in the group the list has the nickname, or the user name.
            return WeChatGroup.Member(username: String(name), nickname: nickname == name ? "" : nickname)
        }
    }
}
