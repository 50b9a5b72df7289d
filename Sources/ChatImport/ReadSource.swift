import JSON

/// Reads every export of some formats at a path, row by row, in memory that does not grow with them.
///
/// Paths in events are relative to `path` when it is a folder, else to the folder in which it lies. Throws `stopped` with
/// what `deliver` threw. Of several exports, or accounts of WeChat, one that cannot be read, or not to its end, is told in a note,
/// and the others are read; the rows before the damage were delivered. Throws what is wrong with the first when none can be read.
public func readSource(
    at path: String, as formats: [SourceFormat], options: ImportOptions, _ deliver: (ImportEvent) throws -> Void
) throws(ImportError) {
    do {
        var found: [(format: SourceFormat, at: SourceFolder.Found)] = []
        for format in formats { found.append((format, try SourceFolder.find(at: path, wanted: format))) }
        guard found.contains(where: { !$0.at.exports.isEmpty }) else { throw ImportError.notRecognised(path: path) }
        var attempts = ReadingAttempts()
        var told: Set<String> = []
        for (format, found) in found {
            var options = options
            // Of several accounts, one that does not tell its owner may be anybody's.
            if found.exports.count > 1 { options.knownConversations = [] }
            if !found.others.isEmpty { try deliver(.note(.exportsPassedOver(paths: found.others))) }
            for unread in found.unread where told.insert(unread.path).inserted { try deliver(.note(unread.note)) }
            if format == .wechat, let first = found.exports.first {
                try attempts.read(first.path) { try WeChatImport.read(found.exports, options, deliver) }
                continue
            }
            for export in found.exports {
                try deliver(.export(path: export.path))
                try attempts.read(export.path) { try read(export, options, deliver) }
            }
        }
        try attempts.end(ImportNote.exportNotRead, deliver)
    } catch let error as ImportError {
        throw error
    } catch {
        throw .stopped(error)
    }
}

/// Reads one export, but for WeChat's.
private func read(
    _ export: SourceFolder.Export, _ options: ImportOptions, _ deliver: (ImportEvent) throws -> Void
) throws {
    if export.format == .whatsapp { return try WhatsAppExport.read(export, options: options, deliver) }
    let file = try SourceFile(path: export.root + "/" + export.path)
    let media = SourceMedia(root: export.root, folder: export.folder)
    do {
        if export.format == .telegram {
            var reading = TelegramExport(file, path: export.path, media: media, options: options)
            try reading.read(deliver)
        } else {
            var reading = InterchangeFile(file, path: export.path, media: media)
            try reading.read(deliver)
        }
    } catch let error as JSONError {
        if case .sourceFailed(let errno) = error.reason {
            throw ImportError.unreadable(path: export.path, errno: errno)
        }
        let place = file.lineAndColumn(of: error.offset)
        throw ImportError.damaged(
            path: export.path, offset: error.offset, line: place.line, column: place.column, reason: error.reason)
    }
}

/// Reads one of several after the other, of which some may be damaged.
struct ReadingAttempts {
    private var failures: [(path: String, error: ImportError)] = []
    private var isAnyRead = false

    /// Reads one. Throws only what whoever receives the rows threw.
    mutating func read(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
            isAnyRead = true
        } catch let error as ImportError where !error.isStop {
            failures.append((path, error))
        } catch let error as SystemFault {
            failures.append((path, .unreadable(path: path, errno: error.errno)))
        }
    }

    /// Tells which could not be read, each in a note; throws what is wrong with the first when there is none that could.
    func end(
        _ note: (_ path: String, _ why: String) -> ImportNote,
        _ deliver: (ImportEvent) throws -> Void
    ) throws {
        guard let first = failures.first else { return }
        guard isAnyRead else { throw first.error }
        for (path, error) in failures { try deliver(.note(note(path, "\(error)"))) }
    }
}

extension SourceFolder.Unread {
    /// What the user is told of it.
    fileprivate var note: ImportNote {
        switch why {
        case .failed(let error): .exportNotRead(path: path, why: "\(error)")
        case .html: .exportLeftOut(path: path, why: "\(ImportError.telegramHTML(path: path))")
        case .compressed:
            .exportLeftOut(path: path, why: "'\(path)' is compressed and not read; unpack it for that (gunzip).")
        }
    }
}
