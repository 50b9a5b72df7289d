import Testing

@testable import ChatImport

struct XMLReaderTests {
    @Test("elements, attributes, characters, CDATA, comments and instructions are read")
    func everything() throws {
        let tree = try XMLTree(
            """
            \u{FEFF}<?xml version="1.0"?>
            <!-- <x> -->
            <msg a='1' b = "x &lt;&#20320;&#x4F60;&quot;>" empty="">
              <title>合同 &amp; <![CDATA[<b>&amp;]]></title><none/>
              <item n="1"/><item n="2">two</item>
            </msg >\0
            """)
        #expect(tree.name == "msg" && tree.attribute("a") == "1" && tree.attribute("b") == "x <你你\">")
        #expect(tree.attribute("empty") == "" && tree.attribute("c") == nil)
        #expect(tree["title"]?.words == "合同 & <b>&amp;" && tree["none"]?.words == nil)
        #expect(tree.all("item").map { $0.attribute("n") } == ["1", "2"] && tree.at("item")?.text == "")
        #expect(tree.at("title", "b") == nil)
    }

    @Test("what phones write and XML forbids is read")
    func lenient() throws {
        let tree = try XMLTree(
            "<a url=\"http://x/?a=1&b=2&amp;c=3\">R&D &unknown; &#0; &#xD800; &#99999999999; 1 > 0</a>")
        #expect(tree.attribute("url") == "http://x/?a=1&b=2&c=3")
        #expect(tree.text == "R&D &unknown; \0 \u{FFFD} &#99999999999; 1 > 0")
        let bytes = Array("<a b=\"".utf8) + [0xFF] + Array("\">".utf8) + [0xE5, 0xBC] + Array("</a>".utf8)
        let repaired = try XMLTree(bytes)
        #expect(repaired.attribute("b") == "\u{FFFD}" && repaired.text == "\u{FFFD}")
    }

    @Test("an element's own characters are put together, without spaces around its children")
    func ownCharacters() throws {
        func text(_ inside: String) throws -> String { try XMLTree("<a>\(inside)</a>").text }
        #expect(try text(" <![CDATA[]]><b>x</b> <c/> ") == "")
        #expect(try text("one<b>x</b> two <![CDATA[&amp;]]>&amp;<c/> ") == "one two &amp;& ")
        #expect(try text(" &#32;<b/>&#9;\n") == "")
        #expect(try text("  ") == "  ")
        #expect(try text(" <![CDATA[ ]]>x") == "  x")
        #expect(try text("<b> x </b>y") == "y")
    }

    @Test("what breaks is read up to there")
    func readable() {
        let (element, isWhole) = XMLTree.readable(Array("<a b='1'>x<c>y</c><d e='2' f".utf8)[...])
        #expect(!isWhole && element?.attribute("b") == "1" && element?.text == "x" && element?.attribute("e") == nil)
        #expect(element?.children.map(\.name) == ["c"] && element?["c"]?.text == "y")
        let (several, isAll) = XMLTree.readable(Array("<a><c/></a> <b/><c d='1'/>".utf8)[...])
        #expect(isAll && several?.name == "a" && several?.following("c")?.attribute("d") == "1")
        #expect(several?.following("a") == nil && several?.children.count == 1)
        #expect(!XMLTree.readable(Array("<a/>x<b/>".utf8)[...]).isWhole)
        #expect(XMLTree.readable(Array("<a".utf8)[...]).element == nil)
    }

    @Test(
        "what is no single element is a fault",
        arguments: [
            "", " ", "text", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a/>x", "<a b></a>", "<a b=1/>", "<a b='1></a>",
            "<a", "<a ",
            "<>", "< a/>", "<a><![CDATA[x</a>", "<a><!-- </a>", "<?xml", "<a/ >",
        ])
    func faults(text: String) {
        #expect(throws: ContentFault.self) { try XMLTree(text) }
    }

    @Test("bombs are refused")
    func bombs() throws {
        #expect(throws: ContentFault.documentType) {
            try XMLTree("<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><a>&b;&b;</a>")
        }
        #expect(throws: ContentFault.tooComplex) { try XMLTree(String(repeating: "<a>", count: 100)) }
        #expect(throws: ContentFault.tooComplex) {
            try XMLTree("<a>" + String(repeating: "<b/>", count: 200_001) + "</a>")
        }
        #expect(throws: ContentFault.tooLarge(limit: XMLReader.longest)) {
            try XMLTree([UInt8](repeating: 0x20, count: XMLReader.longest + 1))
        }
        let deep = String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)
        #expect(try XMLTree(deep).children.count == 1)
    }

    @Test("texts that were cut off or changed are read, or a fault")
    func damaged() throws {
        let text = Array(
            "<msg><appmsg appid=\"\" v='0'><title>合同 &amp; &#20320;</title><x><![CDATA[y]]></x></appmsg></msg>".utf8)
        for count in text.indices {
            #expect(throws: ContentFault.self) { try XMLTree(Array(text[..<count])) }
            for byte in [0x00, 0x22, 0x26, 0x2F, 0x3B, 0x3C, 0x3E, 0xFF] as [UInt8] {
                var changed = text
                changed[count] = byte
                _ = try? XMLTree(changed)
            }
        }
    }
}
