// A nats-server of a test's own, and the NATS adapter under the conformance suite.
import Foundation
import KeyValue
import Synchronization
import Testing

extension StoreKind {
  static let nats = StoreKind(
    name: "nats",
    absence: FileManager.default.isExecutableFile(atPath: NATSServer.program) ? nil : "nats-server is not installed"
  ) { willRestart in
    NATSFixture(server: willRestart ? try await NATSServer() : try await NATSServer.shared())
  }
}

/// Each fixture has a bucket of its own.
private final class NATSFixture: StoreFixture {
  private let server: NATSServer
  private let bucket = "t-\(UInt64.random(in: 0..<1 << 48))"

  init(server: NATSServer) { self.server = server }

  func open() throws -> any KeyValueBackend { try NATSBackend(url: "\(server.url)?bucket=\(bucket)") }
  func restart() async throws {
    try await server.kill()
    try await server.start()
  }
  func recordCount(namespace: String) async throws -> Int? { try await server.messages(inBucket: bucket) }
}

/// A nats-server on loopback ports, with JetStream or as a leaf node of another.
final class NATSServer: Sendable {
  static let program = "/usr/sbin/nats-server"

  let port: UInt16
  /// Where leaf nodes connect to.
  let leafPort: UInt16
  private let monitorPort: UInt16
  private let folder: TemporaryFile
  private let configuration: String
  private let process = Mutex<ServerProcess?>(nil)
  let certificates: Certificates?

  /// - parameters:
  ///   - domain: its JetStream domain.
  ///   - hub: it is a leaf node of that one, and has no JetStream.
  ///   - more: further lines of its configuration.
  init(
    domain: String? = nil, hub: NATSServer? = nil, maxPayload: String = "2MB", certificateFor name: String? = nil,
    more: String = ""
  ) async throws {
    folder = try TemporaryFile("nats.log")
    port = try freePort()
    leafPort = try freePort()
    monitorPort = try freePort()
    let directory = folder.folder
    certificates = try await blocking { try name.map { try Certificates(in: directory, name: $0) } }
    var lines = [
      "listen: 127.0.0.1:\(port)", "http: 127.0.0.1:\(monitorPort)", "max_payload: \(maxPayload)",
      "server_name: n\(port)",
    ]
    if let hub {
      lines.append("leafnodes { reconnect: 1, remotes: [{ url: nats-leaf://127.0.0.1:\(hub.leafPort) }] }")
    } else {
      lines.append("jetstream { store_dir: \"\(directory)/jetstream\"\(domain.map { ", domain: \($0)" } ?? "") }")
      lines.append("leafnodes { listen: 127.0.0.1:\(leafPort) }")
    }
    if let certificates {
      lines.append("tls { cert_file: \"\(certificates.certificate)\", key_file: \"\(certificates.key)\" }")
    }
    configuration = "\(directory)/nats.conf"
    try Data((lines + [more, ""]).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: configuration))
    try await start()
  }

  /// One for all tests that do not restart it; it ends with the tests' process.
  static func shared() async throws -> NATSServer { try await sharedServer.value }
  private static let sharedServer = Task { try await NATSServer() }

  var url: String { "nats://127.0.0.1:\(port)" }

  func start() async throws {
    let (line, log) = ([Self.program, "-c", configuration], folder.path)
    let server = try await blocking { try ServerProcess(line, log: log) }
    process.withLock { $0 = server }
    let monitorPort = monitorPort
    try await waitUntil("nats-server answers") {
      try await blocking {
        answer(atPort: monitorPort, to: "GET /healthz HTTP/1.0\r\n\r\n")?.contains("\"ok\"") == true
      }
    }
  }

  func pause() { process.withLock { $0?.pause() } }
  func resume() { process.withLock { $0?.resume() } }
  /// As `kill -9` does.
  func kill() async throws {
    let process = process.withLock { $0 }
    try await blocking { process?.end() }
  }

  /// Leaf nodes that are connected.
  var leafs: Int? {
    get async throws { try await monitor("leafz", as: Leafs.self).leafnodes }
  }

  /// Messages in the stream of a bucket; nil where there is none.
  func messages(inBucket bucket: String) async throws -> Int? {
    try await monitor("jsz?accounts=1&streams=1", as: Streams.self).account_details?.flatMap { $0.stream_detail ?? [] }
      .first { $0.name == "KV_\(bucket)" }?.state.messages
  }

  private struct Leafs: Decodable { var leafnodes: Int }
  private struct Streams: Decodable {
    struct Account: Decodable { var stream_detail: [Stream]? }
    struct Stream: Decodable {
      var name: String
      var state: State
    }
    struct State: Decodable { var messages: Int }
    var account_details: [Account]?
  }

  private func monitor<Answer: Decodable>(_ path: String, as: Answer.Type) async throws -> Answer {
    let port = monitorPort
    let text = try await blocking {
      answer(atPort: port, to: "GET /\(path) HTTP/1.0\r\n\r\n", wholly: true) ?? ""
    }
    let body = try #require(text.range(of: "\r\n\r\n"), "no answer to \(path): \(text)")
    return try JSONDecoder().decode(Answer.self, from: Data(text[body.upperBound...].utf8))
  }
}
