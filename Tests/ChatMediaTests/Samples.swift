import Foundation
import SeededRandom
import Testing

/// The `openssl` program's AES-128-ECB, without padding.
func openssl(_ bytes: [UInt8], key: [UInt8], decrypt: Bool) throws -> [UInt8] {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("chatark-aes-\(UUID().uuidString)")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let hex = key.map { String(format: "%02x", $0) }.joined()
    process.arguments =
        ["openssl", "enc", "-aes-128-ecb", "-nopad", "-K", hex, "-in", path.path] + (decrypt ? ["-d"] : [])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let result = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return Array(result)
}

/// Made-up pictures: a head, an end, and noise between them.
enum Sample {
    static func jpeg(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xE0] + bytes(count - 6, &random) + [0xFF, 0xD9]
    }

    static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    static func generator() -> SeededGenerator {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("seed \(seed)")
        return SeededGenerator(seed: seed)
    }

    /// A picture of version 4 around plain bytes.
    static func version4(
        _ plain: [UInt8], kind: Character, key: [UInt8], encrypted: Int, last: Int, xor: UInt8
    ) throws -> [UInt8] {
        let filled = encrypted / 16 * 16 + 16
        let padding = [UInt8](repeating: UInt8(filled - encrypted), count: filled - encrypted)
        var file: [UInt8] = [0x07, 0x08, 0x56, kind.asciiValue ?? 0, 0x08, 0x07]
        for number in [encrypted, last] {
            file += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        file.append(1)
        file += try openssl(Array(plain.prefix(encrypted)) + padding, key: key, decrypt: false)
        file += plain[encrypted..<plain.count - last]
        file += plain.suffix(last).map { $0 ^ xor }
        return file
    }
}
