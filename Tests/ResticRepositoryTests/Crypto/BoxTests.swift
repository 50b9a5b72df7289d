import JSON
import Storage
import Testing

@testable import ResticRepository

@Suite struct BoxTests {
    static func key(encrypt: String, k: String, r: String) throws -> BoxKey {
        let all = bytes(encrypt) + bytes(k) + bytes(r)
        return try #require(BoxKey(all.withUnsafeBytes { Secret(copying: $0) }))
    }

    /// The vectors of Bernstein's Poly1305-AES paper, appendix B.
    @Test(arguments: [
        (
            "f3f6", "851fc40c3467ac0be05cc20404f3f700", "ec074c835580741701425b623235add6",
            "fb447350c4e868c52ac3275cf9d4327e", "f4c633c3044fc145f84f335cb81953de"
        ),
        (
            "", "a0f3080000f46400d0c7e9076c834403", "75deaa25c09f208e1dc4ce6b5cad3fbf",
            "61ee09218d29b0aaed7e154a2c5509cc", "dd3fab2251f11ac759f0887129cc2ee7"
        ),
        (
            "663cea190ffb83d89593f3f476b6bc24d7e679107ea26adb8caf6652d0656136",
            "48443d0bb0d21109c89a100b5ce2c208", "6acb5f61a7176dd320c5c1eb2edcdc74",
            "ae212a55399729595dea458bc621ff0e", "0ee1c16bb73f0f4fd19881753c01cdbe"
        ),
    ])
    func `Poly1305-AES gives the published codes`(
        message: String, r: String, k: String, nonce: String, code: String
    ) throws {
        let key = try Self.key(encrypt: String(repeating: "01", count: 32), k: k, r: r)
        let cipher = try BoxCipher(key)
        var mac = [UInt8](repeating: 0, count: 16)
        let isDone = bytes(message).withUnsafeBytes { message in
            bytes(nonce).withUnsafeBytes { nonce in
                mac.withUnsafeMutableBytes { cipher.authenticate(message, nonce: nonce, into: $0) }
            }
        }
        #expect(isDone)
        #expect(mac == bytes(code))
    }

    @Test func `restic's published box opens`() throws {
        let key = try Self.key(
            encrypt: "303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef",
            k: "ef4d8824cb80b2bcc5fbff8a9b12a42c", r: "cc8d4b948ee0ebfe1d415de921d10353")
        var box = bytes(
            "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54ea63338a813bcf3f75d8c3cc75dddf8750")
        try BoxCipher(key).open(&box)
        #expect(String(decoding: box, as: UTF8.self) == "Dies ist ein Test!")
    }

    @Test func `every truncation and every flipped bit of a box is noticed`() throws {
        let cipher = try BoxCipher(BoxKey.random())
        let box = try Array("Dies ist ein Test!".utf8).withUnsafeBytes { try cipher.seal($0) }
        for count in 0..<box.count {
            #expect(throws: Damage.self) { try Array(box[..<count]).withUnsafeBytes { try cipher.open($0) } }
        }
        for bit in 0..<box.count * 8 {
            var changed = box
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: Damage.notAuthentic) { try changed.withUnsafeBytes { try cipher.open($0) } }
        }
        #expect(try box.withUnsafeBytes { try cipher.open($0) } == Array("Dies ist ein Test!".utf8))
    }

    @Test func `an empty box has 32 bytes and opens to nothing`() throws {
        let cipher = try BoxCipher(BoxKey.random())
        let box = try [UInt8]().withUnsafeBytes { try cipher.seal($0) }
        #expect(box.count == 32)
        #expect(try box.withUnsafeBytes { try cipher.open($0) } == [])
    }

    @Test func `the same content is never sealed to the same bytes`() throws {
        let cipher = try BoxCipher(BoxKey.random())
        let boxes = try (0..<100).map { _ in
            try [UInt8](repeating: 5, count: 40).withUnsafeBytes { try cipher.seal($0) }
        }
        #expect(Set(boxes).count == 100)
    }

    @Test func `a box with a null nonce is refused, and so are null keys`() throws {
        let cipher = try BoxCipher(BoxKey.random())
        var box = [UInt8](repeating: 0, count: 48)
        box.withUnsafeMutableBytes { box in
            let content = UnsafeRawBufferPointer(rebasing: box[16..<32])
            let nonce = UnsafeRawBufferPointer(rebasing: box[..<16])
            let mac = UnsafeMutableRawBufferPointer(rebasing: box[32...])
            _ = cipher.authenticate(content, nonce: nonce, into: mac)
        }
        #expect(throws: Damage.notAuthentic) { try cipher.open(&box) }
        for part in [0..<32, 32..<48, 48..<64] {
            var key = [UInt8](repeating: 1, count: 64)
            for index in part { key[index] = 0 }
            #expect(BoxKey(key.withUnsafeBytes { Secret(copying: $0) }) == nil)
        }
    }

    /// RFC 7914 section 12.
    @Test func `scrypt gives the published keys`() throws {
        let parameters = try #require(ScryptParameters(n: 1024, r: 8, p: 16))
        let secret = try Array("password".utf8).withUnsafeBytes {
            try parameters.derive($0, salt: Array("NaCl".utf8), count: 64)
        }
        let expected =
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        #expect(Array(secret.bytes) == bytes(expected))
        let small = try #require(ScryptParameters(n: 16, r: 1, p: 1))
        let empty = try [UInt8]().withUnsafeBytes { try small.derive($0, salt: [], count: 64) }
        #expect(Array(empty.bytes).prefix(8) == bytes("77d6576238657b20")[...])
    }

    @Test(arguments: [
        (0, 8, 1), (1, 8, 1), (3, 8, 1), (-16, 8, 1), (1 << 40, 8, 1), (32768, 0, 1), (32768, 8, 0),
        (1 << 20, 1024, 1024), (Int.max, Int.max, Int.max), (16, 1, 1 << 40),
    ])
    func `scrypt costs that nobody should pay are refused`(n: Int, r: Int, p: Int) {
        #expect(ScryptParameters(n: n, r: r, p: p) == nil)
    }

    @Test func `SHA-256 in pieces is SHA-256 at once`() {
        #expect(
            SHA256Digest(hashing: Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256Digest(hashing: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let text = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var computation = SHA256()
        for start in stride(from: 0, to: 1000, by: 7) {
            Array(text[start..<min(1000, start + 7)]).withUnsafeBytes { computation.update($0) }
        }
        #expect(computation.finish() == SHA256Digest(hashing: text))
        #expect(computation.finish() == SHA256Digest(hashing: []))
    }

    @Test func `base64 is Go's`() {
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        for (plain, text) in vectors {
            #expect(Array(plain.utf8).withUnsafeBytes { Base64.encode($0) } == Array(text.utf8))
            #expect(Array(text.utf8).withUnsafeBytes { Base64.decode($0) } == Array(plain.utf8))
        }
        for text in ["Zg=", "Zg", "Z===", "====", "Zm9v\n", "Zm9*", "Zg==Zg=="] {
            #expect(Array(text.utf8).withUnsafeBytes { Base64.decode($0) } == nil)
        }
    }
}
