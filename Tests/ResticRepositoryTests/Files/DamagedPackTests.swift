import Storage
import Testing

@testable import ResticRepository

@Suite struct DamagedPackTests {
    @Test func `a pack that was cut or changed gives its blobs or an error, never other bytes`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        let contents: [[UInt8]] = [[1, 2, 3], Array(repeating: 4, count: 50), []]
        let ids = try contents.map { try writer.save($0, .data, group: .media) }
        _ = try writer.finish()
        let object = try #require(try repository.list(.data).first)
        let pack = PackID(try #require(object.name.digest))
        let whole = try workshop.store.read(object.name, range: nil)
        let entries = try repository.packEntries(pack, size: whole.count)
        var texts = (0..<whole.count).map { Array(whole[..<$0]) }
        for index in whole.indices {
            texts.append(whole)
            texts[texts.count - 1][index] ^= 0x10
        }
        for text in texts {
            try workshop.store.remove(object.name)
            try workshop.store.write(object.name, text)
            if let read = try? repository.packEntries(pack, size: text.count) { #expect(read == entries) }
            for (id, content) in zip(ids, contents) {
                if let plaintext = try? repository.blob(id, .data) { #expect(plaintext == content) }
            }
        }
    }
}
