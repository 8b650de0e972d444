// What the end-to-end tests drive: the built binary, the workers of the repository and the official client.
import Foundation
import Testing

/// Where things are. Every path follows from this file's own place, so the tests run from any directory.
enum Installation {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().standardized.path

  /// `ATOLL_BINARY`, else the release build.
  static let binary = ProcessInfo.processInfo.environment["ATOLL_BINARY"] ?? root + "/.build/release/atoll"
  static let python = root + "/.deps/python/bin/python"

  static var hasBinary: Bool { FileManager.default.isExecutableFile(atPath: binary) }
  static var hasClient: Bool { FileManager.default.isExecutableFile(atPath: python) }

  static var hasEsbuild: Bool {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["ATOLL_ESBUILD"] { return FileManager.default.isExecutableFile(atPath: named) }
    return (environment["PATH"] ?? "").split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/esbuild") }
  }
  static var hasMarked: Bool {
    FileManager.default.fileExists(atPath: worker("markdown") + "/node_modules/marked/package.json")
  }

  static func worker(_ name: String) -> String { root + "/workers/" + name }
}

extension Trait where Self == ConditionTrait {
  static var needsBinary: Self {
    .enabled(if: Installation.hasBinary, "no binary at .build/release/atoll: run `make release`, or set ATOLL_BINARY")
  }
  static var needsClient: Self {
    .enabled(if: Installation.hasClient, "no official client under .deps/python: run Scripts/bootstrap")
  }
  static var needsRedis: Self {
    .enabled(if: RedisProcess.isInstalled, "no redis-server: run Scripts/bootstrap")
  }
  static var needsEsbuild: Self {
    .enabled(if: Installation.hasEsbuild, "no esbuild on PATH: run Scripts/bootstrap")
  }
  static var needsMarked: Self {
    .enabled(if: Installation.hasMarked, "no workers/markdown/node_modules/marked: run Scripts/bootstrap")
  }
}

/// A folder of a test's own, gone when the test is.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "atoll-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    return file(name)
  }

  /// A copy of a worker's folder under another name, so that what a build leaves behind never lands in the repository.
  func copyWorker(_ name: String, as copy: String? = nil) throws -> String {
    let target = file(copy ?? name)
    try FileManager.default.copyItem(atPath: Installation.worker(name), toPath: target)
    try? FileManager.default.removeItem(atPath: target + "/.atoll")
    return target
  }
}

/// A folder for the whole run, with what is dear to make: built bundles and compiled modules. Gone when it ends.
enum RunFolder {
  static let shared: TemporaryFolder = {
    guard let folder = try? TemporaryFolder() else { preconditionFailure("no temporary folder can be made") }
    atexit { try? FileManager.default.removeItem(atPath: RunFolder.shared.path) }
    return folder
  }()

  static var environment: [String: String] { ["XDG_CACHE_HOME": shared.file("cache")] }
}

/// The workers built once for the whole run: a bundle starts a node at once, a source folder would compile each time.
enum Bundles {
  private static let built = Result { try Built() }

  static func hello() throws -> String { try built.get().hello }
  static func limits() throws -> String { try built.get().limits }
  /// workers/limits with a minute of CPU and wall time, for what must still run when a test looks.
  static func patientLimits() throws -> String { try built.get().patientLimits }

  /// workers/currency or workers/markdown: building one takes milliseconds, so each test that needs it does.
  static func script(_ name: String) throws -> String {
    try Built.build(name, as: "\(name)-\(UUID())", in: RunFolder.shared)
  }

  /// Any worker of the repository, with its manifest edited.
  static func edited(_ name: String, _ edit: (String) -> String = { $0 }) throws -> String {
    try Built.build(name, as: "\(name)-\(UUID())", in: RunFolder.shared, editing: edit)
  }

  private struct Built {
    let hello: String
    let limits: String
    let patientLimits: String

    init() throws {
      let folder = RunFolder.shared
      hello = try Self.build("hello", in: folder)
      limits = try Self.build("limits", in: folder)
      patientLimits = try Self.build("limits", as: "patient", in: folder) { manifest in
        manifest.replacing(#/(?m)^(cpu_ms|wall_ms) = \d+/#) { "\($0.output.1) = 60000" }
      }
    }

    static func build(
      _ name: String, as copy: String? = nil, in folder: TemporaryFolder,
      editing edit: (String) -> String = { $0 }
    ) throws -> String {
      let worker = try folder.copyWorker(name, as: copy)
      let manifest = worker + "/atoll.toml"
      try edit(String(contentsOfFile: manifest, encoding: .utf8))
        .write(toFile: manifest, atomically: false, encoding: .utf8)
      let finished = try Command.run(["build", worker], timeoutSeconds: 120)
      guard finished.status == 0 else { throw EndToEndError("atoll build \(name): \(finished.errors)") }
      return worker + "/.atoll/\(name).atoll"
    }
  }
}

struct EndToEndError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
