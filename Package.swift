// swift-tools-version: 6.2
import PackageDescription

/// One set for every target: the compiler is the first reviewer.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// The fuzzer's target has no main of its own: Tests/Fuzzing/run alone builds it.
let isFuzzed = Context.environment["SYNOPSIS_FUZZ"] != nil
let fuzzer: [Target] =
    isFuzzed
    ? [
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Reporting", "Diagnosing", "Tracking"],
            swiftSettings: settings
        )
    ] : []

/// What `explain --topic` prints.
let articles = [
    "Configuration", "Detectors", "Evidence", "Files", "Formats", "JSON", "Live", "Logs",
    "Performance",
]

let package = Package(
    name: "Synopsis",
    products: [
        .executable(name: "synopsis", targets: ["synopsis"]),
        .executable(name: "Bench", targets: ["Bench"]),
    ],
    traits: [
        .trait(name: "Web", description: "What synopsis says over HTTP, such as metrics."),
        .default(enabledTraits: ["Web"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git",
            exact: "2.28.1",
            traits: []
        ),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CPcap",
            pkgConfig: "libpcap",
            providers: [.apt(["libpcap-dev"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .systemLibrary(
            name: "CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"])]
        ),
        .systemLibrary(
            name: "CLZ4",
            pkgConfig: "liblz4",
            providers: [.apt(["liblz4-dev"])]
        ),
        .systemLibrary(name: "CPrivileges"),
        .systemLibrary(name: "CBuild"),
        .target(
            name: "Tracking",
            dependencies: ["CPcap", "CZlib", "CZstd", "CLZ4"],
            swiftSettings: settings
        ),
        .target(name: "Diagnosing", dependencies: ["Tracking"], swiftSettings: settings),
        .target(
            name: "Reporting",
            dependencies: ["Diagnosing", "Tracking"],
            resources: [
                .embedInCode("Schema"), .embedInCode("KnownIssues"), .embedInCode("Page"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Live",
            dependencies: [
                "Reporting", "Diagnosing", "Tracking", "CPcap", "CPrivileges",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Serving",
            dependencies: [
                .product(
                    name: "Hummingbird",
                    package: "hummingbird",
                    condition: .when(traits: ["Web"])
                ),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "synopsis",
            dependencies: [
                .target(name: "Serving", condition: .when(traits: ["Web"])),
                "Live", "Reporting", "Diagnosing", "Tracking",
                "CBuild", "CPcap", "CZlib", "CZstd", "CLZ4",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Service", "Integrations"],
            resources: articles.map { .embedInCode("Documentation.docc/\($0).md") },
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Bench",
            dependencies: ["Tracking", "Diagnosing", "CPcap", "CZlib"],
            exclude: ["README.md", "compare", "Comparison", "thresholds"],
            swiftSettings: settings
        ),
        .target(
            name: "Requirements",
            path: "Tests/Requirements",
            swiftSettings: settings
        ),
        .testTarget(
            name: "TrackingTests",
            dependencies: ["Tracking", "CPcap", "CZlib", "CZstd", "CLZ4"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DiagnosingTests",
            dependencies: ["Diagnosing", "Tracking"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Reporting", "Diagnosing", "Tracking"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "Live", "Serving", "Reporting", "Diagnosing", "Tracking", "CPrivileges",
                "Requirements",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: ["synopsis", "Reporting", "Diagnosing", "Tracking", "Requirements"],
            exclude: ["Listings", "RealTraffic"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BenchTests",
            dependencies: ["Bench", "Tracking"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TidyTests",
            dependencies: ["Reporting", "Diagnosing", "Tracking"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Diagnosing", "Tracking"],
            swiftSettings: settings
        ),
    ] + fuzzer
)
