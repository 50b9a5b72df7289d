import Testing

@testable import Storage

@Suite struct SFTPLocationTests {
    struct Form: Sendable {
        let text: String
        let user: String?
        let host: String
        var port: Int?
        let path: String
        let words: String
    }

    @Test(arguments: [
        Form(text: "sftp:u@h:/a/b", user: "u", host: "h", path: "/a/b", words: "sftp:u@h:/a/b"),
        Form(text: "sftp:h:a/b/", user: nil, host: "h", path: "a/b", words: "sftp:h:a/b"),
        Form(text: "sftp:h:/", user: nil, host: "h", path: "/", words: "sftp:h:/"),
        Form(text: "sftp:u@x.org@h:p", user: "u@x.org", host: "h", path: "p", words: "sftp:u@x.org@h:p"),
        Form(text: "sftp:h://a/./b//c/../d", user: nil, host: "h", path: "/a/b/d", words: "sftp:h:/a/b/d"),
        Form(text: "sftp:h:../a", user: nil, host: "h", path: "../a", words: "sftp:h:../a"),
        Form(text: "sftp:h:.", user: nil, host: "h", path: ".", words: "sftp:h:."),
        Form(text: "sftp:h:a@b:c [1]", user: nil, host: "h", path: "a@b:c [1]", words: "sftp:h:a@b:c [1]"),
        Form(text: "sftp:[::1]:/a", user: nil, host: "::1", path: "/a", words: "sftp:[::1]:/a"),
        Form(text: "sftp:u@[::1]:a", user: "u", host: "::1", path: "a", words: "sftp:u@[::1]:a"),
        Form(text: "sftp://h/a", user: nil, host: "h", path: "a", words: "sftp:h:a"),
        Form(text: "sftp://u@h//a/b", user: "u", host: "h", path: "/a/b", words: "sftp:u@h:/a/b"),
        Form(
            text: "sftp://u@h:2222//a%20b", user: "u", host: "h", port: 2222, path: "/a b",
            words: "sftp://u@h:2222//a%20b"),
        Form(
            text: "sftp://u%40x@[::1]:22/备", user: "u@x", host: "::1", port: 22, path: "备",
            words: "sftp://u%40x@[::1]:22/%E5%A4%87"),
    ])
    func `restic's forms are read`(form: Form) throws {
        let place = try SFTPLocation(parsing: form.text)
        #expect(place.user == form.user && place.host == form.host && place.port == form.port)
        #expect(place.path == form.path && place.description == form.words)
        #expect(try SFTPLocation(parsing: place.description) == place)
    }

    @Test(arguments: [
        ("", LocationFault.wrongScheme), ("h:/a", .wrongScheme), ("s3:h/a", .wrongScheme), ("sftp:", .noPath),
        ("sftp:h", .noPath), ("sftp:h:", .noPath), ("sftp:/a", .noPath), ("sftp:://", .noHost), ("sftp:u@:a", .noHost),
        ("sftp://h", .noPath), ("sftp://h/", .noPath), ("sftp:///a", .noHost), ("sftp://h:0/a", .badPort),
        ("sftp://h:99999/a", .badPort), ("sftp://h:+22/a", .badPort), ("sftp://h:/a", .badPort),
        ("sftp://[::1/a", .badText), ("sftp:@h:a", .badText), ("sftp://u:secret@h/a", .badText),
        ("sftp:-oProxyCommand=x:a", .badText), ("sftp://-oProxyCommand=x/a", .badText), ("sftp:-l@h:a", .badText),
        ("sftp:a b:c", .badText), ("sftp:$(id):c", .badText), ("sftp:h:a\nb", .badText), ("sftp:h:~/a", .badText),
        ("sftp://h/%00a", .badText), ("sftp://h/%zz", .badText), ("sftp://h/a?b", .badText),
    ])
    func `anything else is refused`(text: String, fault: LocationFault) {
        #expect(throws: fault) { try SFTPLocation(parsing: text) }
    }

    @Test(arguments: [
        ("sftp:h:a", ["ssh", "h", "-s", "sftp"]),
        ("sftp://u@h:2222/a", ["ssh", "-p", "2222", "-l", "u", "h", "-s", "sftp"]),
    ])
    func `ssh gets what the location says`(text: String, words: [String]) throws {
        #expect(try SFTPCommand(to: SFTPLocation(parsing: text)).words == words)
    }

    @Test(
        arguments: [
            ("ssh -F conf  h -s sftp ", ["ssh", "-F", "conf", "h", "-s", "sftp"]),
            (#"'/my ssh' "a 'b'" c\ d "\"e\"" '\f' ''"#, ["/my ssh", "a 'b'", "c d", "\"e\"", #"\f"#, ""]),
            (#"a"b c"d"#, ["ab cd"]), ("", nil), ("  ", nil), ("'a", nil), (#"a\"#, nil), ("''", nil),
        ] as [(String, [String]?)])
    func `a command is split as a shell splits words`(line: String, words: [String]?) {
        #expect(SFTPCommand(parsing: line)?.words == words)
    }
}
