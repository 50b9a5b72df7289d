import ArgumentParser
import ResticRepository
import Storage
import Synchronization

/// How the store behind a repository is spoken to.
struct StoreOptions: ParsableArguments {
    @OptionGroup var cache: CacheOptions

    @Flag(help: "Keep nothing of the repository on this machine, and use nothing that was kept.")
    var noCache = false

    @Flag(help: "Do not touch the network: what was kept can be read, all else fails.")
    var offline = false

    @Option(help: ArgumentHelp("Requests at the same time, to a store on a network.", valueName: "count"))
    var connections = 16

    @Option(
        help: ArgumentHelp(
            "A file of certificates (PEM) to trust beside the system's (or CHATARK_CACERT).", valueName: "file"),
        completion: .file())
    var cacert: String?

    @Option(help: ArgumentHelp("The most KiB a second to send to a store on a network.", valueName: "rate"))
    var limitUpload: Int?

    @Option(help: ArgumentHelp("The most KiB a second to fetch from a store on a network.", valueName: "rate"))
    var limitDownload: Int?

    @Option(
        name: .customLong("s3-region"),
        help: ArgumentHelp("The region of an S3 store (default: what AWS_REGION or the store says).", valueName: "name")
    )
    var region: String?

    @Option(
        name: .customLong("s3-addressing"),
        help: ArgumentHelp(
            "Where an S3 store's bucket is named: path, virtual-host (in the host's name) or auto (as its provider wants it).",
            valueName: "style"))
    var addressing: S3Addressing = .auto

    @Option(
        name: .customLong("s3-storage-class"),
        help: ArgumentHelp("The storage class of what is stored in S3, for example STANDARD_IA.", valueName: "name"))
    var storageClass: String?

    @Option(
        help: ArgumentHelp(
            "What to run for a store behind SFTP instead of ssh and the location's host (or CHATARK_SFTP_COMMAND).",
            valueName: "command"))
    var sftpCommand: String?

    /// What passes to and from stores on a network.
    static let traffic = TransferMeter()

    /// The store at a location; nothing is asked of it yet.
    ///
    ///     cache, for stores on a network ── tries again ── the store, within its limits
    ///
    /// - Parameter keeping: whether what is kept on this machine may answer. A check must ask the store itself.
    func store(at location: RepositoryLocation, keeping: Bool = true) throws -> any ObjectStore {
        guard let distant = try distantStore(at: location) else { return LocalStore(path: location.folder ?? "") }
        let notes = RetryNotes()
        // Whoever only reads need not wait.
        let hint =
            keeping && !noCache && cache.files(of: location).lastKey != nil
            ? " What was kept on this machine can be read with '--offline'." : ""
        let isFirst = Atomic(true)
        let patient = RetryingStore(distant) { error, pause in
            guard notes.shouldTell(of: pause) else { return }
            let advice = isFirst.exchange(false, ordering: .relaxed) ? hint : ""
            Output.note("chatark: \(error.fact) Trying again in \(pause.components.seconds) s.\(advice)")
        }
        guard keeping, !noCache else {
            if offline { throw CommandError.offlineWithoutCache }
            return patient
        }
        return CachedStore(patient, cache: try cache.chunks(), offline: offline)
    }

    private func distantStore(at location: RepositoryLocation) throws -> (any ObjectStore)? {
        switch location.place {
        case .folder: nil
        case .s3(let place): S3Store(place, s3Options, door: try door())
        case .rest(let place): RESTStore(place, door: try door())
        case .sftp(let place): SFTPStore(place, try sftpSettings())
        }
    }

    private var s3Options: S3Options {
        var options = S3Options(environment: Environment.process.all)
        if let region { options.region = region }
        options.storageClass = storageClass
        options.addressing = addressing
        return options
    }

    private func sftpSettings() throws(CommandError) -> SFTPSettings {
        guard connections > 0 else { throw .badCount("--connections") }
        var settings = SFTPSettings()
        settings.connections = connections
        (settings.upload, settings.download) = (try limit(limitUpload), try limit(limitDownload))
        settings.meter = Self.traffic
        if let line = sftpCommand ?? Environment.process["SFTP_COMMAND"] {
            guard let command = SFTPCommand(parsing: line) else { throw .badSFTPCommand }
            settings.command = command
        }
        return settings
    }

    private func door() throws -> HTTPDoor {
        guard connections > 0 else { throw CommandError.badCount("--connections") }
        var settings = HTTPSettings(environment: Environment.process.all)
        settings.connections = connections
        (settings.upload, settings.download) = (try limit(limitUpload), try limit(limitDownload))
        settings.meter = Self.traffic
        if let cacert { settings.certificates = cacert }
        return try HTTPDoor(settings)
    }

    private func limit(_ rate: Int?) throws(CommandError) -> BandwidthLimit? {
        guard let rate else { return nil }
        guard rate > 0, rate < 1 << 40 else { throw .badCount("A limit") }
        return BandwidthLimit(bytesPerSecond: rate << 10)
    }
}

extension S3Addressing: ExpressibleByArgument {}
