import JSON
import Storage

/// A file under `keys/`: the master key, in a box that a password opens. The file itself is plain JSON.
///
///     {"created", "username", "hostname", "kdf":"scrypt", "N", "r", "p", "salt": 64 bytes, "data": box}
///     data: {"mac":{"k","r"},"encrypt"}          byte strings in base64
public struct KeyFile: Equatable, Sendable {
    /// When it was made, RFC 3339.
    public let created: String
    /// Who made it.
    public let username: String
    /// Where it was made.
    public let hostname: String
    /// What a guess of the password costs.
    public let parameters: ScryptParameters
    let salt: [UInt8]
    let box: [UInt8]

    private static let saltCount = 64

    /// Locks a master key with a password.
    package static func make(
        for master: BoxKey, password: Password, parameters: ScryptParameters, maker: Maker, created: String
    ) throws(RepositoryError) -> KeyFile {
        let salt = try randomBytes(saltCount)
        let secret = try parameters.derive(password.secret.bytes, salt: salt, count: BoxKey.byteCount)
        guard let key = BoxKey(secret) else { throw .libraryFailed("scrypt") }
        var text = masterText(master)
        defer { wipe(&text) }
        let cipher = try BoxCipher(key)
        var box: [UInt8] = []
        try text.lend { (text) throws(RepositoryError) in try cipher.seal(text, into: &box) }
        return KeyFile(
            created: created, username: maker.username, hostname: maker.hostname, parameters: parameters, salt: salt,
            box: box)
    }

    /// The master key; nil when the password does not open the box.
    package func open(_ password: Password) throws(KeyFault) -> BoxKey? {
        let key: BoxKey
        do throws(RepositoryError) {
            let secret = try parameters.derive(password.secret.bytes, salt: salt, count: BoxKey.byteCount)
            guard let derived = BoxKey(secret) else { return nil }
            key = derived
        } catch {
            throw .failed(error)
        }
        var text = box
        defer { wipe(&text) }
        do throws(RepositoryError) {
            let cipher = try BoxCipher(key)
            do throws(Damage) { try cipher.open(&text) } catch { return nil }
        } catch {
            throw .failed(error)
        }
        do throws(JSONError) {
            return try Self.readMaster(text)
        } catch {
            throw .damaged(.badJSON(error))
        }
    }

    // MARK: Text

    /// Reads the file's text.
    package init(parsing text: [UInt8]) throws(Damage) {
        var (created, username, hostname, kdf) = ("", "", "", "")
        var (n, r, p): (Int64, Int64, Int64) = (0, 0, 0)
        var (salt, box): ([UInt8]?, [UInt8]?)
        try parseJSON(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "created": created = try reader.readString()
                case "username": username = try reader.readString()
                case "hostname": hostname = try reader.readString()
                case "kdf": kdf = try reader.readString()
                case "N": n = try reader.readInt64()
                case "r": r = try reader.readInt64()
                case "p": p = try reader.readInt64()
                case "salt": salt = Base64.decode(try reader.readUTF8())
                case "data": box = Base64.decode(try reader.readUTF8())
                default: try reader.skipValue()
                }
            }
        }
        guard kdf == "scrypt" else { throw .badField("kdf") }
        guard let parameters = ScryptParameters(n: Int(n), r: Int(r), p: Int(p)) else { throw .badField("N") }
        guard let salt, salt.count == Self.saltCount else { throw .badField("salt") }
        guard let box, box.count >= BoxCipher.overhead else { throw .badField("data") }
        self.init(
            created: created, username: username, hostname: hostname, parameters: parameters, salt: salt, box: box)
    }

    private init(
        created: String, username: String, hostname: String, parameters: ScryptParameters, salt: [UInt8], box: [UInt8]
    ) {
        self.created = created
        self.username = username
        self.hostname = hostname
        self.parameters = parameters
        self.salt = salt
        self.box = box
    }

    /// The file's text.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("created")
        writer.string(created)
        writer.key("username")
        writer.string(username)
        writer.key("hostname")
        writer.string(hostname)
        writer.key("kdf")
        writer.string("scrypt")
        writer.key("N")
        writer.int(parameters.n)
        writer.key("r")
        writer.int(parameters.r)
        writer.key("p")
        writer.int(parameters.p)
        writer.key("salt")
        writer.string(String(decoding: salt.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self))
        writer.key("data")
        writer.string(String(decoding: box.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self))
        writer.endObject()
        return writer.bytes
    }

    private static func masterText(_ master: BoxKey) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256)  // so that no outgrown copy is left behind
        func append(_ word: StaticString, _ bytes: UnsafeRawBufferPointer) {
            text.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
            var digits = Base64.encode(bytes)
            text.append(contentsOf: digits)
            wipe(&digits)
        }
        append(#"{"mac":{"k":""#, master.k)
        append(#"","r":""#, master.r)
        append(#""},"encrypt":""#, master.encrypt)
        text.append(contentsOf: #""}"#.utf8)
        return text
    }

    private static func readMaster(_ text: [UInt8]) throws(JSONError) -> BoxKey? {
        let noBytes: [UInt8] = []
        var (encrypt, k, r) = (noBytes, noBytes, noBytes)
        defer {
            wipe(&encrypt)
            wipe(&k)
            wipe(&r)
        }
        try parsing(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "mac":
                    try reader.beginObject()
                    while let key = try reader.nextKey() {
                        switch key {
                        case "k": k = Base64.decode(try reader.readUTF8()) ?? []
                        case "r": r = Base64.decode(try reader.readUTF8()) ?? []
                        default: try reader.skipValue()
                        }
                    }
                case "encrypt": encrypt = Base64.decode(try reader.readUTF8()) ?? []
                default: try reader.skipValue()
                }
            }
        }
        guard encrypt.count == 32, k.count == 16, r.count == 16 else { return nil }
        let secret = Secret(count: BoxKey.byteCount) { target in
            target.copyBytes(from: encrypt)
            UnsafeMutableRawBufferPointer(rebasing: target[32...]).copyBytes(from: k)
            UnsafeMutableRawBufferPointer(rebasing: target[48...]).copyBytes(from: r)
        }
        return BoxKey(secret)
    }
}

/// Why a key file could not even be tried.
package enum KeyFault: Error {
    /// The file, or what it holds, is not what it should be.
    case damaged(Damage)
    /// The machine could not compute it.
    case failed(RepositoryError)
}
