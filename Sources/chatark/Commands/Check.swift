import ArgumentParser
import ResticRepository

/// Verifies the repository.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for damage in the repository.",
        discussion: """
            Reads every index, snapshot and directory, and compares the packs with the index. With '--read-data' it also reads \
            every pack and verifies each piece of data against its hash, which takes as long as reading the whole repository.

            Examples:
              chatark check
              chatark check --read-data
            """)

    @OptionGroup var options: RepositoryOptions

    @Flag(help: "Read and verify all data.")
    var readData = false

    func run() throws {
        if options.access.offline { throw CommandError.checkOffline }
        // What is kept on this machine proves nothing about the repository.
        let repository = try options.open(keeping: false)
        let progress = CheckProgress()
        let size = try readData ? repository.list(.data).reduce(0) { $0 + UInt64($1.size) } : 0
        let report = try locked(repository) {
            try Progress.showing(!options.quiet && !options.json) {
                Self.reading(progress.counts, size)
            } _: {
                try Checker(repository).check(readData: readData, progress: progress)
            }
        }
        if options.json { printJSON(report) } else { printText(report) }
        if !report.isClean { throw CommandError.damageFound }
    }

    private func locked<Value>(_ repository: Repository, _ body: () throws -> Value) throws -> Value {
        try options.noLock ? body() : repository.whileLocked(.exclusive) { _ in try body() }
    }

    private static func reading(_ counts: CheckReport, _ size: UInt64) -> Progress.Reading {
        Progress.Reading(
            words:
                "checking: \(Words.count(counts.trees, "directory", "directories")), \(Words.count(counts.packs, "pack"))",
            bytes: size > 0 && counts.bytesRead > 0 ? (UInt64(counts.bytesRead), size) : nil)
    }

    private func printText(_ report: CheckReport) {
        // One pack that is gone may take thousands of directories with it.
        let shown = report.findings.filter { !$0.isHarmless || options.verbose }
        let limit = options.verbose ? shown.count : 20
        for finding in shown.prefix(limit) { Output.line(finding.description) }
        if shown.count > limit {
            Output.line("… and \(Words.count(shown.count - limit)) more; '--verbose' shows them.")
        }
        guard !options.quiet else { return }
        let harmless = report.findings.count { $0.isHarmless }
        let checked =
            "\(Words.count(report.snapshots, "snapshot")), \(Words.count(report.trees, "directory", "directories")), "
            + "\(Words.count(report.packs, "pack"))"
        if harmless > 0, !options.verbose {
            Output.line("\(Words.count(harmless, "leftover")) of interrupted work, harmless; '--verbose' lists them.")
        }
        if readData {
            Output.line("Read \(Words.count(report.blobsRead, "piece")) of data, \(Words.bytes(report.bytesRead)).")
        }
        let errors = report.findings.count - harmless
        Output.line("Checked \(checked): \(errors == 0 ? "no errors were found." : "\(Words.count(errors, "error")).")")
    }

    private func printJSON(_ report: CheckReport) {
        Output.json { json in
            json.beginObject()
            json.key("message_type")
            json.string("summary")
            json.key("num_errors")
            json.int(report.findings.count { !$0.isHarmless })
            json.key("errors")
            json.beginArray()
            for finding in report.findings where !finding.isHarmless { json.string(finding.description) }
            json.endArray()
            json.key("hints")
            json.beginArray()
            for finding in report.findings where finding.isHarmless { json.string(finding.description) }
            json.endArray()
            json.key("snapshots")
            json.int(report.snapshots)
            json.key("packs")
            json.int(report.packs)
            json.key("blobs_read")
            json.int(report.blobsRead)
            json.endObject()
        }
    }
}
