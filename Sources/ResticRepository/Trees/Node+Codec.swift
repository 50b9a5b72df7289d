import JSON

// A node in a tree (`?`: left out when empty or 0), keys in this order:
//
//     {"name":strconv.Quote without its quotes,"type","mode"?,"mtime","atime","ctime","uid","gid","user"?,"group"?,
//      "inode"?,"device_id"?,"size"?,"links"?,"linktarget"?,"linktarget_raw"?,"extended_attributes"?,
//      "generic_attributes"?,"device"?,"content":[…]|null,"subtree"?,"error"?}

extension Node {
    /// Appends restic's bytes of the node.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.raw(GoQuoting.json(GoQuoting.quoted(name)))
        writer.key("type")
        writer.string(kind.text)
        writer.number("mode", UInt64(mode.rawValue))
        writer.key("mtime")
        writer.string(modified.text)
        writer.key("atime")
        writer.string(accessed.text)
        writer.key("ctime")
        writer.string(changed.text)
        writer.key("uid")
        writer.int(uid)
        writer.key("gid")
        writer.int(gid)
        writer.text("user", user)
        writer.text("group", group)
        writer.number("inode", inode)
        writer.number("device_id", deviceID)
        writer.number("size", size)
        writer.number("links", links)
        encodeAttributes(into: &writer)
        writer.number("device", device)
        writer.key("content")
        if let content {
            writer.beginArray()
            for blob in content { writer.string(blob.hex) }
            writer.endArray()
        } else {
            writer.null()
        }
        if let subtree {
            writer.key("subtree")
            writer.string(subtree.hex)
        }
        writer.text("error", error)
        writer.endObject()
    }

    private func encodeAttributes(into writer: inout JSONWriter) {
        if !linkTarget.isEmpty {
            writer.key("linktarget")
            writer.raw(GoQuoting.json(linkTarget))
            if !GoQuoting.isUTF8(linkTarget) {
                writer.key("linktarget_raw")
                writer.string(String(decoding: linkTarget.withUnsafeBytes(Base64.encode), as: UTF8.self))
            }
        }
        if !extendedAttributes.isEmpty {
            writer.key("extended_attributes")
            writer.beginArray()
            for attribute in extendedAttributes {
                writer.beginObject()
                writer.key("name")
                writer.string(attribute.name)
                writer.key("value")
                if let value = attribute.value {
                    writer.string(String(decoding: value.withUnsafeBytes(Base64.encode), as: UTF8.self))
                } else {
                    writer.null()
                }
                writer.endObject()
            }
            writer.endArray()
        }
        if !genericAttributes.isEmpty {
            writer.key("generic_attributes")
            writer.raw(genericAttributes)
        }
    }

    /// Reads a node, passing over keys that it does not know.
    init(reading reader: inout JSONReader) throws(Damage) {
        self.init(name: [], kind: .other(""), mode: FileMode(rawValue: 0), modified: .epoch)
        var hasName = false
        var rawTarget: [UInt8]?
        do throws(JSONError) {
            try reader.beginObject()
        } catch { throw .badJSON(error) }
        while true {
            let key: NodeKey?
            do throws(JSONError) {
                guard let spelling = try reader.nextKey() else { break }
                key = NodeKey(spelling)
                if key == nil {
                    try reader.skipValue()
                    continue
                }
                // Go leaves a field as it is when the value is null.
                if try reader.readNullIfPresent() { continue }
            } catch { throw .badJSON(error) }
            guard let key else { continue }
            switch key {
            case .name:
                name = try reader.converted(key) { GoQuoting.unquoted($0) }
                hasName = true
            case .type: kind = Kind(text: try reader.text())
            case .mode: mode = FileMode(rawValue: try reader.unsigned(key))
            case .mtime: modified = try reader.converted(key) { GoTime($0) }
            case .atime: accessed = try reader.converted(key) { GoTime($0) }
            case .ctime: changed = try reader.converted(key) { GoTime($0) }
            case .uid: uid = try reader.unsigned(key)
            case .gid: gid = try reader.unsigned(key)
            case .user: user = try reader.text()
            case .group: group = try reader.text()
            case .inode: inode = try reader.unsigned(key)
            case .deviceID: deviceID = try reader.unsigned(key)
            case .size: size = try reader.unsigned(key)
            case .links: links = try reader.unsigned(key)
            case .linkTarget: linkTarget = try reader.converted(key) { [UInt8]($0) }
            case .rawLinkTarget: rawTarget = try reader.converted(key) { Base64.decode($0) }
            case .extendedAttributes: extendedAttributes = try Self.readAttributes(&reader)
            case .genericAttributes:
                genericAttributes = try Damage.reading(&reader) { (r) throws(JSONError) in try r.rawValue() }
            case .device: device = try reader.unsigned(key)
            case .content: content = try Self.readContent(&reader)
            case .subtree: subtree = try reader.converted(key) { TreeID(hexBytes: $0) }
            case .error: error = try reader.text()
            }
        }
        guard hasName else { throw .badField("name") }
        if let rawTarget { linkTarget = rawTarget }
    }

    private static func readContent(_ reader: inout JSONReader) throws(Damage) -> [BlobID] {
        var content: [BlobID] = []
        try Damage.reading(&reader) { (r) throws(JSONError) in try r.beginArray() }
        while try Damage.reading(&reader, { (r) throws(JSONError) in try r.nextElement() }) {
            content.append(try reader.converted(NodeKey.content) { BlobID(hexBytes: $0) })
        }
        return content
    }

    private static func readAttributes(_ reader: inout JSONReader) throws(Damage) -> [ExtendedAttribute] {
        var attributes: [ExtendedAttribute] = []
        try Damage.reading(&reader) { (r) throws(JSONError) in try r.beginArray() }
        while try Damage.reading(&reader, { (r) throws(JSONError) in try r.nextElement() }) {
            var attribute = ExtendedAttribute(name: "", value: nil)
            var encoded: String?
            try Damage.reading(&reader) { (r) throws(JSONError) in
                try r.beginObject()
                while let key = try r.nextKey() {
                    switch key {
                    case "name": attribute.name = try r.readOptionalString() ?? ""
                    case "value": encoded = try r.readOptionalString()
                    default: try r.skipValue()
                    }
                }
            }
            if var encoded {
                guard let value = encoded.withUTF8({ Base64.decode(UnsafeRawBufferPointer($0)) }) else {
                    throw .badField("extended_attributes")
                }
                attribute.value = value
            }
            attributes.append(attribute)
        }
        return attributes
    }
}

/// The keys of a node.
enum NodeKey: String {
    case name, type, mode, mtime, atime, ctime, uid, gid, user, group, inode
    case deviceID = "device_id"
    case size, links
    case linkTarget = "linktarget"
    case rawLinkTarget = "linktarget_raw"
    case extendedAttributes = "extended_attributes"
    case genericAttributes = "generic_attributes"
    case device, content, subtree, error

    init?(_ key: JSONKey) {
        switch key {
        case "name": self = .name
        case "type": self = .type
        case "mode": self = .mode
        case "mtime": self = .mtime
        case "atime": self = .atime
        case "ctime": self = .ctime
        case "uid": self = .uid
        case "gid": self = .gid
        case "user": self = .user
        case "group": self = .group
        case "inode": self = .inode
        case "device_id": self = .deviceID
        case "size": self = .size
        case "links": self = .links
        case "linktarget": self = .linkTarget
        case "linktarget_raw": self = .rawLinkTarget
        case "extended_attributes": self = .extendedAttributes
        case "generic_attributes": self = .genericAttributes
        case "device": self = .device
        case "content": self = .content
        case "subtree": self = .subtree
        case "error": self = .error
        default: return nil
        }
    }
}
