import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Indexes and pack headers that are authentic and untrue.
    @Suite struct IndexTests {
        let forger: Forger
        /// A pack of two blobs that nothing speaks of yet.
        let pack: (id: PackID, entries: [PackEntry])
        let plaintexts: [[UInt8]] = [SeededGenerator.bytes(500, seed: 1), SeededGenerator.bytes(300, seed: 2)]

        init() throws {
            forger = try Forger()
            pack = try forger.pack(plaintexts.map { Forger.Blob(id: BlobID(SHA256Digest(hashing: $0)), content: $0) })
        }

        /// An index of the pack whose first entry has these fields after its id, and whose second one is as it should be.
        private func index(_ fields: String) -> [UInt8] {
            let (first, second) = (pack.entries[0], pack.entries[1])
            return Array(
                (#"{"packs":[{"id":"\#(pack.id.hex)","blobs":[{"id":"\#(first.id.hex)",\#(fields)},"#
                    + #"{"id":"\#(second.id.hex)","type":"data","offset":\#(second.offset),"length":\#(second.length)}]}]}"#)
                    .utf8)
        }

        @Test(arguments: [
            #""type":"data","offset":0,"length":\#(9000)"#, #""type":"data","offset":5000,"length":532"#,
            #""type":"data","offset":4294967295,"length":532"#, #""type":"data","offset":0,"length":4294967295"#,
            #""type":"data","offset":4294967295,"length":4294967295"#, #""type":"data","offset":300,"length":532"#,
            #""type":"data","offset":532,"length":332"#, #""type":"data","offset":0,"length":32"#,
            #""type":"data","offset":1,"length":532"#, #""type":"tree","offset":0,"length":532"#,
            #""type":"data","offset":0,"length":532,"uncompressed_length":500"#,
            #""type":"data","offset":0,"length":532,"uncompressed_length":1"#,
            #""type":"data","offset":0,"length":532,"uncompressed_length":4294967295"#,
        ])
        func `an entry that is untrue costs its blob only, and is found`(fields: String) throws {
            _ = try forger.repository.saveUnpacked(.index, index(fields))
            try expectGrowth(below: 100 << 20) {
                let repository = try forger.open()
                try repository.loadIndex()
                #expect(throws: RepositoryError.self) { try repository.blob(pack.entries[0].id, .data) }
                #expect(try repository.blob(pack.entries[1].id, .data) == plaintexts[1])
                var handedOver: [[UInt8]] = []
                #expect(throws: RepositoryError.self) {
                    try repository.blobs(pack.entries.map(\.id), .data) { handedOver.append($1) }
                }
                #expect(handedOver.allSatisfy { $0 == plaintexts[1] })
                #expect(try !Checker(repository).check(readData: false).isClean || !fields.contains("9000"))
                #expect(try !Checker(repository).check(readData: true).isClean)
            }
        }

        @Test(arguments: [
            "-1", "9223372036854775808", "9223372036854775807", "18446744073709551616", "4294967296", "1e300", "0.5",
            #""5""#, "null", "true", "[]", "{}", "-9223372036854775808", "17179869184", "+1", "0x10", "01",
        ])
        func `a number that is none, or too large, makes the index unreadable`(number: String) throws {
            for field in ["offset", "length", "uncompressed_length"] {
                // restic leaves out an uncompressed length of none.
                let values = ["offset": "0", "length": "532", "uncompressed_length": "0"].merging([field: number]) {
                    $1
                }
                let fields = values.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",")
                let forger = try Forger()
                let name = ObjectName(
                    .index, try forger.repository.saveUnpacked(.index, index(#""type":"data",\#(fields)"#)))
                #expect(throws: RepositoryError.self) { try forger.repository.loadIndex() }
                #expect(try Checker(forger.repository).check(readData: true).findings.contains(.unreadable(name)))
                #expect(forger.repository.loadedIndex.count == 0)
            }
        }

        @Test func `a damaged index takes nothing from the others`() throws {
            let texts: [[UInt8]] = try (0..<6 as Range<UInt8>).map { number in
                let pack = try forger.pack([Forger.Blob(id: BlobID(SHA256Digest(hashing: [number])), content: [number])]
                )
                return IndexText.encode([(id: pack.id, entries: pack.entries)])
            }
            let names = try texts.map { ObjectName(.index, try forger.repository.saveUnpacked(.index, $0)) }
            let bad = try forger.write(.index, content: Array(#"{"packs":[{"id":"x"}]}"#.utf8))
            for _ in 0..<2 {
                #expect(throws: RepositoryError.damaged(bad, .badField("packs"))) { try forger.repository.loadIndex() }
                for number in 0..<6 as Range<UInt8> {
                    #expect(try forger.repository.blob(BlobID(SHA256Digest(hashing: [number])), .data) == [number])
                }
            }
            let report = try Checker(forger.open()).check(readData: true)
            #expect(report.findings.filter { $0 != .packOrphaned(pack.id) } == [.unreadable(bad)])
            #expect(report.blobsRead == 6)
            // One that has gone as well: what was known stays known until the rest can be read.
            try forger.store.remove(names[0])
            #expect(throws: RepositoryError.self) { try forger.repository.loadIndex() }
            #expect(forger.repository.loadedIndex.count == 6)
            try forger.store.remove(bad)
            try forger.repository.loadIndex()
            #expect(forger.repository.loadedIndex.count == 5)
        }

        @Test func `a pack that is not there costs its blobs only, and none that lies elsewhere too`() throws {
            let gone = PackID(SHA256Digest(hashing: [7]))
            let nowhere = BlobID(SHA256Digest(hashing: [8]))
            let lost = PackEntry(id: nowhere, kind: .data, offset: 0, length: 532, uncompressedLength: nil)
            _ = try forger.repository.saveUnpacked(
                .index,
                IndexText.encode([(id: gone, entries: [lost] + pack.entries), (id: pack.id, entries: pack.entries)]))
            let repository = try forger.open()
            try repository.loadIndex()
            #expect(throws: RepositoryError.self) { try repository.blob(nowhere, .data) }
            for (entry, plaintext) in zip(pack.entries, plaintexts) {
                #expect(try repository.blob(entry.id, .data) == plaintext)
            }
            for readsData in [false, true] {
                #expect(try Checker(repository).check(readData: readsData).findings.contains(.packMissing(gone)))
            }
        }

        @Test func `an index of megabytes of nested values is refused or passed over`() throws {
            let count = 4 << 20
            let brackets = [UInt8](repeating: UInt8(ascii: "["), count: count)
            // As deep as is accepted, again and again.
            let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500) + ","
            let wide = Array(String(repeating: deep, count: count / deep.utf8.count).utf8)
            let cases: [(text: [UInt8], isRefused: Bool)] = [
                (Array(#"{"x":"#.utf8) + brackets, true), (Array(#"{"packs":"#.utf8) + brackets, true),
                (brackets, true),
                (Array(#"{"packs":[{"x":"#.utf8) + brackets, true),
                (Array(#"{"packs":[{"blobs":[{"x":"#.utf8) + brackets, true),
                (Array(#"{"x":["#.utf8) + wide + Array("1]}".utf8), false),
            ]
            for (text, isRefused) in cases {
                let forger = try Forger()
                _ = try forger.repository.saveUnpacked(.index, text)
                try expectGrowth(below: 100 << 20) {
                    if isRefused {
                        #expect(throws: RepositoryError.self) { try forger.repository.loadIndex() }
                    } else {
                        try forger.repository.loadIndex()
                    }
                }
            }
        }

        @Test func `a long text of escapes takes time in proportion`() throws {
            let escapes = String(repeating: #"\n"#, count: 1 << 20)
            for text in [#"{"x":"\#(escapes)"}"#, #"{"\#(escapes)":1}"#] {
                let forger = try Forger()
                _ = try forger.repository.saveUnpacked(.index, Array(text.utf8))
                try forger.repository.loadIndex()
            }
        }

        @Test(arguments: [4_294_967_295, 1 << 31, 0, 1, 31, 32, 900, 1 << 24 + 1, 118, 108] as [UInt32])
        func `a pack header that claims another length is found, and its blobs are read all the same`(
            length: UInt32
        ) throws {
            var bytes = try forger.store.read(ObjectName(.data, pack.id.digest), range: nil)
            let honest = UInt32(bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) })
            try #require(length != honest)
            bytes.removeLast(4)
            withUnsafeBytes(of: length.littleEndian) { bytes += $0 }
            try check(pack: try forger.write(pack: bytes), finds: { .packDamaged($0) })
        }

        @Test func `a pack header that lists other blobs than the index is found`() throws {
            let (first, second) = (pack.entries[0], pack.entries[1])
            func entry(_ original: PackEntry, length: Int? = nil, kind: BlobKind = .data, inflated: Int? = nil)
                -> PackEntry
            {
                PackEntry(
                    id: original.id, kind: kind, offset: 0, length: length ?? original.length,
                    uncompressedLength: inflated)
            }
            let different: [[PackEntry]] = [
                [second, first], [first, entry(second, kind: .tree)],
                [entry(first, length: 432), entry(second, length: 432)], [entry(first, inflated: 500), second],
            ]
            let impossible: [[PackEntry]] = [
                [], [first], [entry(first, length: 4_294_967_295), second], [first, second, second],
                [entry(first, length: 31), entry(second, length: 833)],
                [entry(first, length: 0), entry(second, length: 864)],
            ]
            let whole = try forger.store.read(ObjectName(.data, pack.id.digest), range: nil)
            for (headers, isPossible) in [(different, true), (impossible, false)] {
                for entries in headers {
                    var bytes = Array(whole[..<(second.offset + second.length)])
                    let header = try PackHeader.encode(entries).withUnsafeBytes {
                        try BoxCipher(forger.repository.master).seal($0)
                    }
                    bytes += header
                    PackHeader.append(header.count, to: &bytes)
                    let id = try forger.write(pack: bytes)
                    try check(pack: id) { isPossible ? .packDiffersFromIndex($0) : .packDamaged($0) }
                    try forger.store.remove(ObjectName(.data, id.digest))
                    for object in try forger.repository.list(.index) { try forger.store.remove(object.name) }
                }
            }
        }

        /// Indexes a pack rightly; a check must find what its end says, and reading must not need it.
        private func check(pack id: PackID, finds finding: (PackID) -> CheckFinding) throws {
            _ = try forger.repository.saveUnpacked(.index, IndexText.encode([(id: id, entries: pack.entries)]))
            try expectGrowth(below: 100 << 20) {
                let repository = try forger.open()
                #expect(try Checker(repository).check(readData: true).findings.contains(finding(id)))
                for (entry, plaintext) in zip(pack.entries, plaintexts) {
                    #expect(try repository.blob(entry.id, .data) == plaintext)
                }
            }
        }
    }
}
