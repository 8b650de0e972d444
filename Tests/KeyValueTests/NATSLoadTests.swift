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
