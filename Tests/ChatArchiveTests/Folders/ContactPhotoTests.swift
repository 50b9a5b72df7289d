import ChatHistories
import ChatModel
import JSON
import ResticRepository
import Storage
import Testing

@testable import ChatArchive

/// Cards with pictures.
struct ContactPhotoTests {
    private func tree(_ bench: Bench, _ archive: Archive) throws -> FolderTree {
        let snapshot = try bench.saveSnapshot(archive, at: 1000)
        return try FolderTree(repository: bench.repository, root: .snapshot(snapshot), zone: .utc, owner: (0, 0))
    }

    private func person(_ content: ChatModel.Attachment.Content?, name: String = "张伟") -> Person {
        Person(
            id: PersonID("p"), name: name, labels: ["同事", "a,b"],
            avatar: content.map { ChatModel.Attachment(name: "", mediaType: "image/png", content: $0) })
    }

    private func given(_ people: Person...) -> [Bench.Given] { [.init(exports: [], people: people)] }

    private func card(_ tree: FolderTree, _ name: String = "张伟") throws -> (text: String, size: UInt64) {
        let file = try tree.find("contacts/\(name).vcf")
        return (String(decoding: try tree.content(of: file.inode), as: UTF8.self), file.size)
    }

    @Test("a card has the labels and the picture, in lines of 75 bytes, and the size that was said before")
    func photo() throws {
        for count in Array(1...120) + [5000, 100_000] {
            let picture = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let attachment = ChatModel.Attachment(
                name: "", mediaType: "image/png", content: .stored(sha256: "", size: Int64(count)))
            let record = PersonRecord(Person(id: PersonID("p"), name: "n", avatar: attachment))
            let card = ContactCard.render(record, photo: picture)
            #expect(card.count == ContactCard.size(record), "\(count)")
            let lines = String(decoding: card, as: UTF8.self).replacing("\r\n", with: "\n").split(separator: "\n")
            for line in lines { #expect(line.utf8.count <= 75) }
        }
        let bench = try Bench()
        let picture = (0..<9000).map { UInt8(truncatingIfNeeded: $0) }
        let tree = try tree(bench, bench.backUp(given(person(.contained(picture))), at: 1000).archive)
        let (text, size) = try card(tree)
        #expect(UInt64(text.utf8.count) == size)
        let unfolded = text.replacing("\r\n ", with: "")
        let photo = String(decoding: picture.withUnsafeBytes(Base64.encode), as: UTF8.self)
        #expect(unfolded.contains("\r\nPHOTO:data:image/png;base64,\(photo)\r\n"))
        #expect(unfolded.contains("\r\nCATEGORIES:同事,a\\,b\r\n"))
    }

    @Test("a picture in disguise is decoded, and one of a source's file is that file")
    func sources() throws {
        let bench = try Bench()
        try bench.addFile("head.dat", [1, 2, 3])
        var disguised = person(.file(path: "head.dat"))
        disguised.avatar?.decoding = ContentDecoding(text: "xor:1:0:3")
        let (text, size) = try card(tree(bench, bench.backUp(given(disguised), at: 1000).archive))
        #expect(text.contains("base64,AAMC\r\n"))
        #expect(UInt64(text.utf8.count) == size)
    }

    @Test("a picture stays when a source has none or lost its file, and a new one comes in its place")
    func later() throws {
        let bench = try Bench()
        let first = try bench.backUp(given(person(.contained([1, 2, 3]))), at: 1000)
        #expect(first.account.attachmentsStored == 0 && first.account.attachmentsMissing.isEmpty)
        for content in [nil, .file(path: "gone.png"), .missing(reason: "gone")] as [ChatModel.Attachment.Content?] {
            let second = try bench.backUp(given(person(content)), continuing: [first.archive], at: 2000)
            #expect(try card(tree(bench, second.archive)).text.contains("base64,AQID\r\n"))
            #expect(second.account.attachmentsMissing.isEmpty)
        }
        let third = try bench.backUp(given(person(.contained([9]))), continuing: [first.archive], at: 3000)
        #expect(try card(tree(bench, third.archive)).text.contains("base64,CQ==\r\n"))
    }

    @Test("listing the cards reads no picture")
    func lazy() throws {
        let bench = try Bench()
        let archive = try bench.backUp(given(person(.contained([1, 2, 3]))), at: 1000).archive
        let tree = try tree(bench, archive)
        let file = try tree.find("contacts/张伟.vcf")
        #expect(file.size > 0)
        // What is in memory is given at once, and the picture is not.
        #expect(throws: FolderTreeError.self) {
            try tree.read(file.inode, offset: 0, count: 10, waiting: .never) { _ in }
        }
        #expect(try tree.attributes(of: file.inode, waiting: .never).size == file.size)
    }

    @Test("a picture that is no picture of a card's size, or says a strange type, does no harm")
    func strange() throws {
        func record(_ size: Int64, _ type: String) -> PersonRecord {
            PersonRecord(
                Person(
                    id: PersonID("p"), name: "n",
                    avatar: ChatModel.Attachment(
                        name: "", mediaType: type, content: .stored(sha256: "", size: size))))
        }
        for size in [Int64.min, -1, 0, ContactCard.photoLimit + 1, Int64.max] {
            #expect(ContactCard.photo(of: record(size, "image/png")) == nil)
            #expect(ContactCard.size(record(size, "image/png")) == ContactCard.render(record(size, "")).count)
        }
        let card = String(decoding: ContactCard.render(record(1, "image/x\r\nX:y"), photo: [1]), as: UTF8.self)
        #expect(card.contains("PHOTO:data:image/jpeg;base64,AQ==\r\n"))
    }
}
