// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: strict)
}

func system(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

let package = Package(
    name: "chatark",
    products: [
        .executable(name: "chatark", targets: ["chatark"]),
        // What Tools/micro-benchmarks measures.
        .library(
            name: "ChatarkModules",
            targets: ["ChatArchive", "ChatModel", "JSON", "ResticRepository", "Search", "Storage"]),
        .library(name: "CFuse", targets: ["CFuse"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // What async-http-client is built on; its own words for connections and certificates.
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    ],
    targets: [
        .systemLibrary(name: "CFallocate"),
        .systemLibrary(name: "CMalloc"),
        system("CFuse", "fuse3", "libfuse3-dev"),
        system("CKeyutils", "libkeyutils", "libkeyutils-dev"),
        system("COpenSSL", "libcrypto", "libssl-dev"),
        system("CSHA2", "libcrypto", "libssl-dev"),
        system("CPCRE2", "libpcre2-8", "libpcre2-dev"),
        system("CSQLite", "sqlite3", "libsqlite3-dev"),
        system("CSodium", "libsodium", "libsodium-dev"),
        .systemLibrary(name: "CXattr"),
        system("CZip", "libzip", "libzip-dev"),
        system("CZstd", "libzstd", "libzstd-dev"),

        module("JSON"),
        module("SQLite", ["CSQLite"]),
        module("ChatModel", ["JSON"]),
        module("ChatMedia", ["ChatModel", "COpenSSL"]),
        module("ChatImport", ["ChatModel", "ChatMedia", "JSON", "SQLite", "COpenSSL", "CZip", "CZstd"]),
        module(
            "Storage",
            [
                "JSON", "SQLite", "CFallocate", "CSHA2",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        module("ResticRepository", ["Storage", "JSON", "CKeyutils", "COpenSSL", "CSodium", "CXattr", "CZstd"]),
        module("ChatArchive", ["ChatMedia", "ChatModel", "ResticRepository", "JSON"]),
        module("Mount", ["ChatArchive", "CFuse"]),
        module("Search", ["JSON", "CPCRE2"]),
        .executableTarget(
            name: "chatark",
            dependencies: [
                "ChatModel", "ChatImport", "Storage", "ResticRepository", "ChatArchive", "Mount", "Search", "JSON",
                "CMalloc",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Documentation.docc"],
            swiftSettings: strict),

        // Random numbers that a seed repeats, for all tests.
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
        // Random histories and what they must look like, for the tests of the folders and of the mount.
        .target(
            name: "ChatHistories",
            dependencies: ["ChatArchive", "ChatModel", "ResticRepository", "SeededRandom", "Storage"],
            path: "Tests/ChatHistories", swiftSettings: strict),
        // A process that works on a cache until it is killed, for the tests of the cache.
        .executableTarget(
            name: "CacheHammer", dependencies: ["Storage"], path: "Tests/CacheHammer", swiftSettings: strict),
        tests("JSON", ["JSON", "SeededRandom"]),
        tests("SQLite", ["SQLite", "CSQLite"]),
        tests("ChatModel", ["ChatModel", "JSON", "SeededRandom"]),
        tests("ChatMedia", ["ChatMedia", "ChatModel", "SeededRandom"]),
        tests("ChatImport", ["ChatImport", "ChatMedia", "ChatModel", "JSON", "SQLite", "CZstd", "SeededRandom"]),
        tests("Storage", ["Storage", "CacheHammer", "SQLite", "SeededRandom"]),
        tests("ResticRepository", ["ResticRepository", "Storage", "JSON", "SeededRandom"]),
        tests(
            "ChatArchive",
            ["ChatArchive", "ChatHistories", "ChatModel", "ResticRepository", "Storage", "JSON", "SeededRandom"]),
        tests(
            "Mount",
            ["Mount", "ChatArchive", "ChatHistories", "ChatModel", "ResticRepository", "Storage", "SeededRandom"]),
        tests("Search", ["Search", "JSON"]),
        tests("Command", ["chatark"]),
        tests("EndToEnd", ["chatark", "CKeyutils", "CXattr", "SeededRandom"]),
        tests("Structure", []),
    ],
    swiftLanguageModes: [.v6]
)
