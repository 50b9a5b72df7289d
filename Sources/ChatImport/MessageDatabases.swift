/// Whether a file of this name is a database that messages or people are read from, or its log of pages that are not in it yet: what
/// WeChat never removes while it is used. Its other databases (search, caches, emoji) come and go.
public func isMessageDatabase(name: some Sequence<UInt8>) -> Bool {
    let name = String(decoding: Array(name), as: UTF8.self)
    let form =
        /(?:EnMicroMsg|MicroMsg|OpenIMMsg|PublicMsg|MSG\d*|(?:biz_)?message_\d+|msg_\d+|MM|contact|WCDB_Contact|wccontact_new2)\.(?:db|sqlite)(?:-wal)?/
    return (try? form.ignoresCase().wholeMatch(in: name)) != nil
}
