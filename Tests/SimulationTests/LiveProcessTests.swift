// Processes of a live run: what they inherit, how they end, and that none is left behind.
import EventLoop
import Foundation
import Testing

@testable import Simulation

@Suite(.serialized, .timeLimit(.minutes(1))) struct LiveProcessTests {
  /// Runs `body` with an empty folder, which is gone afterwards.
  private func inFolder<Answer: Sendable>(
    _ body: @escaping @Sendable (EventLoop, String) async throws -> Answer
  ) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.path + "/live-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await Live.onLoop { loop in try await body(loop, folder) }
  }

  private static func shell(_ script: String, in folder: String, environment: [String] = []) -> LiveProcess.Program {
    LiveProcess.Program(
      name: "shell", path: "/bin/sh", arguments: ["-c", script], environment: environment + ["PATH=/usr/bin:/bin"],
      folder: folder, output: folder + "/shell")
  }

  /// The letter of a process's state; nil where there is none of that id.
  private static func state(of identifier: pid_t) -> Character? {
    guard let text = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(end, offsetBy: 2)...].first
  }

  @Test func writesItsOutputToItsFileAndTellsItsEnd() async throws {
    try await inFolder { loop, folder in
      let process = LiveProcess(Self.shell("echo out; echo err >&2; pwd; exit 3", in: folder), on: loop)
      var told: [LiveProcess.Exit] = []
      process.onExit = { told.append($0) }
      try process.start()
      #expect(process.isRunning && process.output == folder + "/shell.log")
      await process.exited()
      #expect(told == [.status(3)] && process.exit == .status(3) && process.identifier == nil)
      let said = try String(contentsOfFile: process.output, encoding: .utf8)
      #expect(said.hasPrefix("out\nerr\n") && said.contains(folder.split(separator: "/").last!))
      try process.start()
      #expect(process.output == folder + "/shell.2.log")
      await process.exited()
      await process.exited()
      await process.stop()
      process.send(SIGTERM)
    }
  }

  @Test func getsNothingOfOursButItsEnvironment() async throws {
    let said = try await inFolder { loop, folder in
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { _ in }
      defer { listener.close() }
      let script =
        "ls /proc/self/fd | tr '\\n' ' '; echo; grep -E 'Sig(Blk|Ign)' /proc/self/status; env; ps -o pgid= -p $$; echo $$"
      let process = LiveProcess(Self.shell(script, in: folder, environment: ["WANTED=yes"]), on: loop)
      try process.start()
      await process.exited()
      return try String(contentsOfFile: process.output, encoding: .utf8)
    }
    let lines = said.split(separator: "\n")
    // 3 is what `ls` reads.
    #expect(lines.first == "0 1 2 3 ")
    let masks = lines.filter { $0.hasPrefix("Sig") }.compactMap { UInt64($0.split(separator: "\t").last!, radix: 16) }
    // Signals 32 and 33 are the C library's own.
    #expect(masks.map { $0 & 0x7fff_ffff } == [0, 0])
    #expect(lines.contains("WANTED=yes") && !lines.contains { $0.hasPrefix("HOME=") })
    #expect(lines.suffix(2).map { $0.trimmingCharacters(in: .whitespaces) }.allSatisfy { $0 == lines.last! })
  }

  @Test func whatCannotBeExecutedIsAnErrorThatNamesIt() async throws {
    try await inFolder { loop, folder in
      for (path, reason) in [("/nonexistent/program", "No such file"), (folder, "Permission denied")] {
        let program = LiveProcess.Program(name: "node `fra`", path: path, arguments: [], output: folder + "/out")
        let error = #expect(throws: SimulationError.self) { try LiveProcess(program, on: loop).start() }
        #expect(error?.code == .process && error?.message.contains("node `fra` (\(path))") == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
      }
      let program = LiveProcess.Program(name: "x", path: "/bin/true", arguments: [], output: folder + "/no/folder")
      #expect(throws: SimulationError.self) { try LiveProcess(program, on: loop).start() }
    }
  }

  @Test func oneThatDoesNotHearIsKilled() async throws {
    try await inFolder { loop, folder in
      let deaf = LiveProcess(Self.shell("trap '' TERM; echo ready; exec sleep 60", in: folder), on: loop)
      try deaf.start()
      try await deaf.waitUntilItSays("ready")
      let begun = loop.now
      await deaf.stop(graceMilliseconds: 100)
      #expect(deaf.exit == .signal(SIGKILL))
      #expect(loop.now - begun >= 100_000_000)
    }
  }

  @Test func oneThatStandsStillIsStoppedLikeOthers() async throws {
    try await inFolder { loop, folder in
      let process = LiveProcess(Self.shell("echo ready; exec sleep 60", in: folder), on: loop)
      try process.start()
      try await process.waitUntilItSays("ready")
      let identifier = try #require(process.identifier)
      process.send(SIGSTOP)
      try await Live.until("it stands still", on: loop) { Self.state(of: identifier) == "T" }
      process.send(SIGCONT)
      try await Live.until("it goes on", on: loop) { Self.state(of: identifier) != "T" }
      process.send(SIGSTOP)
      await process.stop()
      #expect(process.exit == .signal(SIGTERM))
    }
  }

  @Test func whoNeverListensIsAnErrorWithTheEndOfItsOutput() async throws {
    try await inFolder { loop, folder in
      let dead = LiveProcess(Self.shell("echo the port is taken; exit 2", in: folder), on: loop)
      try dead.start()
      var error = await #expect(throws: SimulationError.self) { try await dead.waitUntilItSays("listening") }
      #expect(error?.message.contains("exit status 2") == true && error?.message.contains("the port is taken") == true)
      let mute = LiveProcess(Self.shell("exec sleep 60", in: folder), on: loop)
      try mute.start()
      error = await #expect(throws: SimulationError.self) { try await mute.waitUntilItSays("listening", within: 50) }
      #expect(error?.message.contains("within 50 ms") == true)
      await mute.kill()
    }
  }

  // MARK: Nothing is left behind

  /// The kernel kills a child when the thread that started it ends: that is also how our own death reaches it.
  @Test func itDiesWithTheThreadOfItsLoop() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/live-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let loop = try EventLoop()
    loop.start(name: "short-lived")
    let kept: Kept = await withCheckedContinuation { continuation in
      loop.spawn {
        let process = LiveProcess(Self.shell("trap '' TERM; exec sleep 60", in: folder), on: loop)
        try? process.start()
        continuation.resume(returning: Kept(process, process.identifier ?? 0))
      }
    }
    #expect(kept.identifier > 0 && Self.state(of: kept.identifier) != nil)
    loop.stop()
    loop.join()
    let deadline = Date() + 10
    while let state = Self.state(of: kept.identifier), state != "Z", Date() < deadline { usleep(2_000) }
    #expect(Self.state(of: kept.identifier) == "Z", "dead, and waited for by nobody yet")
    kept.process = nil
    #expect(Self.state(of: kept.identifier) == nil)
  }

  @Test func oneThatIsForgottenIsEnded() async throws {
    try await inFolder { loop, folder in
      var process: LiveProcess? = LiveProcess(Self.shell("exec sleep 60", in: folder), on: loop)
      try process?.start()
      let identifier = try #require(process?.identifier)
      process = nil
      #expect(Self.state(of: identifier) == nil)
    }
  }

  @Test func stoppingARunEndsAllOfThem() async throws {
    try await inFolder { loop, folder in
      let processes = LiveProcesses(on: loop)
      var identifiers: [pid_t] = []
      for index in 0..<4 {
        var program = Self.shell("echo ready; exec sleep 60", in: folder)
        program.output += "-\(index)"
        let process = try await processes.start(program, ready: "ready")
        identifiers.append(try #require(process.identifier))
        if index == 1 { process.send(SIGSTOP) }
        if index == 2 { await process.kill() }
      }
      try await processes.restart(processes.all[2], ready: "ready")
      identifiers[2] = try #require(processes.all[2].identifier)
      #expect(identifiers.allSatisfy { Self.state(of: $0) != nil })
      await processes.stop()
      #expect(identifiers.allSatisfy { Self.state(of: $0) == nil })
      await processes.stop()
    }
  }

  // MARK: redis-server

  @Test func whatRedisAcknowledgedOutlivesItsKill() async throws {
    try await inFolder { loop, folder in
      var ports = LivePorts()
      let port = try ports.take(on: loop)
      let path = try Programs.find(RedisProgram.names, path: "/usr/bin:/bin", install: "apt install redis-server")
      let processes = LiveProcesses(on: loop)
      let redis = try await processes.start(
        Self.redis("store", path, port: port, in: folder), ready: RedisProgram.ready)
      let answer = try await Self.ask(port, "SET key value\r\n", on: loop)
      #expect(answer == "+OK\r\n")
      await redis.kill()
      await #expect(throws: LoopError.self) { try await Self.ask(port, "GET key\r\n", on: loop) }
      try await processes.restart(redis, ready: RedisProgram.ready)
      let again = try await Self.ask(port, "GET key\r\n", on: loop)
      #expect(again == "$5\r\nvalue\r\n")
      await processes.stop()
    }
  }

  /// A replica follows through a relay: a read there is behind by the relay's delay.
  @Test func aReplicaIsBehindByItsLag() async throws {
    try await inFolder { loop, folder in
      var ports = LivePorts()
      let (port, copyPort) = (try ports.take(on: loop), try ports.take(on: loop))
      #expect(port != copyPort)
      let path = try Programs.find(RedisProgram.names, path: "/usr/bin:/bin", install: "apt install redis-server")
      let processes = LiveProcesses(on: loop)
      _ = try await processes.start(
        Self.redis("store", path, port: port, in: folder), ready: RedisProgram.ready)
      let network = try RelayNetwork(seed: 1)
      defer { network.stop() }
      let link = await network.makeLink(
        forward: LinkShape(), backward: LinkShape(oneWayMilliseconds: 150))
      let way = try await network.listen(over: link, to: .loopback(port: port)).address
      try FileManager.default.createDirectory(atPath: folder + "/copy", withIntermediateDirectories: true)
      _ = try await processes.start(
        Self.redis("copy", path, port: copyPort, in: folder + "/copy", follows: way.port),
        ready: RedisProgram.ready)
      try await Live.until("the replica is in step", on: loop, milliseconds: 20_000) {
        try await Self.ask(copyPort, "INFO replication\r\n", on: loop).contains("master_link_status:up")
      }
      _ = try await Self.ask(port, "SET key 1\r\n", on: loop)
      let written = loop.now
      #expect(try await Self.ask(copyPort, "GET key\r\n", on: loop) == "$-1\r\n")
      try await Live.until("the write is there", on: loop) {
        try await Self.ask(copyPort, "GET key\r\n", on: loop) == "$1\r\n1\r\n"
      }
      let lag = Double(loop.now - written) / 1e6
      #expect(lag > 100 && lag < 400, "\(lag) ms")
      await processes.stop()
    }
  }

  @Test func aMissingProgramIsAnErrorThatSaysWhatToInstall() {
    let error = #expect(throws: SimulationError.self) {
      _ = try Programs.find(RedisProgram.names, path: "/nonexistent:/etc", install: "apt install redis-server")
    }
    #expect(error?.code == .missingProgram)
    #expect(error?.message.contains("apt install redis-server") == true && error?.message.contains("PATH") == true)
  }

  private static let password = "pass1234"

  private static func redis(
    _ name: String, _ path: String, port: UInt16, in folder: String, follows primary: UInt16? = nil
  ) throws -> LiveProcess.Program {
    let file = "\(folder)/\(RedisProgram.configurationName)"
    try RedisProgram.configuration(port: port, folder: folder, password: password, follows: primary)
      .write(toFile: file, atomically: true, encoding: .utf8)
    return RedisProgram.program(named: name, path: path, configuration: file, folder: folder)
  }

  /// Sends a line to a redis-server, after the password, and answers what comes back for it at first.
  private static func ask(_ port: UInt16, _ line: String, on loop: EventLoop) async throws -> String {
    let client = try await LiveClient(to: .loopback(port: port), on: loop)
    defer { client.connection.close() }
    let granted = "+OK\r\n"
    client.connection.write(Array("AUTH \(password)\r\n\(line)".utf8))
    try await Live.until("an answer", on: loop) { client.received.count > granted.utf8.count }
    let text = String(decoding: client.received, as: UTF8.self)
    #expect(text.hasPrefix(granted), "\(text)")
    return String(text.dropFirst(granted.count))
  }

  /// Loopback is every user's: who has not the password reads nothing, and nobody sets where files are written.
  @Test func aStoreOfARunIsTheRunsAlone() async throws {
    try await inFolder { loop, folder in
      var ports = LivePorts()
      let port = try ports.take(on: loop)
      let path = try Programs.find(RedisProgram.names, path: "/usr/bin:/bin", install: "apt install redis-server")
      let processes = LiveProcesses(on: loop)
      let program = try Self.redis("store", path, port: port, in: folder)
      #expect(!program.arguments.contains { $0.contains(Self.password) })
      #expect(!program.environment.contains { $0.hasPrefix("ATOLL_") })
      _ = try await processes.start(program, ready: RedisProgram.ready)
      let client = try await LiveClient(to: .loopback(port: port), on: loop)
      defer { client.connection.close() }
      client.connection.write(Array("KEYS *\r\n".utf8))
      try await Live.until("an answer", on: loop) { !client.received.isEmpty }
      #expect(String(decoding: client.received, as: UTF8.self).hasPrefix("-NOAUTH"))
      #expect(try await Self.ask(port, "CONFIG SET dir /\r\n", on: loop).hasPrefix("-ERR unknown command"))
      await processes.stop()
    }
  }
}

/// A process that is kept beyond its loop.
private final class Kept: @unchecked Sendable {
  var process: LiveProcess?
  let identifier: pid_t
  init(_ process: LiveProcess, _ identifier: pid_t) {
    self.process = process
    self.identifier = identifier
  }
}
