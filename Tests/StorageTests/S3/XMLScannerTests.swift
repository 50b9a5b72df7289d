import Testing

@testable import Storage

@Suite struct XMLScannerTests {
    private func events(_ text: String) throws -> [XMLScanner.Event] {
        var scanner = XMLScanner(Array(text.utf8))
        var found: [XMLScanner.Event] = []
        while let event = try scanner.next() { found.append(event) }
        return found
    }

    @Test func `elements, text and entities are read, the rest passed over`() throws {
        let text =
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- <x> -->"
            + "<A b='<' c = \">\"><B/>1 &lt;&amp;&gt;&quot;&apos;&#65;&#x5f20;</A >\n"
        #expect(
            try events(text) == [.start("A"), .start("B"), .end("B"), .text("1 <&>\"'A张"), .end("A")])
    }

    @Test(arguments: [
        "", "text", "<A>", "<A></B>", "<A/><B/>", "</A>", "<A", "<A b></A>", "<A b=c/>", "<A>&nbsp;</A>", "<A>&amp</A>",
        "<A>&#0;</A>", "<A>&#xD800;</A>", "<A>&#99999999999;</A>", "<!DOCTYPE a [<!ENTITY x 'y'>]><A>&x;</A>",
        "<A><![CDATA[x]]></A>", "<A>\u{0}<", "<?xml", "<A><!-- ", "x<A/>", "<A/>x", "< A/>",
    ])
    func `what is not well formed is refused`(text: String) {
        #expect(throws: XMLFault.malformed) { try events(text) }
    }

    @Test func `elements nest only so deep`() {
        #expect(throws: XMLFault.malformed) { try events(String(repeating: "<A>", count: 100_000)) }
    }

    @Test func `every cut and every changed byte gives a page or an error`() throws {
        let text = Array(
            """
            <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
            <Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;u</NextContinuationToken>\
            <Contents><Key>data/1</Key><Size>12</Size><ETag></ETag><Owner><ID/></Owner></Contents></ListBucketResult>
            """.utf8)
        let page = try S3ListPage(parsing: text)
        #expect(page.entries == [.init(key: "data/1", size: 12)] && page.continuation == "t&u")
        for length in 0..<text.count {
            #expect(throws: XMLFault.malformed) { try S3ListPage(parsing: Array(text.prefix(length))) }
        }
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        let noise = Sample.bytes(text.count, seed: seed)
        for index in text.indices {
            var changed = text
            changed[index] = noise[index]
            _ = try? S3ListPage(parsing: changed)
            _ = S3ErrorBody(parsing: changed)
        }
    }
}
