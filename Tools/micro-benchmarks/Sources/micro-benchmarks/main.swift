import Glibc

/// Writes a line to the error stream.
func complain(_ line: String) {
    let text = "micro-benchmarks: \(line)\n"
    _ = write(STDERR_FILENO, text, text.utf8.count)
}

let options: CommandLineOptions
do {
    options = try CommandLineOptions(CommandLine.arguments.dropFirst())
} catch {
    complain(error.description)
    exit(2)
}
if options.help {
    print(CommandLineOptions.usage)
    exit(0)
}

let all =
    FolderBenchmarks.all + SegmentBenchmarks.all + ContentBenchmarks.all + IndexBenchmarks.all + SearchBenchmarks.all
let chosen = all.filter { benchmark in options.filter.map { benchmark.name.contains($0) } ?? true }
guard !chosen.isEmpty else {
    complain("No benchmark's name contains '\(options.filter ?? "")'; '--list' shows them.")
    exit(2)
}
if options.list {
    for benchmark in chosen { print("\(benchmark.name.padded(to: Report.nameWidth)) \(benchmark.about)") }
    exit(0)
}
#if DEBUG
    complain("This is a debug build; its figures mean nothing. Build with '-c release'.")
#endif

do {
    let fixtures = Fixtures()
    if !options.json { print(Report.header) }
    var measurements: [(Benchmark, Measurement)] = []
    for benchmark in chosen {
        let measurement = try Measurement(of: benchmark.prepare(fixtures), minimumTime: options.minimumTime)
        if !options.json { print(Report.line(benchmark, measurement)) }
        measurements.append((benchmark, measurement))
        fflush(nil)
    }
    if options.json { print(Report.json(measurements)) }
} catch {
    complain("\(error)")
    exit(1)
}
