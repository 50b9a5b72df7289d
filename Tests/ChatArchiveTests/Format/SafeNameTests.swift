import SeededRandom
import Testing

@testable import ChatArchive

struct SafeNameTests {
    @Test(
        "a name is safe for a shell and for file systems",
        arguments: [
            ("张伟", "张伟"), ("a b\tc\n", "a_b_c_"), ("../etc", "_._etc"), ("-rf", "_rf"), (".hidden", "_hidden"),
            ("a/b\\c", "a_b_c"), ("$(x)`y`", "__x__y_"), ("what?*[a]{b}!~#", "what___a__b____"),
            ("\u{0}\u{1F}\u{7F}", "___"),
            ("", "_"), (".", "_"), ("..", "_."), ("👨‍👩‍👧 family", "👨‍👩‍👧_family"), ("a\u{202E}b", "a_b"), ("\u{3000}x", "_x"),
            ("12:30", "12_30"), ("a/\u{301}b", "a_b"), ("/\u{200D}", "_"), ("$\u{308}x", "_x"), ("#️⃣ one", "__one"),
            ("a\u{301}", "a\u{301}"), ("-\u{301}", "_"), (".\u{301}x", "_x"),
        ])
    func safe(text: String, expected: String) { #expect(SafeName.make(text) == expected) }

    @Test(
        "a name that stands alone is one that Windows can hold",
        arguments: [
            ("aux", "_aux"), ("Con", "_Con"), ("NUL.txt", "_NUL.txt"), ("com1", "_com1"), ("LPT9.a.b", "_LPT9.a.b"),
            ("com¹", "_com¹"), ("auxiliary", "auxiliary"), ("com", "com"), ("com10", "com10"), ("Dr. No.", "Dr._No_"),
            ("...", "_._"), ("prn.", "_prn_"), ("张伟", "张伟"),
        ])
    func whole(text: String, expected: String) {
        #expect(SafeName.makeWhole(text) == expected)
        #expect(SafeName.makeWhole("aux." + String(repeating: "x", count: 300), limit: 60).utf8.count == 60)
    }

    @Test("names are told apart where the case of letters makes no difference")
    func ignoringCase() {
        var taken: Set<String> = []
        let names = ["Weekly", "weekly", "WEEKLY-2", "Ärger", "ÄRGER"].map {
            SafeName.unique($0, taken: &taken, ignoringCase: true)
        }
        #expect(names == ["Weekly", "weekly-2", "WEEKLY-2-2", "Ärger", "ÄRGER-2"])
    }

    @Test("a long name is cut between characters, never within one")
    func cut() {
        #expect(SafeName.make(String(repeating: "张", count: 100)).utf8.count == 255)
        #expect(SafeName.make(String(repeating: "张", count: 100), limit: 200).utf8.count == 198)
        #expect(SafeName.make("ab👨‍👩‍👧", limit: 10) == "ab")
        #expect(SafeName.make("👨‍👩‍👧", limit: 10) == "_")
    }

    @Test("names that are taken get a number before their extension")
    func unique() {
        var taken: Set<String> = []
        let names = ["a.vcf", "a.vcf", "a.vcf", "b", "b", "a-2.vcf"].map { SafeName.unique($0, taken: &taken) }
        #expect(names == ["a.vcf", "a-2.vcf", "a-3.vcf", "b", "b-2", "a-2-2.vcf"])
    }

    @Test("a numbered name is not longer than the limit, and a long part after a dot is no extension")
    func uniqueLimit() {
        for name in [String(repeating: "张", count: 85), "a." + String(repeating: "b", count: 253)] {
            var taken: Set<String> = []
            _ = SafeName.unique(name, taken: &taken)
            let second = SafeName.unique(name, taken: &taken)
            #expect(second.hasSuffix("-2"))
            #expect(second.utf8.count <= 255)
        }
    }

    @Test("random names are never empty, never too long, never a separator, and the same when made again")
    func random() {
        var random = SeededGenerator.printed("safe names")
        for _ in 0..<2000 {
            let name = SafeName.make(random.text(60), limit: 60)
            #expect(!name.isEmpty && name.utf8.count <= 60 && !name.utf8.contains(0x2F) && !name.utf8.contains(0))
            #expect(SafeName.make(name, limit: 60) == name)
        }
    }
}
