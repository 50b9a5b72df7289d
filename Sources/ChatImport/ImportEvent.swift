public import ChatModel
import Glibc

/// What an importer tells while it reads a source, in the source's order.
///
/// Every row of the source is one `message` or one `skipped`; a person or a conversation is told before the messages
/// that refer to it, and again when more is known.
public enum ImportEvent: Sendable {
    case person(Person)
    case conversation(Conversation)
    case message(Message, in: ConversationID)
    /// A row that could not become a message.
    case skipped(SkippedRow)
    /// Another export of the source begins (its path below the source's root). Two exports may hold the same messages.
    case export(path: String)
    /// Something that the user should know about how the source was read.
    case note(ImportNote)
}

/// A row of a source that could not become a message.
public struct SkippedRow: Hashable, Sendable {
    /// Why.
    public let reason: SkipReason
    /// The file, below the source's root.
    public let path: String
    /// Its line, from 1, in a format of lines.
    public let line: Int?
    /// Its number, in a database.
    public let row: Int64?
    /// Where it begins, in bytes from the file's start; 0 in a database.
    public let offset: Int

    /// A skipped row of a file.
    public init(reason: SkipReason, path: String, line: Int? = nil, offset: Int) {
        self.reason = reason
        self.path = path
        self.line = line
        row = nil
        self.offset = offset
    }

    /// A skipped row of a database, by its number in its table.
    public init(reason: SkipReason, path: String, row: Int64) {
        self.reason = reason
        self.path = path
        line = nil
        self.row = row
        offset = 0
    }

    /// Where it stands, for people.
    public var place: String { line.map { "line \($0)" } ?? row.map { "row \($0)" } ?? "byte \(offset)" }
}

/// Why a row was skipped; the raw value is what the account at the end says.
public enum SkipReason: String, Sendable, CaseIterable {
    case beforeFirstMessage = "text before the first message"
    case impossibleDate = "a date that no calendar has"
    case noTime = "no time that can be read"
    case notARecord = "not a message"
    case badLine = "not a line of the interchange format"
    case noConversation = "belongs to no conversation"
    case tooLong = "longer than 64 MB"
    case deviceSignal = "a signal between devices"

    /// Whether nothing that a person could have seen is missing.
    public var isHarmless: Bool { self == .deviceSignal }
}

/// Something that the user should know about how a source was read.
public enum ImportNote: Hashable, Sendable {
    /// Times have no zone in the source, and this one (an IANA name) was assumed.
    case zoneAssumed(paths: [String], zone: String)
    /// Dates can be read with the day or the month first, and the day was assumed.
    case dayFirstAssumed(path: String)
    /// The log beside a database was read.
    case readLog(path: String, WriteAheadLog.Counts)
    /// The log beside a database cannot be read; frames that may be in it.
    case unreadableLog(path: String, frames: Int)
    /// A database that has a log while it is open came without one.
    case lacksLog(path: String)
    /// An export beside others that cannot be read, or not to its end, and the words for why, which name it.
    case exportNotRead(path: String, why: String)
    /// An export beside others in a form that is not read, and the words for what to do, which name it.
    case exportLeftOut(path: String, why: String)
    /// Files that look like exports, below the source's root, that were not read with it.
    case exportsPassedOver(paths: [String])
    /// A part of a database cannot be read; the rest was.
    case damagedDatabase(DatabaseDamage)
    /// An account among several that cannot be read, and the words for why.
    case accountNotRead(path: String, why: String)
    /// The database of an account's people and groups is not there.
    case lacksPeople(path: String)
    /// Nothing tells whose account it is, so that what its owner wrote has no sender.
    case ownerUnknown(path: String, messages: Int)
    /// Lines of a chat's text that begin with a date and a time in a form that is not known or not the chat's, and may be
    /// messages; they are read as parts of the messages before them.
    case unknownHeads(path: String, count: Int, firstLine: Int)
    /// Lines of a chat's text that were copied into a message from another chat: they begin like messages, in a form that is not
    /// the chat's, and with times before the message's. They are read as parts of the messages before them.
    case copiedHeads(path: String, count: Int, firstLine: Int)
    /// Messages that are dated later than their export was written; the line of the first.
    case futureDates(path: String, count: Int, firstLine: Int)
    /// Messages of which the content breaks off; what stands before is shown, and the rest kept as it is.
    case damagedContents(count: Int)
    /// Messages with a time that no calendar has; they are shown at the beginning of 1970.
    case impossibleTimes(count: Int)
    /// Rows that several databases of an account have, and that were read once.
    case repeatedRows(count: Int)
    /// Rows that the owner had deleted and the program keeps aside; they are not shown.
    case deletedRows(path: String, count: Int)
    /// Encrypted pictures that cannot be shown without their key.
    case picturesNeedKey(count: Int)
    /// Messages of types that are not known, by type and subtype; they keep their content as it is.
    case unknownMessageTypes([String: Int])
}

extension ImportNote {
    /// Whether messages may be missing that the source has.
    public var tellsOfLoss: Bool {
        switch self {
        case .damagedDatabase, .unreadableLog, .accountNotRead, .exportNotRead, .unknownHeads: true
        default: false
        }
    }
}

extension ImportNote {
    /// Whether it tells of something that the user will miss, and so is said also to who wants to hear little.
    public var isWarning: Bool {
        switch self {
        case .picturesNeedKey, .lacksLog, .damagedContents, .ownerUnknown, .lacksPeople, .exportLeftOut, .copiedHeads,
            .futureDates:
            true
        default: tellsOfLoss
        }
    }
}

extension ImportNote: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .zoneAssumed(let paths, let zone):
            "The times in '\(paths.first ?? "")'\(Self.others(paths.count - 1)) have no time zone; \(zone) is assumed. Another one "
                + "can be given with --tz."
        case .dayFirstAssumed(let path):
            "The dates in '\(path)' do not tell whether the day or the month comes first; the day is assumed."
        case .exportNotRead(_, let why): "Not read, or not to its end: \(why)"
        case .exportLeftOut(_, let why): why
        case .exportsPassedOver(let paths):
            "What looks like another export is kept as a file and not read, as it may have been sent: "
                + paths.prefix(3).joined(separator: ", ") + (paths.count > 3 ? ", …" : "")
                + ". Name it as a PATH to read it."
        case .readLog(let path, let log):
            "The -wal beside '\(path)' was read: \(log.committed) frames\(Self.rest(of: log))."
        case .unreadableLog(let path, let frames):
            "The -wal beside '\(path)' cannot be read, so up to \(frames) of the newest changes are missing. "
                + "Quit WeChat on that device, and copy the database and its -wal again."
        case .lacksLog(let path):
            "'\(path)' has a -wal while WeChat runs, and none came with it. If WeChat was running when it was copied, "
                + "the newest messages are missing."
        case .damagedDatabase(let damage): Self.words(damage)
        case .accountNotRead(let path, let why): "The account of '\(path)' was not read. \(why)"
        case .lacksPeople(let path):
            "'\(path)' is not there, so people and groups are called by their identifiers. Copy the account's whole folder."
        case .ownerUnknown(let path, let count):
            "Nothing tells whose account '\(path)' is of, so \(count) messages of its owner have no sender. Copy the account's whole "
                + "folder, with its name."
        case .unknownHeads(let path, let count, let line):
            "\(count) lines of '\(path)', the first is line \(line), begin with a date and a time in a form that is not known, or not "
                + "the chat's; they are read as parts of the messages before them."
        case .copiedHeads(let path, let count, let line):
            "\(count) lines of '\(path)', the first is line \(line), begin like messages and were copied from elsewhere, as their form "
                + "and times tell; they are read as parts of the messages before them."
        case .futureDates(let path, let count, let line):
            "\(count) messages of '\(path)', the first in line \(line), are dated later than the file was written. If day, month or "
                + "year are confused, export the chat with a year of four digits (another language of the phone)."
        case .damagedContents(let count):
            "\(count) messages have a content that is damaged or breaks off; what can be read is shown, and the rest is kept."
        case .impossibleTimes(let count):
            "\(count) messages have a time that no calendar has; they are shown at the beginning of 1970."
        case .repeatedRows(let count): "\(count) rows are in several databases of the account, and were read once."
        case .deletedRows(let path, let count):
            "'\(path)' still has \(count) messages that were deleted there. They are kept in original/ and not shown."
        case .picturesNeedKey(let count):
            "\(count) pictures are encrypted with a key of the account that was not given, or is another one. They are kept "
                + "as they are; give 'image-aes KEY' in the file of --database-key-file to see them."
        case .unknownMessageTypes(let types):
            "\(types.values.reduce(0, +)) messages are of types that are not known, and keep their content as it is: "
                + types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12)
                .map { "\($0.key) (\($0.value))" }.joined(separator: ", ") + "."
        }
    }
}

extension ImportNote {
    private static func others(_ count: Int) -> String {
        count > 0 ? " and \(count) other \(count == 1 ? "file" : "files")" : ""
    }

    private static func rest(of log: WriteAheadLog.Counts) -> String {
        let parts = [
            (log.uncommitted, "of a transaction that was not finished"), (log.stale, "left over from earlier"),
            (log.damaged, "damaged"),
        ]
        return parts.filter { $0.0 > 0 }.map { "; \($0.0) \($0.1), not read" }.joined()
    }

    private static func words(_ damage: DatabaseDamage) -> String {
        let place = damage.table.isEmpty ? "'\(damage.path)'" : "Table '\(damage.table)' of '\(damage.path)'"
        guard damage.rows + damage.gaps > 0 else { return "\(place) cannot be read: \(damage.fault)." }
        let gaps = damage.gaps > 0 ? ", and more may be in \(damage.gaps) \(damage.gaps == 1 ? "place" : "places")" : ""
        let rows = damage.rows == 1 ? "1 row is" : "\(damage.rows) rows are"
        return "\(place) is damaged: \(rows) lost\(gaps); the first because \(damage.fault)."
    }
}

/// What an importer must be told because the source does not say it.
public struct ImportOptions: Sendable {
    /// The zone of wall times that come without one.
    public var assumedZone: Zone
    /// The owner's name as the source writes it, when the source does not say who the owner is.
    public var ownName: String?
    /// What the source gave before, for one that does not tell its owner any more.
    public var knownConversations: [ConversationID]
    /// What opens encrypted databases and pictures.
    public var keys: SourceKeys
    /// The present moment, which no message is sent after.
    public var now: Timestamp

    /// Options.
    public init(
        assumedZone: Zone, ownName: String? = nil, knownConversations: [ConversationID] = [],
        keys: SourceKeys = SourceKeys(), now: Timestamp? = nil
    ) {
        self.assumedZone = assumedZone
        self.ownName = ownName
        self.knownConversations = knownConversations
        self.keys = keys
        self.now = now ?? Timestamp(seconds: Int64(time(nil)))
    }
}
