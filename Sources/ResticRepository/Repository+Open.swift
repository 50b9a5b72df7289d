import Storage

extension Repository {
    /// The most key files that a password is tried on.
    private static let keyLimit = 20

    /// Makes a repository of version 2 in an empty store.
    ///
    /// Refuses with `.alreadyExists` when there is a config, a key or a snapshot.
    public static func create(
        in store: any ObjectStore, password: Password, keyParameters: ScryptParameters = .standard
    ) throws(RepositoryError) -> Repository {
        try create(in: store, password: password, keyParameters: keyParameters, config: Config.make())
    }

    package static func create(
        in store: any ObjectStore, password: Password, keyParameters: ScryptParameters, config: Config
    ) throws(RepositoryError) -> Repository {
        let isTaken: Bool
        do throws(StorageError) { isTaken = try exists(in: store) } catch { throw .storage(error) }
        guard !isTaken else { throw .alreadyExists(location: store.location) }
        let master = try BoxKey.random()
        let key = try KeyFile.make(
            for: master, password: password, parameters: keyParameters, maker: .current, created: GoTime.now().text)
        let keyText = key.encoded()
        let keyID = KeyID(SHA256Digest(hashing: keyText))
        let box = try config.encoded().lend { (text) throws(RepositoryError) in
            try BoxCipher(master).seal(text)
        }
        do throws(StorageError) {
            try store.createLayout()
            try store.write(ObjectName(.keys, keyID.digest), keyText)
            try store.write(.config, box)
        } catch {
            throw .storage(error)
        }
        return Repository(
            store: store, config: config, keyID: keyID, master: master, toolboxes: ToolboxPool(master))
    }

    /// Opens a repository with the first key that the password fits, `keyHint` before all others.
    ///
    /// - Parameters:
    ///   - keyHint: the key that opened it the last time.
    ///   - trustsKept: whether the hinted key and `config` may come from what is kept on this machine, without a question
    ///     whether the store still has them. Then the repository may be one that is no more, or the password one that was
    ///     changed: for who only reads, and does not believe it before something that the store lists has been opened.
    ///   - config: what was read as `config` for this opening, if it was.
    ///   - localIndex: a directory for this repository's index alone, made when there is something to put there.
    ///     It may be shared by processes and removed at any time; without the repository's key it tells how many blobs there
    ///     are and in which packs, not which. With nil the index is read anew by every process and held in memory.
    public static func open(
        _ store: any ObjectStore, password: Password, keyHint: KeyID? = nil, trustsKept: Bool = false,
        config known: [UInt8]? = nil, localIndex: String? = nil
    ) throws(RepositoryError) -> Repository {
        let (box, master, keyID) = try readConfigAndKey(store, password, keyHint, trustsKept, known)
        return try open(store, master, keyID, box, localIndex)
    }

    /// Opens a repository with a key that was unlocked before; nil when the store does not have its key file any more. With
    /// `trustsKept` the store is not asked for that; the other parameters are those of opening with a password.
    public static func open(
        _ store: any ObjectStore, with key: UnlockedKey, trustsKept: Bool = false, config known: [UInt8]? = nil,
        localIndex: String? = nil
    ) throws(RepositoryError) -> Repository? {
        if !trustsKept {
            let keys: [ObjectName]
            do throws(StorageError) { keys = try store.list(.keys).map(\.name) } catch { throw .storage(error) }
            guard keys.contains(ObjectName(.keys, key.id.digest)) else { return nil }
        }
        let box = try readConfig(store, known, isCurrent: !trustsKept)
        return try open(store, key.master, key.id, box, localIndex)
    }

    private static func open(
        _ store: any ObjectStore, _ master: BoxKey, _ keyID: KeyID, _ box: [UInt8], _ localIndex: String?
    ) throws(RepositoryError) -> Repository {
        var box = box
        let config: Config
        let cipher = try BoxCipher(master)
        do throws(Damage) {
            config = try parseConfig(&box, cipher)
        } catch {
            // It has no hash to compare it with, so what was kept of it may be to blame.
            store.forget(.config, range: nil)
            var box = try readConfig(store, nil, isCurrent: true)
            do throws(Damage) { config = try parseConfig(&box, cipher) } catch { throw .damaged(.config, error) }
        }
        guard (1...2).contains(config.version) else { throw .unsupportedVersion(config.version) }
        guard config.polynomial.isUsableForChunking else {
            throw .damaged(.config, .badField("chunker_polynomial"))
        }
        var local: LocalIndex?
        if let localIndex { local = try LocalIndex(directory: localIndex, master) }
        return Repository(
            store: store, config: config, keyID: keyID, master: master, toolboxes: ToolboxPool(master),
            localIndex: local)
    }

    /// With a hint that is trusted and fits no key is asked for; else config and keys are asked for at once, as on a network
    /// each takes a round trip.
    private static func readConfigAndKey(
        _ store: any ObjectStore, _ password: Password, _ hint: KeyID?, _ trustsKept: Bool, _ known: [UInt8]?
    ) throws(RepositoryError) -> (config: [UInt8], master: BoxKey, keyID: KeyID) {
        if trustsKept, let hint, let master = try openKey(hint, in: store, password) {
            return (try readConfig(store, known, isCurrent: false), master, hint)
        }
        let (config, keys) = try both(
            { () throws(RepositoryError) in try readConfig(store, known, isCurrent: !trustsKept) },
            { () throws(RepositoryError) in
                do throws(StorageError) { return try store.list(.keys).map(\.name) } catch {
                    // That there is no repository is the first one's to tell.
                    guard !error.isNotFound else { return [] }
                    throw .storage(error)
                }
            })
        let hinted = hint.map { ObjectName(.keys, $0.digest) }
        let ordered = keys.filter { $0 == hinted } + keys.filter { $0 != hinted }
        let (master, keyID) = try findKey(among: ordered, in: store, password)
        return (config, master, keyID)
    }

    /// Opens the key that opened the repository the last time; nil when it is not there any more or does not fit.
    private static func openKey(
        _ id: KeyID, in store: any ObjectStore, _ password: Password
    ) throws(RepositoryError) -> BoxKey? {
        let name = ObjectName(.keys, id.digest)
        do throws(RepositoryError) {
            return try openKey(try UnpackedFiles.read(store, name), name, password)
        } catch .storage(let error) where error.isNotFound {
            return nil
        } catch .damaged {
            // Another key may fit; if none does, this one is told of then.
            return nil
        }
    }

    private static func readConfig(
        _ store: any ObjectStore, _ known: [UInt8]?, isCurrent: Bool
    ) throws(RepositoryError) -> [UInt8] {
        if let known { return known }
        do throws(StorageError) {
            return try store.read(
                .config, range: nil, advice: ReadAdvice(retention: .metadata, isCurrent: isCurrent))
        } catch {
            throw error.isNotFound ? .noRepository(location: store.location) : .storage(error)
        }
    }

    private static func parseConfig(_ box: inout [UInt8], _ cipher: BoxCipher) throws(Damage) -> Config {
        try cipher.open(&box)
        return try Config(parsing: box)
    }

    private static func exists(in store: any ObjectStore) throws(StorageError) -> Bool {
        do throws(StorageError) {
            _ = try store.size(of: .config)
            return true
        } catch {
            guard error.isNotFound else { throw error }
        }
        for kind in [ObjectKind.keys, .snapshots] {
            do throws(StorageError) {
                if try !store.list(kind).isEmpty { return true }
            } catch {
                guard error.isNotFound else { throw error }
            }
        }
        return false
    }

    /// Tries keys in turn. A damaged key is told of only when no other fits.
    private static func findKey(
        among names: [ObjectName], in store: any ObjectStore, _ password: Password
    ) throws(RepositoryError) -> (BoxKey, KeyID) {
        var tried = 0
        var firstDamage: RepositoryError?
        for name in names.prefix(keyLimit) {
            guard let digest = name.digest else { continue }
            do throws(RepositoryError) {
                let text = try UnpackedFiles.read(store, name)
                tried += 1
                if let master = try openKey(text, name, password) { return (master, KeyID(digest)) }
            } catch .storage(let error) where error.isNotFound {
                continue  // removed meanwhile
            } catch .damaged(let name, let damage) {
                if firstDamage == nil { firstDamage = .damaged(name, damage) }
            }
        }
        throw firstDamage ?? .wrongPassword(keysTried: tried)
    }

    private static func openKey(
        _ text: [UInt8], _ name: ObjectName, _ password: Password
    ) throws(RepositoryError) -> BoxKey? {
        let file: KeyFile
        do throws(Damage) { file = try KeyFile(parsing: text) } catch { throw .damaged(name, error) }
        do throws(KeyFault) {
            return try file.open(password)
        } catch {
            switch error {
            case .damaged(let damage): throw .damaged(name, damage)
            case .failed(let error): throw error
            }
        }
    }
}
