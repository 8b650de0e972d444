// A node started for one test on a free port, and stopped by its process id when the test is over.
import Foundation

final class ServedNode: @unchecked Sendable {
  private let process: Process
  private let folder: TemporaryFolder
  let port: UInt16

  /// Starts `atoll serve`, or `atoll dev`, and waits until it says where it listens.
  init(
    _ workers: [String], verb: String = "serve", options: [String] = ["--loops", "1"],
    environment: [String: String] = [:]
  ) throws {
    folder = try TemporaryFolder()
    process = try Command.launch(
      Installation.binary, [verb, "--listen", "127.0.0.1:0"] + options + workers,
      environment: environment, in: folder)
    do {
      port = try Self.waitForPort(process, folder)
    } catch {
      Self.end(process)
      throw error
    }
  }

  deinit { Self.end(process) }

  var pid: pid_t { process.processIdentifier }
  var url: String { "http://127.0.0.1:\(port)/mcp" }
  var output: String { (try? String(contentsOfFile: folder.file("output"), encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: folder.file("errors"), encoding: .utf8)) ?? "" }

  func connect() throws -> RawConnection { try RawConnection(port: port) }

  /// Asks on a connection of its own.
  func ask(_ request: String, timeoutSeconds: Int = 10) throws -> RawResponse {
    let connection = try connect()
    try connection.send(request)
    return try connection.readResponse(timeoutSeconds: timeoutSeconds)
  }

  func get(_ path: String) throws -> RawResponse {
    try ask("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n")
  }

  func call(
    _ tool: String, _ arguments: String = "{}", field: String? = nil, timeoutSeconds: Int = 10
  ) throws -> ToolAnswer {
    try ToolAnswer(
      ask(ToolRequest(tool, arguments).text(port: port, field: field), timeoutSeconds: timeoutSeconds))
  }

  /// Ends it as a crash does.
  func crash() {
    kill(pid, SIGKILL)
    process.waitUntilExit()
  }

  /// The value of one metric without labels, or the sum over its labels.
  func metric(_ name: String) throws -> Double? {
    let lines = try get("/metrics").bodyText.split(separator: "\n").filter { line in
      line.hasPrefix(name + " ") || line.hasPrefix(name + "{")
    }
    return lines.isEmpty ? nil : lines.compactMap { Double($0.split(separator: " ").last ?? "") }.reduce(0, +)
  }

  func terminate() { kill(pid, SIGTERM) }

  /// The exit status, once the process has ended by itself.
  func waitForExit(seconds: Double) throws -> Int32 {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning {
      guard Date() < deadline else { throw EndToEndError("the node did not end in \(seconds) s: \(errors)") }
      usleep(5_000)
    }
    process.waitUntilExit()
    return process.terminationStatus
  }

  private static func waitForPort(_ process: Process, _ folder: TemporaryFolder) throws -> UInt16 {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      let output = try String(contentsOfFile: folder.file("output"), encoding: .utf8)
      if let port = listeningPort(in: output) { return port }
      guard process.isRunning else { break }
      usleep(2_000)
    }
    let errors = try String(contentsOfFile: folder.file("errors"), encoding: .utf8)
    throw EndToEndError("atoll serve never said where it listens: \(errors)")
  }

  /// The port in the first complete line "listening on http://HOST:PORT…".
  static func listeningPort(in output: String) -> UInt16? {
    for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      guard let found = line.range(of: "listening on http://") else { continue }
      let authority = line[found.upperBound...].prefix { $0 != "/" && $0 != " " }
      return authority.split(separator: ":").last.flatMap { UInt16($0) }
    }
    return nil
  }

  private static func end(_ process: Process) {
    guard process.isRunning else { return }
    kill(process.processIdentifier, SIGTERM)
    let deadline = Date(timeIntervalSinceNow: 3)
    while process.isRunning, Date() < deadline { usleep(5_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}
