// The order of the house (README.md, "The house") and who may do what in it.

enum House {
  /// Each module imports only those above it.
  static let order = [
    "EventLoop", "JSON", "Sealing", "HTTPServer", "HTTPClient", "Manifests", "KeyValue", "Sandbox", "JavaScript",
    "Bundles", "MCP", "Placement", "Nodes", "Simulation", "atoll",
  ]

  /// The guest SDK is compiled for wasm32 and knows nothing of the host.
  static let apart = ["AtollWorker"]

  /// Modules that a call passes: no Foundation there.
  static let onThePathOfACall = ["EventLoop", "JSON", "HTTPServer", "KeyValue", "Sandbox", "MCP", "Nodes"]

  /// Modules that handle C pointers; the rest is built with strict memory safety.
  static let withPointers = [
    "EventLoop", "JSON", "Sealing", "HTTPServer", "HTTPClient", "KeyValue", "Sandbox", "AtollWorker",
  ]

  /// Outside those, the files at the edge to a system call or to embedded bytes; the compiler makes them write `unsafe` at each use.
  static let filesWithPointers = [
    "Sources/Manifests/Files.swift", "Sources/Bundles/Folders.swift", "Sources/Bundles/OutputFile.swift",
    "Sources/Bundles/WorkerSDK.swift", "Sources/JavaScript/EmbeddedEngine.swift", "Sources/Nodes/JSONLogHandler.swift",
    "Sources/Nodes/LogWriter.swift",
    "Sources/Nodes/Processors.swift", "Sources/atoll/Allocator.swift", "Sources/atoll/Files.swift", "Sources/atoll/Terminal.swift",
  ]

  /// The one file that starts tasks.
  static let spawnFile = "Sources/EventLoop/Spawn.swift"

  static let sourceLinesMax = 500
  static let readmeLinesMax = 200
}
