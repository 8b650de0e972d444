// A redis-server of a test's own, and the Redis adapter under the conformance suite.
import Foundation
import KeyValue
import Synchronization
import Testing

extension StoreKind {
  static let redis = StoreKind(
    name: "redis",
    absence: FileManager.default.isExecutableFile(atPath: RedisServer.program) ? nil : "redis-server is not installed"
  ) { willRestart in
    RedisFixture(server: willRestart ? try await RedisServer() : try await RedisServer.shared())
  }
}

private final class RedisFixture: StoreFixture {
  private let server: RedisServer

  init(server: RedisServer) { self.server = server }

  func open() throws -> any KeyValueBackend { try RedisBackend(url: server.url) }
  func restart() async throws {
    try await server.kill()
    try await server.start()
  }
  func recordCount(namespace: String) async throws -> Int? {
    Int(try await server.command("ZCARD", "atoll:{\(namespace)}:keys"))
  }
}

/// A redis-server on a loopback port, which writes each change to disk before it answers.
final class RedisServer: Sendable {
  static let program = "/usr/bin/redis-server"

  let port: UInt16
  private let folder: TemporaryFile
  private let options: [String]
  private let certificates: Certificates?
  private let process = Mutex<ServerProcess?>(nil)

  /// - parameter options: of redis-server, such as `--maxmemory 4mb`.
  init(options: [String] = [], certificateFor name: String? = nil) async throws {
    folder = try TemporaryFile("redis.log")
    port = try freePort()
    self.options = options
    let directory = folder.folder
    certificates = try await blocking { try name.map { try Certificates(in: directory, name: $0) } }
    try await start()
  }

  /// One for all tests that do not restart it; it ends with the tests' process.
  static func shared() async throws -> RedisServer { try await sharedServer.value }
  private static let sharedServer = Task { try await RedisServer() }

  var url: String { "redis://127.0.0.1:\(port)" }
  var authority: String { certificates?.authority ?? "" }

  func start() async throws {
    var command = [Self.program, "--bind", "127.0.0.1", "--dir", folder.folder, "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "always"]
    if let certificates {
      command += ["--port", "0", "--tls-port", "\(port)", "--tls-auth-clients", "no"]
      command += ["--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key]
      command += ["--tls-ca-cert-file", certificates.authority]
    } else {
      command += ["--port", "\(port)"]
    }
    command += options
    let (line, log) = (command, folder.path)
    let server = try await blocking { try ServerProcess(line, log: log) }
    process.withLock { $0 = server }
    let (port, isTLS) = (port, certificates != nil)
    try await waitUntil("redis-server answers") {
      try await blocking {
        if isTLS { return try Self.accepts(port) }
        let words = answer(atPort: port, to: "PING\r\n")
        return words?.hasPrefix("+PONG") == true || words?.hasPrefix("-NOAUTH") == true
      }
    }
  }

  private static func accepts(_ port: UInt16) throws -> Bool {
    try run(["sh", "-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>&1"], mayFail: true)
      .contains("BEGIN CERTIFICATE")
  }

  func pause() { process.withLock { $0?.pause() } }
  func resume() { process.withLock { $0?.resume() } }
  /// As `kill -9` does.
  func kill() async throws {
    let process = process.withLock { $0 }
    try await blocking { process?.end() }
  }

  /// What redis-cli prints for a command.
  @discardableResult
  func command(_ words: String...) async throws -> String {
    let line = ["redis-cli", "-p", "\(port)"] + words
    return try await blocking { try run(line).trimmingCharacters(in: .whitespacesAndNewlines) }
  }
}
