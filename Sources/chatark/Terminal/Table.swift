/// Rows in columns, as wide as their widest cell.
struct Table {
    enum Alignment { case left, right }

    private let titles: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    /// A table with a head.
    init(_ titles: [(String, Alignment)]) { self.titles = titles }

    /// Adds a row with a cell for every column; control characters of foreign origin are shown as `?`.
    mutating func add(_ cells: [String]) { rows.append(cells.map(Table.printable)) }

    /// The lines, with a rule under the head.
    var lines: [String] {
        let widths = titles.indices.map { column in
            max(DisplayWidth.of(titles[column].title), rows.map { DisplayWidth.of($0[column]) }.max() ?? 0)
        }
        let head = titles.map(\.title)
        let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
        return [line(head, widths), rule] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var parts: [String] = []
        for (column, cell) in cells.enumerated() {
            switch titles[column].alignment {
            case .left: parts.append(column == cells.count - 1 ? cell : DisplayWidth.padded(cell, to: widths[column]))
            case .right: parts.append(DisplayWidth.rightAligned(cell, to: widths[column]))
            }
        }
        return parts.joined(separator: "  ")
    }

    /// A text of foreign origin that cannot move the cursor, change colours, begin a line or turn the direction of others.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isUnprintable($0) ? "?" : $0 }))
    }

    private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // Overrides of direction; the marks and isolates that honest names have turn nothing around.
        case .format: scalar.value == 0x202D || scalar.value == 0x202E
        default: false
        }
    }
}
