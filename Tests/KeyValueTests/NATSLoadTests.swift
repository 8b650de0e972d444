// More than a NATS store takes at once: refused as busy, not as a store that is down, and room again afterwards.
import EventLoop
import Synchronization
import Testing

@testable import KeyValue

@Suite("nats under load", .timeLimit(.minutes(2)))
struct NATSLoadTests {
  @Test func moreThanMayWaitAreBusyAtOnce() async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      try await client.put("a", "v")
      server.pause()
      let all = NATSLimits.operationsQueued + NATSLimits.threads + 100
      let codes = try await outcomes(client, all, putA, milliseconds: 1_000)
      let busy = codes.count { $0 == .busy }
      // The threads may have taken theirs, or not yet.
      #expect((100...100 + NATSLimits.threads).contains(busy), "\(busy)")
      #expect(codes.count { $0 == .unavailable } == all - busy)
      server.resume()
      #expect(try await client.becomesWell(within: 3_000))
    }
  }

  @Test func bytesThatWaitAreBoundedAndGivenBack() async throws {
    let server = try await NATSServer()
    try await withClient(try NATSBackend(url: server.url)) { client in
      try await client.put("a", "v")
      let value = [UInt8](repeating: 7, count: KeyValueLimits.valueBytesMax)
      let put = KeyValueOperation.Body.put(key: [0x61], value: value, timeToLive: nil, condition: .none)
      let fit = NATSLimits.bytesQueued / (value.count + 1)
      // Twice: what ended at its deadline has given its room back, once the threads have passed it over.
      for _ in 0..<2 {
        server.pause()
        let codes = try await outcomes(client, fit + 40, put, milliseconds: 300)
        #expect(codes.count { $0 == .busy } == 40)
        #expect(codes.count { $0 == .unavailable } == fit)
        server.resume()
        #expect(try await client.becomesWell(within: 4_000))
      }
      // And what was done, too.
      for _ in 0..<2 {
        let codes = try await outcomes(client, fit, put, milliseconds: 20_000)
        #expect(codes.allSatisfy { $0 == nil }, "\(codes)")
      }
    }
  }

  /// A listing is asked for as a thread does, so that its end is when the thread is free again.
  @Test func aListingThatRunsOutOfTimeGivesItsThreadBack() async throws {
    let server = try await NATSServer()
    let session = try NATSSession(try NATSAddress(server.url), clock: machineWallClock)
    defer { session.disconnect() }
    let loop = try EventLoop()
    /// How long it took and how it ended.
    @Sendable func list(milliseconds: UInt64) -> (took: UInt64, result: KeyValueResult) {
      let start = monotonicNanoseconds()
      let submission = NATSSubmission(
        KeyValueOperation(namespace: "n", .list(prefix: [], cursor: nil, limit: 1_000)),
        deadline: start + milliseconds * 1_000_000, loop: loop, completion: { _ in }, finish: { _, _ in })
      let result = session.perform(submission)
      return ((monotonicNanoseconds() - start) / 1_000_000, result)
    }
    // Makes the bucket.
    #expect(try await blocking { try list(milliseconds: 5_000).result.get() } == .page([], isLast: true))
    // As a node would write them, but all at once.
    let count = 40_000
    let head = "NATS/1.0\r\nAtoll-Record: 1:0\r\n\r\n"
    let sizes = "\(head.utf8.count) \(head.utf8.count + 1)"
    let records = (0..<count).map { "HPUB $KV.atoll.n.k\($0) \(sizes)\r\n\(head)v\r\n" }
    let text = "CONNECT {\"verbose\":false,\"headers\":true}\r\n" + records.joined() + "PING\r\n"
    let port = server.port
    _ = try await blocking { answer(atPort: port, to: text) }
    try await waitUntil("all are stored") { try await server.messages(inBucket: "atoll") == count }

    let whole = try await blocking { list(milliseconds: 30_000) }
    guard case .success(.page(let keys, isLast: false)) = whole.result else { throw WrongAnswer() }
    #expect(keys.count == 1_000)
    let share = max(whole.took / 4, 10)
    let early = try await blocking { list(milliseconds: share) }
    guard case .failure(let error) = early.result else { throw WrongAnswer() }
    #expect(error.code == .unavailable && !error.mayHaveHappened, "\(error)")
    // For a busy machine; a request that nobody answers would take 2,000.
    let most: UInt64 = 250
    #expect(early.took <= share + most, "\(early.took) of \(share), the whole \(whole.took)")
    // A server that says nothing any more while its records come.
    async let paused = blocking { list(milliseconds: whole.took / 2 + 100) }
    try await Task.sleep(for: .milliseconds(whole.took / 4))
    server.pause()
    #expect(try await paused.took <= whole.took / 2 + 100 + most)
    server.resume()
  }

  /// The codes that so many operations of one turn of the loop end with.
  private func outcomes(
    _ client: Client, _ count: Int, _ body: KeyValueOperation.Body, milliseconds: UInt64
  ) async throws -> [KeyValueError.Code?] {
    let codes = Shared<[KeyValueError.Code?]>([])
    client.loop.execute {
      for _ in 0..<count {
        client.start(KeyValueOperation(namespace: "n", body), milliseconds: milliseconds) { outcome in
          if case .failure(let error) = outcome {
            #expect(error.code != .busy || !error.mayHaveHappened)
            codes.value.append(error.code)
          } else {
            codes.value.append(nil)
          }
        }
      }
    }
    try await waitUntil("all have ended") { codes.value.count == count }
    return codes.value
  }
}
