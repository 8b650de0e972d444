// What only a Redis can do to its clients: refuse them, forget scripts, fill up, hold what others wrote.
import EventLoop
import Foundation
import KeyValue
import Testing

/// Runs `body` with a client of a backend on a loop of its own.
func withClient(_ backend: any KeyValueBackend, _ body: (Client) async throws -> Void) async throws {
  let loop = try EventLoop()
  loop.start(name: "test")
  let client = try await Client.connect(backend, on: loop, namespace: "n")
  do { try await body(client) } catch { Issue.record(error) }
  await client.close()
  loop.stop()
  loop.join()
  #expect(loop.closedCleanly)
  backend.close()
}

/// The failure that an operation ended with, in time; an issue where it was done.
func failure(_ client: Client, _ body: KeyValueOperation.Body, milliseconds: UInt64 = 2_000, within: UInt64? = nil)
  async throws -> KeyValueError
{
  let operation = KeyValueOperation(namespace: client.namespace, body)
  // The time is taken on the loop: the pool of the tests is often busy.
  let (outcome, took): (KeyValueOutcome, UInt64) = await withCheckedContinuation { continuation in
    client.loop.execute {
      let begin = client.loop.now
      client.start(operation, milliseconds: milliseconds) { outcome in
        continuation.resume(returning: (outcome, (client.loop.now - begin) / 1_000_000))
      }
    }
  }
  #expect(took < within ?? milliseconds + 100, "\(took) ms")
  guard case .failure(let error) = outcome else {
    Issue.record("it was done: \(outcome)")
    throw WrongAnswer()
  }
  return error
}

let getA = KeyValueOperation.Body.get(key: [0x61])
let putA = KeyValueOperation.Body.put(key: [0x61], value: [1], timeToLive: nil, condition: .none)

@Suite("redis", .timeLimit(.minutes(2)))
struct RedisTests {
  @Test func addressesAreReadWhole() throws {
    for right in [
      "redis://localhost", "redis://:p%40ss@localhost:7000/3", "REDIS://user:p@[::1]:7000", "rediss://u:p@a.example.com",
    ] { _ = try RedisBackend(url: right) }
    for wrong in [
      "", "redis", "redis:host", "http://host", "redis://", "redis://host:0", "redis://host:70000",
      "redis://host:1:2", "redis://ho st", "redis://:secret@host/x", "redis://secret:%zz@host", "redis://secret@host",
      "redis://:secret@a,b", "redis://:secret@host?ca=x", "rediss://:secret@host?other=1", "redis://[::1",
      "redis://:a#b@c",
      "rediss://:secret@host?ca=/nowhere/ca.pem",
    ] {
      do {
        _ = try RedisBackend(url: wrong)
        Issue.record("\(wrong) was taken")
      } catch {
        #expect(error.code == .configuration && !error.message.contains("secret"), "\(error)")
      }
    }
  }

  @Test func aPasswordIsAskedForAndNeverTold() async throws {
    let server = try await RedisServer(options: ["--requirepass", "p@:s/% s"])
    let port = server.port
    try await withClient(try RedisBackend(url: "redis://:p%40%3As%2F%25%20s@127.0.0.1:\(port)/2")) { client in
      let version = try await client.put("a", "v")
      #expect(try await client.get("a")?.version == version)
    }
    try await withClient(try RedisBackend(url: "redis://default:p%40%3As%2F%25%20s@127.0.0.1:\(port)/0")) { client in
      // Another database.
      let entry = try await client.get("a")
      #expect(entry == nil)
    }
    for wrong in ["redis://:wrong-secret@127.0.0.1:\(port)", "redis://nobody:wrong-secret@127.0.0.1:\(port)"] {
      try await withClient(try RedisBackend(url: wrong)) { client in
        let error = try await failure(client, getA)
        #expect(error.code == .unavailable && error.message.contains("refused the user or the password"), "\(error)")
        #expect(!error.message.contains("wrong-secret"))
      }
    }
    try await withClient(try RedisBackend(url: "redis://127.0.0.1:\(port)")) { client in
      let error = try await failure(client, getA)
      #expect(error.message.contains("NOAUTH"))
    }
  }

  @Test func certificatesAreVerified() async throws {
    let server = try await RedisServer(certificateFor: "localhost")
    let authority = server.authority.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    try await withClient(try RedisBackend(url: "rediss://localhost:\(server.port)?ca=\(authority)")) { client in
      let big = [UInt8](repeating: 7, count: 1 << 20)
      try await client.put("big", big)
      for round in 0..<20 { try await client.put("k\(round)", "v") }
      #expect(try await client.get("big")?.value == big)
      #expect(try await client.keys().count == 21)
    }
    // The certificate is of no authority that the machine knows.
    try await withClient(try RedisBackend(url: "rediss://localhost:\(server.port)")) { client in
      let error = try await failure(client, getA)
      #expect(error.code == .unavailable && error.message.contains("certificate"), "\(error)")
    }
    // It is of another name.
    try await withClient(try RedisBackend(url: "rediss://127.0.0.1:\(server.port)?ca=\(authority)")) { client in
      let error = try await failure(client, getA)
      #expect(error.code == .unavailable && error.message.contains("mismatch"), "\(error)")
    }
    // Without TLS the server does not understand a word.
    try await withClient(try RedisBackend(url: "redis://localhost:\(server.port)")) { client in
      let error = try await failure(client, getA)
      #expect(error.code == .unavailable)
    }
  }

  @Test func scriptsThatTheServerForgotAreSentAgain() async throws {
    let server = try await RedisServer.shared()
    try await withClient(try RedisBackend(url: server.url)) { client in
      for _ in 0..<3 {
        try await client.put("a", "v")
        #expect(try await server.command("SCRIPT", "FLUSH") == "OK")
        try await client.put("b", "v")
        try await server.command("SCRIPT", "FLUSH")
        #expect(try await client.keys() == ["a", "b"])
        try await server.command("SCRIPT", "FLUSH")
        #expect(try await client.delete("a"))
        #expect(try await client.delete("b"))
      }
    }
  }

  @Test func aFullServerSaysSoAndCanBeEmptied() async throws {
    let server = try await RedisServer(options: ["--maxmemory", "6mb", "--maxmemory-policy", "noeviction"])
    try await withClient(try RedisBackend(url: server.url)) { client in
      let half = [UInt8](repeating: 7, count: 512 << 10)
      var written = 0
      var problem: KeyValueError?
      while problem == nil, written < 20 {
        do { try await client.put("k\(written)", half) } catch let error as KeyValueError { problem = error }
        written += 1
      }
      let error = try #require(problem)
      #expect(error.code == .full && error.message.contains("maxmemory"), "\(error)")
      #expect(!error.mayHaveHappened)
      // The write that was refused left nothing.
      let keys = try await client.keys()
      #expect(keys.count == written - 1)
      for key in keys { #expect(try await client.delete(key)) }
      try await client.put("a", "v")
    }
  }

  @Test func whatOthersWroteIsCorrupt() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      try await server.command("LPUSH", "atoll:{n}:v:a", "x")
      #expect(try await failure(client, getA).code == .corrupt)
      #expect(try await failure(client, putA).code == .corrupt)
      #expect(try await failure(client, .delete(key: [0x61], condition: .none)).code == .corrupt)
      for record in ["", "short", "2345678901234567890"] {
        try await server.command("SET", "atoll:{n}:v:a", record)
        #expect(try await failure(client, getA).code == .corrupt)
        if !record.isEmpty { #expect(try await failure(client, putA).code == .corrupt) }
      }
      try await server.command("ZADD", "atoll:{n}:keys", "0", "a")
      #expect(try await failure(client, .list(prefix: [], cursor: nil, limit: 10)).code == .corrupt)
      try await client.put("b", "v")
      #expect(try await client.get("b") != nil)
      // A key that is only in the index is none.
      try await server.command("DEL", "atoll:{n}:v:a")
      #expect(try await client.keys() == ["b"])
    }
  }

  /// Versions go up also over a server that lost everything.
  @Test func versionsDoNotBeginAnew() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      var last: UInt64 = 0
      for _ in 0..<3 {
        let version = try await client.put("a", "v")
        #expect(version > last)
        last = try await client.put("a", "v")
        try await server.command("FLUSHALL")
        try await pause(client, milliseconds: 5)
      }
    }
  }

  @Test func aReplicaRefusesWritesInItsOwnWords() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      try await client.put("a", "v")
      try await server.command("REPLICAOF", "127.0.0.1", "1")
      let error = try await failure(client, putA)
      #expect(error.code == .unavailable && error.message.contains("READONLY"), "\(error)")
      #expect(!error.mayHaveHappened)
      #expect(try await client.get("a") != nil)
      try await server.command("REPLICAOF", "NO", "ONE")
      try await client.put("a", "v")
    }
  }

  /// A page may lie behind thousands of expired keys, more than one script looks at.
  @Test func aPageIsFoundBehindExpiredKeys() async throws {
    let server = try await RedisServer()
    let clock = Shared<UInt64>(1_000_000)
    try await withClient(try RedisBackend(url: server.url) { clock.value }) { client in
      await withTaskGroup { group in
        for place in 0..<RedisLimits.keysScanned * 2 + 10 {
          group.addTask { _ = try? await client.put("k\(100_000 + place)", "v", for: 1_000) }
        }
      }
      try await client.put("z", "v")
      clock.value = 1_002_000
      #expect(try await client.keys(limit: 10) == ["z"])
    }
  }
}
