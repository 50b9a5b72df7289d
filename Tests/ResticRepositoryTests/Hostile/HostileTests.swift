import Foundation
import Storage
import Testing

@testable import ResticRepository

/// Repositories that lie: whatever lies in a store, reading it gives the right bytes, an error or a finding; it neither
/// traps nor hangs, takes no more memory than it should, and writes nowhere but below a restore's target.
///
/// One at a time, as some of them measure the process's memory.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HostileTests {}

/// How far the process's memory grows at most while `body` runs, in bytes; nil where the kernel does not tell.
func peakGrowth(_ body: () throws -> Void) throws -> Int? {
    // 5 sets the high-water mark back to what is in use now.
    try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = memory("VmRSS")
    try body()
    guard let before, let peak = memory("VmHWM") else {
        print("SKIPPED: the kernel does not tell this process's memory, so it is not measured")
        return nil
    }
    return max(0, peak - before)
}

private func memory(_ field: String) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") }),
        let kilobytes = Int(line.filter(\.isNumber))
    else { return nil }
    return kilobytes << 10
}
