import Glibc
public import SQLite

/// Why a database of a chat program, or a part of it, could not be read.
public enum DatabaseFault: Error, Hashable, Sendable {
    /// The system refused to read the file, or the log beside it.
    case unreadable(errno: Int32)
    /// The file has no bytes.
    case empty
    /// The file is no SQLite database that lies open, and no key was given to decrypt it with.
    case keyNeeded
    /// No key opens the file, in any of the ways that were tried; or its first page is damaged.
    case wrongKey(keysTried: Int)
    /// The header says what no SQLite database says.
    case notADatabase
    /// The authentication code of a page, counted from 1, does not agree with its bytes.
    case damagedPage(UInt32)
    /// A page, counted from 1, that the header promises is not there: the file was cut off.
    case missingPage(UInt32)
    /// Another program writes to the file all the time.
    case keepsChanging(attempts: Int)
    /// Another program has changed the file while it was being read.
    case changedMeanwhile
    /// A rollback journal beside the file says that a transaction was not finished.
    case unfinishedTransaction
    /// The log beside the file has more frames than can be held in memory.
    case logTooLong(frames: Int)
    /// A statement took more work than a database of this size can need: its pages refer to each other in circles, or
    /// to the same content again and again.
    case endless
    /// Rows cannot be read in a database that its program compresses as a whole, in parts.
    case logMissingOrCompressed
    /// Rows of a table are not in the order of their numbers.
    case outOfOrder
    /// There is no plain table of that name with those columns.
    case noSuchTable
    /// SQLite says that the content is damaged, or refuses it.
    case refused(SQLiteError)
    /// libcrypto does not do what it must.
    case cryptographyFailed
}

extension DatabaseFault: CustomStringConvertible {
    /// The words for a person, to stand behind the name of the file.
    public var description: String {
        switch self {
        case .unreadable(let errno): "it cannot be read: \(String(cString: strerror(errno)))"
        case .empty: "it is empty"
        case .keyNeeded: "it is encrypted, or is no database; give its key with --database-key-file"
        case .wrongKey(let count):
            (count == 1 ? "the key given does not open it" : "none of the \(count) keys given opens it")
                + ". Keys belong to one account on one device; "
                + "if the key is right, the first page of the file is damaged"
        case .notADatabase: "its header is not that of a SQLite database"
        case .damagedPage(let page): "page \(page) is damaged: its authentication code is wrong"
        case .missingPage(let page): "page \(page) is missing: the file was cut off; copy it again"
        case .keepsChanging(let attempts):
            "it changed each of the \(attempts) times that it was looked at; quit the program that uses it, and try again"
        case .changedMeanwhile:
            "another program changed it while it was being read; quit that program, and try again"
        case .unfinishedTransaction:
            "the -journal beside it says that a transaction was not finished; "
                + "start and quit the program that uses it, and copy both again"
        case .logTooLong(let frames): "the -wal beside it has \(frames) frames, more than this program holds in memory"
        case .endless: "it is damaged: a table has no end, or more content than the file has bytes"
        case .logMissingOrCompressed:
            "rows in it cannot be read: its -wal was not copied with it, or WeChat has compressed it in a way that is not "
                + "known; quit WeChat, copy the whole folder, and try again"
        case .outOfOrder: "it is damaged: rows of a table are out of order"
        case .noSuchTable: "a table or a column that is needed is not there"
        case .refused(let error):
            "SQLite refuses it (\(error.operation.rawValue), code \(error.extendedCode)): \(error.words)"
        case .cryptographyFailed: "libcrypto failed"
        }
    }
}
