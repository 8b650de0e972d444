// What only a NATS can do to its clients: take too little, refuse them, be far away behind leaf nodes.
import EventLoop
import Foundation
import KeyValue
import Testing

@Suite("nats", .timeLimit(.minutes(2)))
struct NATSTests {
  @Test func addressesAreReadWhole() throws {
    for wrong in [
      "", "nats", "redis://host", "nats://", "nats://host:0", "nats://secret@host/path", "nats://u:secret@host?bucket=a.b",
      "nats://secret@host?replicas=9", "nats://secret@host?domain=", "nats://secret@host?ca=x", "nats://u:secret@a,,b",
      "tls://secret@host?ca=/nowhere/ca.pem", "nats://secret@host?other=1", "nats://u:se%cret@host",
    ] {
      do {
        _ = try NATSBackend(url: wrong)
        Issue.record("\(wrong) was taken")
      } catch {
        #expect(error.code == .configuration && !error.message.contains("secret"), "\(error)")
      }
    }
  }

  @Test func aServerThatTakesTooLittleIsRefused() async throws {
    let server = try await NATSServer(maxPayload: "1MB")
    let error = #expect(throws: KeyValueError.self) { try NATSBackend(url: server.url) }
    #expect(error?.code == .configuration && error?.message.contains("max_payload: 2MB") == true, "\(error as Any)")
  }

  @Test(arguments: ["user: u, password: \"p@ss\"", "token: \"s/cret\""])
  func whoeverAsksIsAskedForTheirNameAndNeverTold(authorization: String) async throws {
    let server = try await NATSServer(more: "authorization { \(authorization) }")
    let right = authorization.hasPrefix("user") ? "u:p%40ss" : "s%2Fcret"
    try await withClient(try NATSBackend(url: "nats://\(right)@127.0.0.1:\(server.port)")) { client in
      let version = try await client.put("a", "v")
      #expect(try await client.get("a")?.version == version)
    }
    for wrong in ["u:wrong-secret@", "wrong-secret@", ""] {
      let error = #expect(throws: KeyValueError.self) {
        try NATSBackend(url: "nats://\(wrong)127.0.0.1:\(server.port)")
      }
      #expect(error?.code == .configuration && error?.message.contains("wrong-secret") == false, "\(error as Any)")
    }
  }

  @Test func certificatesAreVerified() async throws {
    let server = try await NATSServer(certificateFor: "localhost")
    let authority = server.certificates?.authority.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    try await withClient(try NATSBackend(url: "tls://localhost:\(server.port)?ca=\(authority)")) { client in
      let version = try await client.put("a", "v")
      #expect(try await client.get("a")?.version == version)
    }
    for wrong in ["tls://localhost:\(server.port)", "tls://127.0.0.1:\(server.port)?ca=\(authority)"] {
      let error = #expect(throws: KeyValueError.self) { try NATSBackend(url: wrong) }
      #expect(error?.code == .configuration && error?.message.contains("TLS") == true, "\(error as Any)")
    }
  }

  @Test func aFullBucketSaysSo() async throws {
    let store = try TemporaryFile("store")
    let server = try await NATSServer(more: "jetstream { max_file_store: 3MB, store_dir: \"\(store.folder)\" }")
    try await withClient(try NATSBackend(url: server.url)) { client in
      let half = [UInt8](repeating: 7, count: 512 << 10)
      var problem: KeyValueError?
      for index in 0..<20 where problem == nil {
        do { try await client.put("k\(index)", half) } catch let error as KeyValueError { problem = error }
      }
      #expect(problem?.code == .full, "\(problem as Any)")
    }
  }

  @Test func aServerThatIsKilledIsFoundAgain() async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      let version = try await client.put("a", "v")
      try await server.kill()
      #expect(try await failure(client, putA, milliseconds: 500).code == .unavailable)
      try await pause(client, milliseconds: 1_200)
      #expect(try await failure(client, getA, milliseconds: 5_000, within: 500).code == .unavailable)
      try await server.start()
      #expect(try await client.becomesWell(within: 1_500))
      #expect(try await client.get("a")?.version == version)
      try await client.put("a", "v", if: .version(version))
    }
  }

  @Test func aServerThatComesLateIsWaitedFor() async throws {
    let server = try await NATSServer()
    try await server.kill()
    try await withClient(try NATSBackend(url: server.url)) { client in
      #expect(try await failure(client, getA, milliseconds: 300).code == .unavailable)
      try await server.start()
      #expect(try await client.becomesWell(within: 1_500))
    }
  }

  @Test(arguments: [300, 5_000] as [UInt64])
  func aPausedServerIsWellWithinASecondOfItsReturn(milliseconds: UInt64) async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      try await client.put("a", "before")
      server.pause()
      let error = try await failure(client, putA, milliseconds: 200)
      #expect(error.code == .unavailable && error.mayHaveHappened)
      let clock = ContinuousClock()
      let start = clock.now
      while clock.now - start < .milliseconds(milliseconds) {
        #expect(try await failure(client, getA, milliseconds: 50).code == .unavailable)
      }
      server.resume()
      #expect(try await client.becomesWell(within: 1_000))
      try await client.put("a", "after")
      #expect(try await client.get("a")?.value == Array("after".utf8))
    }
  }

  @Test func whatOthersWroteIsCorrupt() async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      try await client.put("b", "v")
      // As any client of NATS publishes.
      let said = answer(
        atPort: server.port, to: "CONNECT {\"verbose\":true}\r\nPUB $KV.atoll.n.a 1\r\nx\r\nPUB $KV.atoll.n.=ZZ 1\r\nx\r\n")
      #expect(said != nil)
      try await waitUntil("it is stored") { try await server.messages(inBucket: "atoll") == 3 }
      #expect(try await failure(client, getA).code == .corrupt)
      #expect(try await failure(client, .delete(key: [0x61], condition: .none)).code == .corrupt)
      let absent = KeyValueOperation.Body.put(key: [0x61], value: [], timeToLive: nil, condition: .absent)
      #expect(try await failure(client, absent).code == .corrupt)
      #expect(try await client.keys() == ["b"])
    }
  }

  /// Markers of deletes go too, and no version comes twice.
  @Test func deletesLeaveNothingForGood() async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      var last: UInt64 = 0
      for index in 0..<20 {
        last = try await client.put("k\(index)", "v")
        #expect(try await client.delete("k\(index)"))
      }
      for _ in 0..<150 where try await server.messages(inBucket: "atoll") != 0 { try await pause(client, milliseconds: 100) }
      #expect(try await server.messages(inBucket: "atoll") == 0)
      #expect(try await client.put("k19", "v", if: .absent) > last + 1)
    }
  }
}

extension Client {
  /// Is a get done within so many milliseconds, if need be by asking again?
  func becomesWell(within milliseconds: Int) async throws -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .milliseconds(milliseconds) {
      if case .success = await perform(.init(namespace: namespace, getA), milliseconds: 200) { return true }
      try await loop.sleep(milliseconds: 5)
    }
    return false
  }
}
