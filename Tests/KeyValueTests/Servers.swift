// Servers that tests start, stop and pause: each by its process id, and none outlives the tests.
import Foundation
import Glibc
import Synchronization
import Testing

/// A server's process. Ends when it is dropped, and with the process of the tests however that ends.
final class ServerProcess: Sendable {
  let pid: pid_t
  private let shell: Mutex<Process?>
  private let leash: Pipe

  /// - parameter log: the file that gets what the server says.
  init(_ command: [String], log: String) throws {
    // A shell holds the server: it kills it once the pipe from here ends, as it does with this process.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", #"exec 3<&0; "$@" </dev/null >>"$0" 2>&1 3<&- & echo $!; read -r x <&3; kill -9 $!"#, log] + command
    let output = Pipe()
    leash = Pipe()
    // Another server that is started now would hold this end too.
    _ = fcntl(leash.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    process.standardInput = leash
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    shell = Mutex(process)
    var line = ""
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 10 {
      line.unicodeScalars.append(Unicode.Scalar(byte))
    }
    pid = try #require(pid_t(line), "\(command) did not start")
  }

  deinit { end() }

  /// Returns when it stands still. The signal alone does not say so: the threads of a process stop one after the other, and
  /// one of them may answer meanwhile.
  func pause() {
    Glibc.kill(pid, SIGSTOP)
    let deadline = ContinuousClock.now + .seconds(5)
    while !standsStill, ContinuousClock.now < deadline { usleep(500) }
  }

  /// Are all its threads stopped (proc(5), `stat`)?
  private var standsStill: Bool {
    let tasks = "/proc/\(pid)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.allSatisfy { thread in
      guard let text = try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8) else { return true }
      return text.split(separator: ")").last?.hasPrefix(" T") == true
    }
  }

  func resume() { Glibc.kill(pid, SIGCONT) }

  /// Kills it, as kill -9 does, and waits until it is gone. Idempotent.
  func end() {
    shell.withLock { shell in
      guard let process = shell else { return }
      shell = nil
      Glibc.kill(pid, SIGKILL)
      try? leash.fileHandleForWriting.close()
      Glibc.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    for _ in 0..<200 where Glibc.kill(pid, 0) == 0 { usleep(5_000) }
  }
}

/// Runs what blocks on a thread of its own: the tests share as many threads as there are cores.
func blocking<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
  }
}

/// A port of the loopback address that nobody had a moment ago.
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
  try #require(status == 0)
  return UInt16(bigEndian: address.sin_port)
}

/// What a server says to `question`, at first or until it hangs up; nil where it says nothing for half a second.
func answer(atPort port: UInt16, to question: String, wholly: Bool = false) -> String? {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var wait = timeval(tv_sec: 0, tv_usec: 500_000)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  let connected = withUnsafePointer(to: address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  guard connected else { return nil }
  _ = Glibc.send(descriptor, question, question.utf8.count, Int32(MSG_NOSIGNAL))
  var all: [UInt8] = []
  var bytes = [UInt8](repeating: 0, count: 16_384)
  repeat {
    let count = Glibc.recv(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { break }
    all += bytes[..<count]
  } while wholly
  return all.isEmpty ? nil : String(decoding: all, as: UTF8.self)
}

/// Waits up to ten seconds until `isReady`.
func waitUntil(_ what: String, _ isReady: () async throws -> Bool) async throws {
  for _ in 0..<1_000 {
    if try await isReady() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("waited in vain: \(what)")
  throw WaitedInVain()
}

struct WaitedInVain: Error {}

/// Runs a program to its end; what it wrote. A failure is an issue.
@discardableResult
func run(_ command: [String], mayFail: Bool = false) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  if !mayFail { #expect(process.terminationStatus == 0, "\(command): \(text)") }
  return text
}

/// An authority, and a certificate of it for the name `localhost` or another, made by the openssl command.
struct Certificates {
  let authority: String
  let certificate: String
  let key: String

  init(in folder: String, name: String = "localhost") throws {
    authority = "\(folder)/ca.pem"
    certificate = "\(folder)/server.pem"
    key = "\(folder)/server.key"
    let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    try run(
      ["openssl", "req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", "\(folder)/ca.key", "-out"]
        + [authority] + newKey)
    try run(["openssl", "req", "-subj", "/CN=\(name)", "-keyout", key, "-out", "\(folder)/server.csr"] + newKey)
    try Data("subjectAltName=DNS:\(name)\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/names"))
    try run([
      "openssl", "x509", "-req", "-days", "2", "-in", "\(folder)/server.csr", "-CA", authority, "-CAkey",
      "\(folder)/ca.key", "-CAcreateserial", "-extfile", "\(folder)/names", "-out", certificate,
    ])
  }
}

/// A value that tests share between threads.
final class Shared<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>
  init(_ value: Value) { storage = Mutex(value) }
  var value: Value {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }
}
