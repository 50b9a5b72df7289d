import ChatModel

// How an inode number says what it stands for, so that no table of files is needed:
//
//     63    60 59           43 42 41 40              17 16                0
//     |  kind  |   snapshot    |view |   conversation   |      month        |   folders and what depends on them
//
//     63    60 59                         32 31               10 9        0
//     |  kind  |          segment           |       line        |   part   |   message files
//
//     63    60 59                         32 31                            0
//     |  kind  |           tree             |            index              |   files of a stored tree
//
// A message's file has the same number wherever its segment is shown: in 365 daily snapshots the kernel keeps it once.
// Folders have one number a place, as the kernel demands. Segments, trees and snapshots are numbered as they are met.

/// Which of a snapshot's computed folders.
enum View: UInt64, CaseIterable {
    case conversations = 0
    case media = 1
    case transcripts = 2
    case contacts = 3

    var name: String {
        switch self {
        case .conversations: "conversations"
        case .media: "media"
        case .transcripts: "transcripts"
        case .contacts: "contacts"
        }
    }
}

/// What an inode number stands for.
enum InodePlace: Hashable {
    case root
    /// `snapshots/`
    case snapshots
    /// `at/`
    case dates
    /// A symbolic link to a snapshot: `latest` or one below `at/`.
    case link(snapshot: Int, fromDates: Bool)
    case snapshot(Int)
    case view(snapshot: Int, View)
    case conversation(snapshot: Int, View, Int)
    case month(snapshot: Int, View, conversation: Int, Month)
    case transcript(snapshot: Int, conversation: Int, Month)
    case contact(snapshot: Int, Int)
    /// Part 0 is the text, part n the nth attachment.
    case message(segment: Int, line: Int, part: Int)
    /// A folder of a stored tree, by the number it got when it was met.
    case plainFolder(Int)
    /// Anything else of a stored tree.
    case plainFile(tree: Int, index: Int)
}

enum InodeLayout {
    /// Attachments of one message that have a file; the transcript names more.
    static let partLimit = 1023
    /// Lines of a segment that have files.
    static let lineLimit = 1 << 22
    /// A snapshot every hour for fifteen years.
    static let snapshotLimit = 1 << 17
    static let conversationLimit = 1 << 24
    /// Months up to the year 10,922.
    static let monthLimit = 1 << 17
    static let segmentLimit = 1 << 28

    private enum Kind: UInt64 {
        case fixed = 0
        case link = 1
        case snapshot = 2
        case view = 3
        case conversation = 4
        case month = 5
        case transcript = 6
        case contact = 7
        case message = 8
        case plainFolder = 9
        case plainFile = 10
    }

    static func number(_ place: InodePlace) -> InodeNumber {
        let value: UInt64 =
            switch place {
            case .root: 1
            case .snapshots: 2
            case .dates: 3
            case .link(let snapshot, let fromDates): folder(.link, snapshot, .conversations, fromDates ? 1 : 0, 0)
            case .snapshot(let snapshot): folder(.snapshot, snapshot, .conversations, 0, 0)
            case .view(let snapshot, let view): folder(.view, snapshot, view, 0, 0)
            case .conversation(let snapshot, let view, let conversation):
                folder(.conversation, snapshot, view, conversation, 0)
            case .month(let snapshot, let view, let conversation, let month):
                folder(.month, snapshot, view, conversation, month.number)
            case .transcript(let snapshot, let conversation, let month):
                folder(.transcript, snapshot, .transcripts, conversation, month.number)
            case .contact(let snapshot, let person): folder(.contact, snapshot, .contacts, person, 0)
            case .message(let segment, let line, let part):
                Kind.message.rawValue << 60 | UInt64(segment) << 32 | UInt64(line) << 10 | UInt64(part)
            case .plainFolder(let number): Kind.plainFolder.rawValue << 60 | UInt64(number)
            case .plainFile(let tree, let index):
                Kind.plainFile.rawValue << 60 | UInt64(tree) << 32 | UInt64(index)
            }
        return InodeNumber(rawValue: value)
    }

    /// What a number stands for; nil for numbers that this layout never gives.
    static func place(_ inode: InodeNumber) -> InodePlace? {
        guard let place = decode(inode.rawValue), number(place) == inode else { return nil }
        switch place {
        case .conversation(_, .contacts, _), .month(_, .contacts, _, _), .month(_, .transcripts, _, _): return nil
        default: return place
        }
    }

    private static func decode(_ value: UInt64) -> InodePlace? {
        guard let kind = Kind(rawValue: value >> 60) else { return nil }
        let snapshot = Int(value >> 43 & 0x1_FFFF)
        let view = View(rawValue: value >> 41 & 3) ?? .conversations
        let conversation = Int(value >> 17 & 0xFF_FFFF)
        let month = Month(number: Int(value & 0x1_FFFF))
        let high = Int(value >> 32 & 0xFFF_FFFF)
        switch kind {
        case .fixed:
            switch value {
            case 1: return .root
            case 2: return .snapshots
            case 3: return .dates
            default: return nil
            }
        case .link: return .link(snapshot: snapshot, fromDates: conversation == 1)
        case .snapshot: return .snapshot(snapshot)
        case .view: return .view(snapshot: snapshot, view)
        case .conversation: return .conversation(snapshot: snapshot, view, conversation)
        case .month: return .month(snapshot: snapshot, view, conversation: conversation, month)
        case .transcript: return .transcript(snapshot: snapshot, conversation: conversation, month)
        case .contact: return .contact(snapshot: snapshot, conversation)
        case .message: return .message(segment: high, line: Int(value >> 10 & 0x3F_FFFF), part: Int(value & 0x3FF))
        case .plainFolder: return .plainFolder(Int(value & 0xFFF_FFFF_FFFF_FFFF))
        case .plainFile: return .plainFile(tree: high, index: Int(value & 0xFFFF_FFFF))
        }
    }

    private static func folder(_ kind: Kind, _ snapshot: Int, _ view: View, _ conversation: Int, _ month: Int) -> UInt64
    {
        kind.rawValue << 60 | UInt64(snapshot) << 43 | view.rawValue << 41 | UInt64(conversation) << 17
            | UInt64(truncatingIfNeeded: month & 0x1_FFFF)
    }
}
