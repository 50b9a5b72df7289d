/// What a row's numbers say that it is.
struct WeChatType: Hashable {
    /// A group of types that are read in the same way.
    enum Base: Hashable {
        case text, image, voice, video, sticker, location, mail, friendRequest, possibleFriend, card, app
        case call, statusNotice, notice, enterprise, system, recalled, liveLocation
        case unknown

        /// Whether the platform wrote it.
        var isSystem: Bool { self == .system || self == .recalled }
    }

    /// Whether the numbers tell that it is the note of a recalled message.
    var isRecall: Bool { base == .recalled || base == .system && [1, 5, 6, 33, 36, 57].contains(subtype) }

    /// How it is read.
    let base: Base
    /// The subtype that is kept beside the type, or that one of Android's large types stands for; else 0.
    let subtype: Int

    /// The numbers of a row.
    init(_ type: Int32, subtype: Int32 = 0) {
        base = Self.base(type)
        self.subtype = subtype != 0 ? Int(subtype) : Self.androidSubtype(type)
    }

    private static func base(_ type: Int32) -> Base {
        switch type {
        case 1: return .text
        case 3: return .image
        case 34: return .voice
        case 35: return .mail
        case 37: return .friendRequest
        case 40: return .possibleFriend
        case 42, 66: return .card
        case 43, 62: return .video
        case 47, 1_048_625: return .sticker
        case 48: return .location
        case 49: return .app
        case 50, 52, 53: return .call
        case 51: return .statusNotice
        case 64: return .notice
        case 65: return .enterprise
        case 9999, 10000, 10002: return .system
        case 268_445_456: return .recalled
        case -1_879_048_186: return .liveLocation
        default: break
        }
        // Android keeps a number of its own above the lower 16 bits.
        switch type & 0xFFFF {
        case 49: return .app
        case 10000: return .system
        default: return .unknown
        }
    }

    /// What Android's large types stand for: their XML says the same, where it can be read.
    private static func androidSubtype(_ type: Int32) -> Int {
        switch type {
        case 419_430_449: 2000
        case 436_207_665: 2001
        case 822_083_633: 57
        case 922_746_929: 62
        case 1_040_187_441: 3
        case 1_090_519_089: 6
        case -1_879_048_186: 17
        default: 0
        }
    }
}
