import COpenSSL
import SQLite

/// A backup that Finder or iTunes made of an iPhone or iPad: what WeChat has in it.
///
///     Manifest.db       Files(fileID, domain, relativePath, flags, file)
///     <id[0:2]>/<id>    the content of a file, id = SHA-1(domain + "-" + relativePath)
final class PhoneBackup {
    /// The list of its files, and that of backups up to iOS 9.
    static let list = "Manifest.db"
    static let oldList = "Manifest.mbdb"
    /// WeChat's files in a backup.
    static let domain = "AppDomain-com.tencent.xin"

    /// Whether a folder with these names in it is such a backup: other programs may call a file `Manifest.db` too.
    static func isBackup(_ names: [String]) -> Bool {
        guard names.contains(list) || names.contains(oldList) else { return false }
        return names.contains { name in
            name == "Manifest.plist" || name == "Info.plist" || name.utf8.count == 2 && UInt8(name, radix: 16) != nil
        }
    }

    /// The folder that accounts lie in.
    private static let documents = "Documents/"
    /// Names that are remembered at the most; of the folders with most files nothing is.
    private static let mostNames = 2 << 20

    /// The names in some of WeChat's folders, by the folder's path below `Documents`.
    private var names: [String: [String]] = [:]
    private var count = 0
    /// The folders of accounts, in order.
    private(set) var accounts: [String] = []
    /// What is told of the list of files.
    private(set) var notes: [WeChatNote] = []

    /// Reads the list of files once.
    ///
    /// - Parameter path: of `Manifest.db`, below the root.
    init(root: String, path: String) throws(ImportError) {
        do {
            let database = try ForeignDatabase(path: root + "/" + path)
            notes = [.opened(path: path, database.account)]
            var found: Set<String> = []
            let damaged = try database.readableRows(of: "Files", ["domain", "relativePath"]) { row in
                guard row.withBytes(0, { $0.elementsEqual(Self.domain.utf8) }),
                    row.withBytes(1, { $0.count <= 1024 && $0.starts(with: Self.documents.utf8) }),
                    let whole = row.text(1)
                else { return true }
                let components = whole.dropFirst(Self.documents.count).split(separator: "/")
                remember(components)
                if IPhoneFiles.isMain(components) { found.insert(String(components[0])) }
                return true
            }
            accounts = found.sorted()
            if let damage = DatabaseDamage(path: path, table: "Files", damaged) { notes.append(.unreadable(damage)) }
        } catch DatabaseFault.keyNeeded {
            // Only that of an encrypted backup is no database.
            throw .encryptedPhoneBackup(path: path)
        } catch let fault as DatabaseFault {
            throw .database(path: path, fault)
        } catch {
            throw .stopped(error)
        }
    }

    /// Only what has to be listed is remembered; all else is looked up by its path.
    private func remember(_ components: [Substring]) {
        guard let name = components.last, count < Self.mostNames else { return }
        switch components.count {
        case 2: guard components[0] == "MMappedKV" else { return }
        case 3: guard components[1] == "DB" || components[1] == "UniversalSession" else { return }
        case 4: guard components[1] == "OpenData" else { return }
        default: return
        }
        count += 1
        names[components.dropLast().joined(separator: "/"), default: []].append(String(name))
    }

    /// The names in a folder below `Documents`; those of accounts' databases, sessions and documents are known.
    func names(in folder: String) -> [String] { names[folder] ?? [] }

    /// Where the content of a file below `Documents` lies, below the backup's folder, if it is there at all. Nil when
    /// libcrypto has no SHA-1.
    static func place(_ path: String) -> String? {
        let bytes = Array("\(domain)-\(documents)\(path)".utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha1(), nil) == 1, length == 20 else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        let identifier = String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        return "\(identifier.prefix(2))/\(identifier)"
    }
}
