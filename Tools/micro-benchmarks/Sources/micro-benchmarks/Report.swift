import JSON

/// Measurements as people and programs read them.
enum Report {
    static let nameWidth = 18

    static let header =
        "benchmark".padded(to: nameWidth) + "iterations".leftPadded(to: 13) + "median ns".leftPadded(to: 15)
        + "minimum ns".leftPadded(to: 15) + "rate".leftPadded(to: 15)

    static func line(_ benchmark: Benchmark, _ measured: Measurement) -> String {
        benchmark.name.padded(to: nameWidth) + "\(measured.iterations)".leftPadded(to: 13)
            + text(measured.median).leftPadded(to: 15) + text(measured.minimum).leftPadded(to: 15)
            + rate(measured).leftPadded(to: 15)
    }

    static func json(_ measurements: [(Benchmark, Measurement)]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for (benchmark, measured) in measurements {
            writer.beginObject()
            writer.key("name")
            writer.string(benchmark.name)
            writer.key("about")
            writer.string(benchmark.about)
            writer.key("iterations")
            writer.int(measured.iterations)
            writer.key("samples")
            writer.int(measured.samples)
            writer.key("median_ns")
            writer.double(measured.median)
            writer.key("minimum_ns")
            writer.double(measured.minimum)
            if let bytes = measured.bytes {
                writer.key("bytes")
                writer.int(bytes)
                writer.key("megabytes_per_second")
                writer.double(measured.rate / 1e6)
            } else {
                writer.key("operations_per_second")
                writer.double(measured.rate)
            }
            writer.key("checksum")
            writer.int(measured.checksum)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func rate(_ measured: Measurement) -> String {
        if measured.bytes != nil { return "\(text(measured.rate / 1e6)) MB/s" }
        return measured.rate >= 1e6 ? "\(text(measured.rate / 1e6)) M/s" : "\(text(measured.rate / 1e3)) k/s"
    }

    /// With one digit after the point.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
