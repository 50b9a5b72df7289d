import Foundation
import Testing

/// What each module may import of the others. JSON and SQLite are leaves that anyone may use.
private let arrows: [String: Set<String>] = [
    "JSON": [], "SQLite": ["CSQLite"], "ChatModel": ["JSON"],
    "ChatMedia": ["ChatModel", "COpenSSL"],
    "ChatImport": ["ChatModel", "ChatMedia", "JSON", "SQLite", "COpenSSL", "CZip", "CZstd"],
    "Storage": [
        "JSON", "SQLite", "CFallocate", "CSHA2", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL",
    ],
    "ResticRepository": ["Storage", "JSON", "CKeyutils", "COpenSSL", "CSodium", "CXattr", "CZstd"],
    "ChatArchive": ["ChatMedia", "ChatModel", "ResticRepository", "Storage", "JSON"],
    "Mount": ["ChatArchive", "CFuse"],
    "Search": ["JSON", "CPCRE2"],
    "chatark": [
        "ChatModel", "ChatImport", "Storage", "ResticRepository", "ChatArchive", "Mount", "Search", "JSON",
        "ArgumentParser", "CMalloc",
    ],
]

/// The house's arrows: who may import whom, and what lies at the top.
struct StructureTests {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let fromOutside: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization"]

    @Test("a module imports what the house allows", arguments: arrows.keys.sorted())
    func imports(module: String) throws {
        let allowed = try #require(arrows[module]).union(Self.fromOutside)
        let folder = Self.package.appendingPathComponent("Sources/\(module)")
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init).filter {
                    !$0.hasPrefix("@") && $0 != "package" && $0 != "public"
                }
                guard words.first == "import", let name = words.last?.split(separator: ".").first else { continue }
                #expect(allowed.contains(String(name)), "\(module)/\(file.lastPathComponent) imports \(name)")
            }
        }
    }

    @Test("every module is in the table")
    func everyModule() throws {
        let modules = try FileManager.default.contentsOfDirectory(atPath: Self.package.path + "/Sources")
        let systems = [
            "CFallocate", "CFuse", "CKeyutils", "CMalloc", "COpenSSL", "CPCRE2", "CSHA2", "CSodium", "CSQLite",
            "CXattr",
            "CZip", "CZstd",
        ]
        #expect(Set(modules) == Set(arrows.keys).union(systems))
    }

    @Test("the top level holds the package, sources, tests, tools and the read-me")
    func topLevel() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.package.path).filter { !$0.hasPrefix(".") }
        #expect(
            Set(names).subtracting(["Package.resolved"]) == ["Package.swift", "Sources", "Tests", "Tools", "README.md"])
    }

    @Test("only the terminal prints or ends the program")
    func nobodyElsePrints() throws {
        for module in arrows.keys where module != "chatark" {
            let folder = Self.package.appendingPathComponent("Sources/\(module)")
            for case let file as URL in try #require(
                FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in [" print(", " exit(", " fatalError(", "try! "] {
                    #expect(!text.contains(word), "\(module)/\(file.lastPathComponent) has '\(word)'")
                }
            }
        }
    }
}
