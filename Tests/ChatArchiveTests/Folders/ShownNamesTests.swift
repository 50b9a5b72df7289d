import ChatModel
import Testing

@testable import ChatArchive

/// How people of one name are told apart.
struct ShownNamesTests {
    private let people = [
        ("wechat:wxid_8x2kq1", "Emma"), ("wechat:wxid_77abcd", "Emma"), ("p1", "Bob"), ("p2", "Jos\u{E9}"),
        ("p3", "Jose\u{301}"), ("p4", ""), ("a-1", "Twin"), ("b-1", "Twin"),
    ].map { PersonRecord(Person(id: PersonID($0), name: $1)) }

    private func names(
        _ senders: [String], members: [String] = [], own: [String: String] = [:]
    ) -> [String] {
        let conversation = Conversation(
            id: ConversationID("c"), title: "c", kind: .group, app: "test", members: members.map { PersonID($0) },
            names: Dictionary(uniqueKeysWithValues: own.map { (PersonID($0), $1) }))
        let shown = ShownNames(of: people).names(in: conversation, at: 0)
        return senders.map { shown.name(PersonID($0)) }
    }

    @Test("two members of one name have the end of the identifier behind it, however the name is written")
    func members() {
        #expect(
            names(
                ["wechat:wxid_8x2kq1", "wechat:wxid_77abcd", "p1", "p2", "p3", "p4"],
                members: ["wechat:wxid_8x2kq1", "wechat:wxid_77abcd", "p1", "p2", "p3", "p4"])
                == ["Emma@8x2kq1", "Emma@77abcd", "Bob", "Jos\u{E9}@p2", "Jose\u{301}@p3", "p4"])
        #expect(names(["a-1", "b-1"], members: ["a-1", "b-1"]) == ["Twin@a-1", "Twin@b-1"], "with all of it in need")
    }

    @Test("a member is called by the name alone where nobody else is, whoever else is called so elsewhere")
    func alone() {
        #expect(names(["p2", "p1"], members: ["p2", "p1"]) == ["Jos\u{E9}", "Bob"])
        #expect(names(["p2", "p3"], members: ["p2", "p3"], own: ["p3": "Joe"]) == ["Jos\u{E9}", "Joe"])
    }

    @Test("who is no known member is told apart from everybody of that name")
    func strangers() {
        #expect(names(["p2", "p3"], members: ["p2"]) == ["Jos\u{E9}", "Jose\u{301}@p3"])
        #expect(names(["p2", "p3", "p1"]) == ["Jos\u{E9}@p2", "Jose\u{301}@p3", "Bob"])
    }

    @Test("a name in one conversation may be that of another member, or of somebody who is none")
    func ownNames() {
        #expect(names(["p1", "p2"], members: ["p1", "p2"], own: ["p2": "Bob"]) == ["Bob@p1", "Bob@p2"])
        #expect(names(["p1", "p2"], members: ["p2"], own: ["p2": "Bob"]) == ["Bob@p1", "Bob"])
        #expect(names(["p1", "p2"], own: ["p1": "X", "p2": "X"]) == ["X@p1", "X@p2"])
    }

    @Test("names of files keep what tells people apart, however long the name is")
    func safeNames() {
        let long = String(repeating: "长", count: 200)
        let people = ["p1", "p2"].map { PersonRecord(Person(id: PersonID($0), name: long)) }
        let conversation = Conversation(
            id: ConversationID("c"), title: "", kind: .group, app: "", members: [PersonID("p1"), PersonID("p2")])
        let shown = ShownNames(of: people).names(in: conversation, at: 0)
        for person in ["p1", "p2"] {
            let name = String(decoding: shown.safeName(PersonID(person)), as: UTF8.self)
            #expect(name == String(repeating: "长", count: 29) + "@\(person)")
        }
    }
}
