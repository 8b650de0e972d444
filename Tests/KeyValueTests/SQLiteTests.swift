// What the SQLite store promises beyond the port: files it takes and refuses, locks, a full disk, a sudden end.
import EventLoop
import Foundation
import Testing

@testable import KeyValue

@Suite("the SQLite file", .timeLimit(.minutes(2)))
struct SQLiteTests {
  private func withClients(
    _ file: TemporaryFile, count: Int = 1, pagesMax: Int? = nil, _ body: ([Client]) async throws -> Void
  ) async throws {
    let backend = try SQLiteBackend(path: file.path, pagesMax: pagesMax)
    let loop = try EventLoop()
    loop.start(name: "test")
    var clients: [Client] = []
    for _ in 0..<count { clients.append(try await Client.connect(backend, on: loop, namespace: "n")) }
    let result: Result<Void, any Error>
    do { result = .success(try await body(clients)) } catch { result = .failure(error) }
    for client in clients { await client.close() }
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
    backend.close()
    try result.get()
  }

  /// The kernel has every acknowledged write, so a process that is killed at this moment loses none. What it would
  /// leave behind is what a copy of the files finds.
  @Test func whatWasAcknowledgedIsInTheFilesAtThatMoment() async throws {
    let (file, copy) = (try TemporaryFile("state.db"), try TemporaryFile("state.db"))
    try await withClients(file) { clients async throws in
      for index in 0..<100 { try await clients[0].put("k\(index)", "v\(index)") }
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: file.path + suffix, toPath: copy.path + suffix)
      }
    }
    try await withClients(copy) { clients async throws in
      for index in 0..<100 { #expect(try await clients[0].get("k\(index)")?.value == Array("v\(index)".utf8)) }
      #expect(try await clients[0].put("new", "v") == 101)
    }
  }

  @Test func aReadIsAnsweredWithinPerform() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      let client = clients[0]
      try await client.put("a", "v")
      let bodies: [KeyValueOperation.Body] = [.get(key: [0x61]), .list(prefix: [], cursor: nil, limit: 5)]
      for body in bodies {
        let wasAtOnce = await withCheckedContinuation { continuation in
          client.loop.execute {
            nonisolated(unsafe) var isDone = false
            client.start(KeyValueOperation(namespace: "n", body), milliseconds: 1_000) { _ in isDone = true }
            continuation.resume(returning: isDone)
          }
        }
        #expect(wasAtOnce)
      }
    }
  }

  @Test func anotherProcessThatWritesDelaysWritesAndNoReads() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      let client = clients[0]
      try await client.put("a", "old")
      let other = try RawSQLite(file.path)
      try other.query("BEGIN IMMEDIATE")
      let start = client.loop.now
      let put = KeyValueOperation(
        namespace: "n", .put(key: [0x61], value: [1], timeToLive: nil, condition: .none))
      guard case .failure(let error) = await client.perform(put, milliseconds: 300) else {
        Issue.record("written through a lock")
        return
      }
      let milliseconds = (client.loop.now - start) / 1_000_000
      #expect(error.code == .unavailable && !error.mayHaveHappened)
      #expect((290...1_500).contains(milliseconds))
      #expect(try await client.get("a")?.value == Array("old".utf8))
      #expect(try await client.keys() == ["a"])
      async let late = client.put("a", "new")
      try await pause(client, milliseconds: 50)
      try other.query("COMMIT")
      #expect(try await late == 2)
      #expect(try await client.get("a")?.value == Array("new".utf8))
    }
  }

  @Test func theQueueOfWritesIsBounded() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      let other = try RawSQLite(file.path)
      try other.query("BEGIN IMMEDIATE")
      let (client, count) = (clients[0], KeyValueLimits.sqliteWaitingMax + KeyValueLimits.sqliteCommitMax + 100)
      let outcomes = await withTaskGroup(of: KeyValueOutcome.self) { group in
        for index in 0..<count {
          group.addTask {
            await client.perform(
              KeyValueOperation(
                namespace: "n", .put(key: Array("\(index)".utf8), value: [], timeToLive: nil, condition: .none)),
              milliseconds: 2_000)
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let errors = outcomes.compactMap { outcome in
        if case .failure(let error) = outcome { error } else { nil }
      }
      #expect(errors.count == count && errors.allSatisfy { !$0.mayHaveHappened })
      #expect(errors.contains { $0.code == .busy })
      // Those that were let in end at their deadline, which does say that the file is not to be had.
      #expect(errors.count { $0.code == .unavailable } >= KeyValueLimits.sqliteWaitingMax)
      #expect(errors.allSatisfy { $0.code == .busy || $0.code == .unavailable })
      try other.query("COMMIT")
      #expect(try await client.put("a", "v") == 1)
    }
  }

  @Test func aFullDiskIsSaidAndCostsNothingThatWasWritten() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file, count: 4, pagesMax: 100) { clients async throws in
      let client = clients[0]
      try await client.put("first", "v")
      // Together, so that some that fit share a transaction with some that do not.
      let codes = await withTaskGroup(of: KeyValueError.Code?.self) { group in
        for index in 0..<40 {
          group.addTask {
            let value = [UInt8](repeating: 1, count: index % 2 == 0 ? 100_000 : 10)
            let put = KeyValueOperation(
              namespace: "n",
              .put(key: Array("k\(100 + index)".utf8), value: value, timeToLive: nil, condition: .none))
            if case .failure(let error) = await clients[index % 4].perform(put) { return error.code }
            return nil
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.contains(.full) && codes.contains(nil))
      #expect(codes.allSatisfy { $0 == nil || $0 == .full })
      let keys = try await client.keys("k")
      #expect(keys.count == codes.count { $0 == nil })
      for key in keys { #expect(try await client.delete(key)) }
      try await client.put("again", [UInt8](repeating: 1, count: 100_000))
      #expect(try await client.get("first")?.value == Array("v".utf8))
    }
  }

  /// More expired keys before the live one than the loop looks at: the writer's thread does it.
  @Test func aLongWalkIsTakenOffTheLoop() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      try await clients[0].put("z", "v")
      try file.query(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
        INSERT INTO entries SELECT 'n', CAST('k' || i AS BLOB), 1, 1, x'00' FROM n
        """)
      #expect(try await clients[0].keys() == ["z"])
    }
  }

  /// 50 MB are written over and over, and neither file keeps them.
  @Test func theLogStaysShort() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients in
      for index in 0..<500 {
        try await clients[0].put("k\(index % 10)", [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 100_000))
      }
      for suffix in ["", "-wal"] {
        let size = try FileManager.default.attributesOfItem(atPath: file.path + suffix)[.size] as? Int
        #expect(try #require(size) < 12 << 20, "\(suffix)")
      }
      #expect(try await clients[0].get("k9")?.value.allSatisfy { $0 == UInt8(truncatingIfNeeded: 499) } == true)
    }
  }

  @Test func aFileOfANewerVersionIsRefused() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { try await $0[0].put("a", "v") }
    try file.query("PRAGMA user_version = 99")
    let error = try #require(throws: KeyValueError.self) { try SQLiteBackend(path: file.path) }
    #expect(error.code == .configuration && error.message.contains("newer") && error.message.contains(file.path))
    try file.query("PRAGMA user_version = 1")
    try await withClients(file) { clients async throws in #expect(try await clients[0].get("a") != nil) }
  }

  @Test func whatIsNoStateFileIsRefusedAndLeftAlone() throws {
    let stranger = try TemporaryFile("other.db")
    try stranger.query("CREATE TABLE mine (a)")
    let text = try TemporaryFile("text.db")
    let prose = String(repeating: "no database at all\n", count: 400)
    try prose.write(toFile: text.path, atomically: false, encoding: .utf8)
    let folder = try TemporaryFile("state.db")
    for path in [stranger.path, text.path, folder.folder, folder.folder + "/none/state.db", "", "a\0b"] {
      let error = try #require(throws: KeyValueError.self, "\(path)") { try SQLiteBackend(path: path) }
      #expect(error.code == .configuration, "\(path): \(error)")
    }
    #expect(try String(contentsOfFile: text.path, encoding: .utf8) == prose)
    #expect(try stranger.query("SELECT count(*) FROM sqlite_schema") == 1)
    #expect(!FileManager.default.fileExists(atPath: stranger.path + "-wal"))
  }

  @Test func aDamagedFileIsSaid() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      for index in 0..<200 { try await clients[0].put("k\(index)", [UInt8](repeating: 7, count: 500)) }
    }
    var bytes = try Data(contentsOf: URL(filePath: file.path))
    for place in 8_192..<bytes.count { bytes[place] = 0xA5 }
    try bytes.write(to: URL(filePath: file.path))
    do {
      try await withClients(file) { clients async throws in
        #expect(try await clients[0].code { _ = try await clients[0].keys() } == .corrupt)
        #expect(try await clients[0].code { try await clients[0].put("k1", "v") } == .corrupt)
      }
    } catch let error as KeyValueError { #expect(error.code == .corrupt) }
  }

  @Test func theFileIsItsOwnersAlone() async throws {
    let file = try TemporaryFile("file:a b?mode=memory.db")
    try await withClients(file) { clients async throws in
      try await clients[0].put("a", "v")
      for suffix in ["", "-wal", "-shm"] {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path + suffix)
        #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
      }
    }
  }

  @Test func aFileThatStaysLockedIsNotWaitedForForEver() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { try await $0[0].put("a", "v") }
    let other = try RawSQLite(file.path)
    try other.query("PRAGMA locking_mode = EXCLUSIVE")
    try other.query("BEGIN EXCLUSIVE")
    let error = try #require(throws: KeyValueError.self) { try SQLiteBackend(path: file.path) }
    #expect(error.code == .unavailable && error.message.contains("locked"))
  }

  /// As nodes that are started together.
  @Test func aNewFileIsSetUpOnce() async throws {
    let file = try TemporaryFile("state.db")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask { try await withClients(file) { try await $0[0].put("k\(index)", "v") } }
      }
      try await group.waitForAll()
    }
    try await withClients(file) { clients async throws in #expect(try await clients[0].keys().count == 8) }
    #expect(try file.query("SELECT version FROM counter") == 8)
  }

  @Test func writesGoOnWhileMuchIsSwept() async throws {
    let file = try TemporaryFile("state.db")
    try await withClients(file) { clients async throws in
      try file.query(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO entries SELECT 'n', CAST('k' || i AS BLOB), 1, 1, zeroblob(500) FROM n
        """)
      // Each of these was seen between two writes that were answered: the sweep did not take all at one go. Written and
      // looked at on the loop: the pool of the tests may stand still for longer than the whole sweep takes.
      let (count, counts) = await SweepWatch(clients[0], file).watch()
      #expect(count == 0)
      #expect(counts.count > 10)
    }
  }
}

/// Writes, looks how many expired records are left, and so on until there is none. On the client's loop.
private final class SweepWatch: @unchecked Sendable {
  private let client: Client
  private let file: TemporaryFile
  private var counts: Set<Int64> = []
  private var writes = 0
  private var done: CheckedContinuation<(Int64, Set<Int64>), Never>?

  init(_ client: Client, _ file: TemporaryFile) {
    self.client = client
    self.file = file
  }

  /// How many are left in the end, and every number that was seen.
  func watch() async -> (Int64, Set<Int64>) {
    await withCheckedContinuation { continuation in
      client.loop.execute { [self] in
        done = continuation
        write()
      }
    }
  }

  private func write() {
    let operation = KeyValueOperation(
      namespace: client.namespace,
      .put(key: Array("live".utf8), value: Array("\(writes)".utf8), timeToLive: nil, condition: .none))
    client.start(operation, milliseconds: 10_000) { [self] outcome in
      if case .failure(let error) = outcome { Issue.record(error) }
      writes += 1
      let count: Int64
      do { count = try file.query("SELECT count(*) FROM entries WHERE expires = 1") } catch {
        Issue.record(error)
        done?.resume(returning: (-1, counts))
        return
      }
      counts.insert(count)
      guard count > 0, writes < 3_000 else {
        done?.resume(returning: (count, counts))
        return
      }
      // Later writes leave it some time: all of them together would be over before the sweep.
      if writes > 500 {
        _ = client.loop.timer(afterMilliseconds: 5) { [self] in write() }
      } else {
        client.loop.execute { [self] in write() }
      }
    }
  }
}
