import JSON

/// The file `config`: a box of uncompressed JSON `{"version","id","chunker_polynomial"}`.
public struct Config: Equatable, Sendable {
    /// 1 or 2; 2 has compression.
    public let version: Int
    /// 64 random hexadecimal digits, made once.
    public let id: String
    /// What content is cut with.
    public let polynomial: Polynomial

    /// A config for a new repository.
    package static func make() throws(RepositoryError) -> Config {
        let id = try randomBytes(32).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }
        return Config(version: 2, id: id.joined(), polynomial: Polynomial.random())
    }

    package init(version: Int, id: String, polynomial: Polynomial) {
        self.version = version
        self.id = id
        self.polynomial = polynomial
    }

    /// Reads the text; the version is not judged here. Keys that restic does not have are passed over.
    package init(parsing text: [UInt8]) throws(Damage) {
        var version: Int64?
        var (id, polynomial): (String?, String?)
        try parseJSON(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "version": version = try reader.readInt64()
                case "id": id = try reader.readString()
                case "chunker_polynomial": polynomial = try reader.readString()
                default: try reader.skipValue()
                }
            }
        }
        guard let version, version > 0 else { throw .badField("version") }
        guard let id, !id.isEmpty, id.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            throw .badField("id")
        }
        guard let polynomial, let polynomial = Polynomial(hex: polynomial) else {
            throw .badField("chunker_polynomial")
        }
        self.init(version: Int(version), id: id, polynomial: polynomial)
    }

    /// The text.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("version")
        writer.int(version)
        writer.key("id")
        writer.string(id)
        writer.key("chunker_polynomial")
        writer.string(polynomial.hex)
        writer.endObject()
        return writer.bytes
    }
}
