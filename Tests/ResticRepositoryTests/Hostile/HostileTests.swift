import Foundation
import Storage
import Testing

@testable import ResticRepository

/// Repositories that lie: whatever lies in a store, reading it gives the right bytes, an error or a finding; it neither
/// traps nor hangs, takes no more memory than it should, and writes nowhere but below a restore's target.
///
/// One at a time, as some of them measure the process's memory.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HostileTests {}

/// Expects the process's memory to grow by less than `limit` bytes at most while `body` runs, which may run again:
/// what other tests take meanwhile is counted too, so that one measurement of five must do.
func expectGrowth(
    below limit: Int, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws {
    var least = Int.max
    for _ in 0..<5 where least >= limit {
        // 5 sets the high-water mark back to what is in use now.
        guard (try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))) != nil,
            let before = memory("VmRSS")
        else {
            print("SKIPPED: the kernel does not tell this process's memory, so it is not measured")
            return try body()
        }
        try body()
        guard let peak = memory("VmHWM") else { return }
        least = min(least, max(0, peak - before))
    }
    #expect(least < limit, "memory grew by \(least >> 20) MiB", sourceLocation: sourceLocation)
}

private func memory(_ field: String) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") }),
        let kilobytes = Int(line.filter(\.isNumber))
    else { return nil }
    return kilobytes << 10
}
