import ChatModel
import SQLite

/// People and groups as WeChat on an iPhone keeps them in `DB/WCDB_Contact.sqlite`, tables `Friend` and `OpenIMContact`
/// (protocol buffers in columns):
///
///     dbContactRemark     1 nickname · 2 number that people see · 3 remark · 8 numbers of labels, with commas
///     dbContactChatRoom   1 members, with semicolons · 6 <RoomData><Member UserName=""><DisplayName/></Member>…
enum IPhonePeople {
    /// A contact or a group.
    struct Person {
        let username: String
        var nickname = ""
        var remark = ""
        var alias = ""
        /// The numbers of labels.
        var labels: [Int64] = []
        var members: [WeChatGroup.Member] = []

        var isGroup: Bool { WeChatGroup.isName(username) }
    }

    static let tables = ["Friend", "OpenIMContact"]
    static let columns = ["userName", "dbContactRemark", "dbContactChatRoom"]

    /// The longest user name that is taken for one, in bytes.
    private static let longestName = 256

    /// A row of `columns`; nil when it has no name. What cannot be read of it is left out.
    static func person(_ row: Statement) -> Person? {
        guard let name = row.text(0), !name.isEmpty, name.utf8.count <= longestName else { return nil }
        var person = Person(username: name)
        if let remark = message(row, 1) {
            person.nickname = remark.text(1) ?? ""
            person.alias = remark.text(2) ?? ""
            person.remark = remark.text(3) ?? ""
            person.labels = (remark.text(8) ?? "").split(separator: ",").compactMap { Int64($0) }
        }
        if person.isGroup, let room = message(row, 2) { person.members = members(room) }
        return person
    }

    private static func message(_ row: Statement, _ column: Int) -> ProtobufMessage? {
        row.bytes(column).flatMap { try? ProtobufMessage($0) }
    }

    private static func members(_ room: ProtobufMessage) -> [WeChatGroup.Member] {
        var members: [WeChatGroup.Member] = []
        if let bytes = room.bytes(6), let data = XMLTree.readable(bytes).element {
            for member in data.all("Member") {
                guard let name = member.attribute("UserName"), isUserName(name) else { continue }
                members.append(.init(username: name, nickname: member["DisplayName"]?.text ?? ""))
            }
        }
        let known = Set(members.map(\.username))
        for name in (room.text(1) ?? "").split(separator: ";") where !known.contains(String(name)) {
            if isUserName(name) { members.append(.init(username: String(name))) }
        }
        return members
    }

    private static func isUserName(_ name: some StringProtocol) -> Bool {
        (1...longestName).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x3B }
    }

    // MARK: The owner

    /// Someone who has logged in on the phone.
    struct Login: Hashable {
        let username: String
        var name = ""
        /// The number that people see.
        var alias = ""
    }

    /// Those of `LoginInfo2.dat`: repeated 1 { 1 user name, 2 number that people see, 3 name }. None when it cannot be
    /// read.
    static func logins(_ bytes: [UInt8]) -> [Login] {
        guard let info = try? ProtobufMessage(bytes) else { return [] }
        return info.fields.compactMap { field in
            guard case (1, .bytes(let bytes)) = field, let login = try? ProtobufMessage(bytes),
                let username = login.text(1), !username.isEmpty
            else { return nil }
            let alias = login.text(2).flatMap { isAlias($0) ? $0 : nil } ?? ""
            return Login(username: username, name: login.text(3) ?? "", alias: alias)
        }
    }

    /// Whether a text is what WeChat allows for such a number: letters first, then digits too.
    private static func isAlias(_ text: String) -> Bool {
        (6...20).contains(text.utf8.count) && text.utf8.first.map { (0x41...0x5A).contains($0 & 0xDF) } == true
            && text.utf8.allSatisfy {
                (0x41...0x5A).contains($0 & 0xDF) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
            }
    }

    // MARK: Labels

    /// The names of labels in `contactlabel.list`, an archive of objects with `m_uiID` and `m_nsName`. None when it
    /// cannot be read.
    static func labels(_ bytes: [UInt8]) -> [Int64: String] {
        guard let list = PropertyList(bytes), let archive = list.dictionary(list.top),
            let place = archive["$objects"], let objects = list.array(place)
        else { return [:] }
        // A value may stand for an object of the archive.
        func resolved(_ place: Int) -> Int {
            guard let number = list.reference(place), objects.indices.contains(number) else { return place }
            return objects[number]
        }
        var labels: [Int64: String] = [:]
        for object in objects {
            guard let fields = list.dictionary(object), let number = fields["m_uiID"], let name = fields["m_nsName"],
                let number = list.number(resolved(number)), let name = list.text(resolved(name))
            else { continue }
            labels[number] = name
        }
        return labels
    }
}
