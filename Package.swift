// swift-tools-version: 6.2
// The order of the targets is the order of the house: each imports only those above it.
// Run Scripts/bootstrap first: it lays the pinned C sources and libraries out under .deps/.
import PackageDescription

let deps = Context.packageDirectory + "/.deps"

/// Every Swift target of ours is built with these.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]
/// Modules that touch no C pointer say so, and the compiler holds them to it (SE-0458).
let pointerFree: [SwiftSetting] = house + [.strictMemorySafety()]

/// The path of a call reads class properties some 100 times: the dynamic checks, which debug builds and tests keep, are a
/// tenth of its instructions.
let uncheckedExclusivity = SwiftSetting.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))

let package = Package(
  name: "atoll",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "atoll", targets: ["atoll"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    // Without its trait for URLs, which would bring Foundation into the binary.
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
    .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
  ],
  targets: [
    // C libraries: pinned sources under .deps, Debian's static archives, our own prototypes.
    .target(name: "CLLHTTP", path: ".deps/llhttp", exclude: [".version"], publicHeadersPath: "include"),
    .target(name: "CYYJSON", path: ".deps/yyjson", exclude: [".version"], publicHeadersPath: "include"),
    // Without NDEBUG a server that answers what nobody asked would end the process.
    .target(
      name: "CHiredis", path: ".deps/hiredis", exclude: [".version", "dict.c"], publicHeadersPath: "include",
      cSettings: [.define("NDEBUG")],
      linkerSettings: [.unsafeFlags(["-Xlinker", "-l:libssl.a", "-Xlinker", "-l:libcrypto.a"])]),
    .target(name: "CRedisTLS", dependencies: ["CHiredis"], path: "Sources/CLibraries/CRedisTLS"),
    .target(name: "CNATS", path: "Sources/CLibraries/CNATS", linkerSettings: [.linkedLibrary("dl")]),
    .target(
      name: "CUV", path: "Sources/CLibraries/CUV",
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "-l:libuv_a.a"]), .linkedLibrary("pthread"), .linkedLibrary("dl"),
        .linkedLibrary("rt"),
      ]),
    .target(
      name: "CPCRE2", path: "Sources/CLibraries/CPCRE2",
      linkerSettings: [.unsafeFlags(["-Xlinker", "-l:libpcre2-8.a"])]),
    .target(
      name: "CCrypto", path: "Sources/CLibraries/CCrypto",
      linkerSettings: [.unsafeFlags(["-Xlinker", "-l:libcrypto.a"])]),
    .target(
      name: "CSQLite", path: "Sources/CLibraries/CSQLite",
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "-l:libsqlite3.a"]), .linkedLibrary("m"), .linkedLibrary("dl"),
        .linkedLibrary("pthread"),
      ]),
    .target(name: "CSpawn", path: "Sources/CLibraries/CSpawn"),
    .target(name: "CWorkerSDK", path: "Sources/CLibraries/CWorkerSDK"),
    .target(name: "CJavaScriptEngine", path: "Sources/CLibraries/CJavaScriptEngine"),
    .target(
      name: "CWasmtime", path: "Sources/CLibraries/CWasmtime",
      linkerSettings: [
        .unsafeFlags([
          "-L", deps + "/lib", "-lwasmtime",
          "-Xlinker", "-rpath", "-Xlinker", deps + "/lib",
          "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN", "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
        ])
      ]),

    .target(name: "CCurl", path: "Sources/CLibraries/CCurl", linkerSettings: [.linkedLibrary("dl")]),

    // The house.
    .target(name: "EventLoop", dependencies: ["CUV"], swiftSettings: house + [uncheckedExclusivity]),
    .target(name: "JSON", dependencies: ["CYYJSON", "CPCRE2"], swiftSettings: house),
    .target(name: "Sealing", dependencies: ["CCrypto"], swiftSettings: house),
    .target(
      name: "HTTPServer",
      dependencies: ["EventLoop", "CLLHTTP", .product(name: "HTTPTypes", package: "swift-http-types")],
      swiftSettings: house + [uncheckedExclusivity]),
    .target(
      name: "HTTPClient", dependencies: ["EventLoop", "CCurl", "CLLHTTP"], swiftSettings: house + [uncheckedExclusivity]
    ),
    .target(
      name: "KeyValue", dependencies: ["EventLoop", "CSQLite", "CHiredis", "CRedisTLS", "CNATS"],
      swiftSettings: house + [uncheckedExclusivity]),
    .target(
      name: "Manifests", dependencies: ["JSON", .product(name: "TOMLKit", package: "TOMLKit")],
      swiftSettings: pointerFree),
    .target(
      name: "Sandbox", dependencies: ["EventLoop", "CWasmtime", "CCrypto"],
      swiftSettings: house + [uncheckedExclusivity]),
    .target(
      name: "JavaScript", dependencies: ["JSON", "Sandbox", "CJavaScriptEngine"], swiftSettings: pointerFree),
    .target(
      name: "Bundles", dependencies: ["JSON", "Manifests", "Sandbox", "JavaScript", "CWorkerSDK", "CSpawn"],
      swiftSettings: pointerFree),
    .target(
      name: "MCP", dependencies: ["JSON", .product(name: "HTTPTypes", package: "swift-http-types")],
      swiftSettings: pointerFree),
    .target(name: "Placement", dependencies: ["Manifests"], swiftSettings: pointerFree),
    .target(
      name: "Nodes",
      dependencies: [
        "EventLoop", "HTTPServer", "JSON", "Sealing", "HTTPClient", "Manifests", "KeyValue", "Sandbox", "JavaScript",
        "Bundles", "MCP", "Placement",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: pointerFree + [uncheckedExclusivity]),
    .target(
      name: "Simulation",
      dependencies: [
        "EventLoop", "JSON", "Sealing", "HTTPServer", "HTTPClient", "Manifests", "KeyValue", "Bundles", "MCP",
        "Placement", "Nodes", "CSpawn", .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: pointerFree + [uncheckedExclusivity]),
    .executableTarget(
      name: "atoll",
      dependencies: [
        "EventLoop", "JSON", "Sealing", "HTTPClient", "Manifests", "KeyValue", "Sandbox", "JavaScript", "Bundles",
        "MCP", "Placement", "Nodes", "Simulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: pointerFree),

    // The Swift guest SDK. Workers compile it for wasm32; here it is built for the host, for its tests.
    .target(name: "AtollWorker", exclude: ["Runtime"], swiftSettings: house),

    .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: house),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: house),
    .testTarget(name: "SealingTests", dependencies: ["Sealing"], swiftSettings: house),
    .testTarget(
      name: "HTTPServerTests",
      dependencies: ["HTTPServer", "EventLoop", "CLLHTTP", .product(name: "HTTPTypes", package: "swift-http-types")],
      swiftSettings: house),
    .testTarget(name: "KeyValueTests", dependencies: ["KeyValue", "EventLoop", "CSQLite"], swiftSettings: house),
    .testTarget(
      name: "HTTPClientTests",
      dependencies: [
        "HTTPClient", "HTTPServer", "EventLoop", "CCurl", .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      exclude: ["servers"], swiftSettings: house),
    .testTarget(name: "ManifestsTests", dependencies: ["Manifests"], swiftSettings: house),
    .testTarget(name: "SandboxTests", dependencies: ["Sandbox", "EventLoop", "CWasmtime"], swiftSettings: house),
    // A node for tests: plays store, session and upstreams.
    .target(
      name: "ScriptedNode", dependencies: ["Sandbox", "EventLoop"], path: "Tests/ScriptedNode", swiftSettings: house),
    .testTarget(
      name: "JavaScriptTests", dependencies: ["JavaScript", "Sandbox", "EventLoop", "JSON", "ScriptedNode"],
      exclude: ["cases"],
      swiftSettings: house),
    .testTarget(
      name: "BundlesTests",
      dependencies: ["Bundles", "JavaScript", "Manifests", "Sandbox", "EventLoop", "ScriptedNode"],
      swiftSettings: house),
    .testTarget(
      name: "MCPTests",
      dependencies: ["MCP", "JSON", .product(name: "HTTPTypes", package: "swift-http-types")], swiftSettings: house),
    .target(name: "CWorkerAllocator", path: "Tests/CWorkerAllocator"),
    .testTarget(name: "AtollWorkerTests", dependencies: ["AtollWorker", "CWorkerAllocator"], swiftSettings: house),
    .testTarget(
      name: "NodesTests",
      dependencies: [
        "Nodes", "EventLoop", "HTTPServer", "HTTPClient", "JSON", "KeyValue", "Manifests", "MCP", "Placement",
        "Sandbox",
        "Sealing",
      ],
      swiftSettings: house),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Simulation", "EventLoop", "JSON", "HTTPServer", "HTTPClient", "Manifests", "MCP", "Placement",
        .product(name: "HTTPTypes", package: "swift-http-types"),
      ],
      swiftSettings: house),
    .testTarget(name: "PlacementTests", dependencies: ["Placement", "Manifests"], swiftSettings: house),
    .testTarget(name: "TidyTests", dependencies: ["Manifests"], swiftSettings: house),
    .testTarget(name: "EndToEnd", exclude: ["clients"], swiftSettings: house),
  ],
  cLanguageStandard: .gnu11
)
