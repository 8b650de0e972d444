// A Redis that is gone, paused, or slow: operations end in time, and all is well again soon after it is back.
import EventLoop
import KeyValue
import Synchronization
import Testing

@Suite("redis outages", .timeLimit(.minutes(2)))
struct RedisOutageTests {
  @Test func aServerThatIsKilledIsFoundAgain() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      let version = try await client.put("a", "v")
      for _ in 0..<2 {
        try await server.kill()
        #expect(try await failure(client, putA, milliseconds: 500).code == .unavailable)
        // Refused again and again: operations do not wait for their deadlines.
        try await pause(client, milliseconds: 300)
        let error = try await failure(client, getA, milliseconds: 5_000, within: 100)
        #expect(error.code == .unavailable && error.message.contains("refused"), "\(error)")
        try await server.start()
        #expect(try await soon(client, getA, within: 1_000))
        #expect(try await client.get("a")?.version == version)
        try await client.put("b", "v")
      }
    }
  }

  @Test func aServerThatComesLateIsWaitedFor() async throws {
    let server = try await RedisServer()
    let other = server.url
    try await server.kill()
    try await withClient(try RedisBackend(url: other)) { client in
      #expect(try await failure(client, getA, milliseconds: 2_000).code == .unavailable)
      try await server.start()
      #expect(try await soon(client, getA, within: 1_000))
    }
  }

  @Test(arguments: [300, 1_500, 4_500]) func aPausedServerIsWellWithinASecondOfItsReturn(milliseconds: UInt64)
    async throws
  {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      try await client.put("a", "before")
      server.pause()
      let clock = ContinuousClock()
      let error = try await failure(client, putA, milliseconds: 200)
      #expect(error.code == .unavailable && error.mayHaveHappened)
      #expect(try await !failure(client, getA, milliseconds: 20).mayHaveHappened)
      let start = clock.now
      while clock.now - start < .milliseconds(milliseconds) {
        #expect(try await failure(client, getA, milliseconds: 50).code == .unavailable)
      }
      server.resume()
      #expect(try await soon(client, getA, within: 1_000))
      try await client.put("a", "after")
      #expect(try await client.get("a")?.value == Array("after".utf8))
    }
  }

  /// Every key holds its own name: an answer that came late and was given to another operation would be seen.
  @Test func lateRepliesAreGivenToNobodyElse() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      for place in 0..<50 { try await client.put("k\(place)", "k\(place)") }
      for round in 0..<6 {
        server.pause()
        await withTaskGroup { group in
          for place in 0..<50 {
            group.addTask {
              let key = Array("k\(place)".utf8)
              let outcome = await client.perform(.init(namespace: "n", .get(key: key)), milliseconds: 30)
              guard case .failure(let error) = outcome else { return }
              #expect(error.code == .unavailable)
            }
          }
        }
        // These are sent behind the others, and still wanted when the replies to both come.
        async let late = withTaskGroup(of: Bool.self) { group in
          for place in 0..<50 {
            group.addTask { (try? await client.get("k\(place)")?.value) == Array("k\(place)".utf8) }
          }
          return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try await pause(client, milliseconds: UInt64(20 + round * 10))
        server.resume()
        #expect(await late == 50)
      }
    }
  }

  @Test func moreThanMayBeUnderWayAreRefusedAtOnce() async throws {
    let server = try await RedisServer()
    try await withClient(try RedisBackend(url: server.url)) { client in
      try await client.put("a", "v")
      server.pause()
      let counts = Mutex((done: 0, refused: 0))
      let all = RedisLimits.operationsInFlight + 500
      let operation = KeyValueOperation(namespace: "n", getA)
      await withCheckedContinuation { continuation in
        client.loop.execute {
          for _ in 0..<all {
            client.start(operation, milliseconds: 20_000) { outcome in
              counts.withLock { counts in
                switch outcome {
                case .success: counts.done += 1
                case .failure(let error):
                  counts.refused += error.code == .busy && !error.mayHaveHappened ? 1 : 0
                }
              }
            }
          }
          continuation.resume()
        }
      }
      #expect(counts.withLock { $0.refused } == 500)
      server.resume()
      for _ in 0..<500 where counts.withLock({ $0.done + $0.refused }) < all {
        try await pause(client, milliseconds: 10)
      }
      #expect(counts.withLock { $0.done } == RedisLimits.operationsInFlight)
    }
  }

  /// While a connection is being made, values wait too: they count as those do that were sent.
  @Test func bytesThatWaitForTheConnectionAreBounded() async throws {
    let server = try await RedisServer()
    server.pause()
    try await withClient(try RedisBackend(url: server.url)) { client in
      let value = [UInt8](repeating: 7, count: KeyValueLimits.valueBytesMax)
      let fit = RedisLimits.bytesInFlight / (value.count + 1)
      // Twice, since those that end at their deadline give their room back.
      for _ in 0..<2 {
        let codes = Shared<[KeyValueError.Code?]>([])
        client.loop.execute {
          let body = KeyValueOperation.Body.put(key: [0x61], value: value, timeToLive: nil, condition: .none)
          let put = KeyValueOperation(namespace: "n", body)
          for _ in 0..<fit + 40 {
            client.start(put, milliseconds: 300) { outcome in
              if case .failure(let error) = outcome {
                #expect(!error.mayHaveHappened)
                codes.value.append(error.code)
              } else {
                codes.value.append(nil)
              }
            }
          }
        }
        try await waitUntil("all have ended") { codes.value.count == fit + 40 }
        #expect(codes.value.prefix(40).allSatisfy { $0 == .busy })
        #expect(codes.value.count { $0 == .unavailable } == fit)
      }
      server.resume()
      #expect(try await soon(client, getA, within: 4_000))
      try await client.put("a", value)
      #expect(try await client.get("a")?.value == value)
    }
  }

  /// Is it done within so many milliseconds, if need be by asking again?
  private func soon(_ client: Client, _ body: KeyValueOperation.Body, within milliseconds: Int) async throws -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .milliseconds(milliseconds) {
      let outcome = await client.perform(.init(namespace: "n", body), milliseconds: 100)
      if case .success = outcome { return true }
      try await pause(client, milliseconds: 5)
    }
    return false
  }
}
