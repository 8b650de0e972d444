// What nodes talk to: a redis-server and an upstream, each started for one test and ended by its process id.
import Foundation

/// A redis-server on a free loopback port that writes each change to its file before it answers.
final class RedisProcess: @unchecked Sendable {
  private static let program = "/usr/bin/redis-server"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

  private let process: Process
  private let folder: TemporaryFolder
  let port: UInt16

  init() throws {
    folder = try TemporaryFolder()
    port = try freePort()
    let port = "\(self.port)"
    process = try Command.launch(
      Self.program, ["--port", port, "--bind", "127.0.0.1", "--dir", folder.path, "--save", "", "--appendonly", "yes"],
      in: folder)
    let deadline = Date(timeIntervalSinceNow: 10)
    while (try? RawConnection(port: self.port)) == nil {
      guard Date() < deadline, process.isRunning else { throw EndToEndError("redis-server did not start") }
      usleep(10_000)
    }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  var url: String { "redis://127.0.0.1:\(port)" }
  func pause() { standStill(process.processIdentifier) }
  func resume() { kill(process.processIdentifier, SIGCONT) }
}

/// An upstream: `/delay/MS` answers after that time, `/status/CODE` with that status, `/headers` with what it was sent;
/// anything else with a price.
final class UpstreamProcess: @unchecked Sendable {
  private let process: Process
  private let folder: TemporaryFolder
  let port: UInt16

  init() throws {
    folder = try TemporaryFolder()
    let script = URL(filePath: #filePath).deletingLastPathComponent().path + "/clients/upstream.js"
    process = try Command.launch("/usr/bin/env", ["node", script], in: folder)
    let deadline = Date(timeIntervalSinceNow: 20)
    while true {
      let output = (try? String(contentsOfFile: folder.file("output"), encoding: .utf8)) ?? ""
      if output.hasSuffix("\n"), let port = UInt16(output.dropLast()) {
        self.port = port
        return
      }
      guard Date() < deadline, process.isRunning else { throw EndToEndError("the upstream did not start") }
      usleep(10_000)
    }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  var url: String { "http://127.0.0.1:\(port)" }
}

/// A loopback port that nobody had a moment ago.
func freePort() throws -> UInt16 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let status = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
    }
  }
  guard status == 0 else { throw EndToEndError("no free port") }
  return UInt16(bigEndian: address.sin_port)
}

/// Stops a process where it is (SIGSTOP), and returns when it stands still (proc(5), `stat`): its threads stop one after the
/// other, and one of them may answer meanwhile.
func standStill(_ process: pid_t) {
  kill(process, SIGSTOP)
  let tasks = "/proc/\(process)/task"
  let deadline = Date(timeIntervalSinceNow: 5)
  while Date() < deadline {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    let states = threads.compactMap { try? String(contentsOfFile: "\(tasks)/\($0)/stat", encoding: .utf8) }
    if states.allSatisfy({ $0.split(separator: ")").last?.hasPrefix(" T") == true }) { return }
    usleep(500)
  }
}
