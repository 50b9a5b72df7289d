// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "micro-benchmarks",
    dependencies: [.package(name: "chatark", path: "../..")],
    targets: [
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: [
                .product(name: "ChatarkModules", package: "chatark"), .product(name: "CFuse", package: "chatark"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
