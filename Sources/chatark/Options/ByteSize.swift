/// Sizes on the command line: `1500`, `64K`, `64M`, `2G`, in powers of 1024.
enum ByteSize {
    static func parse(_ text: String) throws(CommandError) -> Int {
        var digits = text[...]
        var factor = 1
        if let last = text.uppercased().last, let power = ["K", "M", "G"].firstIndex(of: String(last)) {
            factor = 1 << (10 * (power + 1))
            digits = digits.dropLast()
        }
        guard let number = Int(digits), number > 0,
            case let (size, overflow) = number.multipliedReportingOverflow(by: factor), !overflow
        else { throw .badSize(text) }
        return size
    }
}
