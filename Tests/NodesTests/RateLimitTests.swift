// The token bucket of one worker: burst, refill, one rate a peer, a bounded table.

import EventLoop
import Testing

@testable import Nodes

@Suite struct RateLimitTests {
  static func peer(_ number: UInt8) throws -> SocketAddress { try SocketAddress(host: "10.0.0.\(number)", port: 0) }
  let second: UInt64 = 1_000_000_000

  @Test func aQuietPeerMayCallItsBurstAtOnceAndNotOnceMore() throws {
    let limit = RateLimit(callsPerSecond: 10, burst: 3)
    let peer = try Self.peer(1)
    for _ in 0..<3 { #expect(limit.take(peer: peer, nowNanoseconds: second) == nil) }
    #expect(limit.take(peer: peer, nowNanoseconds: second) == 1)
  }

  @Test func tokensComeBackAtTheRate() throws {
    let limit = RateLimit(callsPerSecond: 10, burst: 1)
    let peer = try Self.peer(1)
    #expect(limit.take(peer: peer, nowNanoseconds: second) == nil)
    #expect(limit.take(peer: peer, nowNanoseconds: second + 99_000_000) == 1)
    #expect(limit.take(peer: peer, nowNanoseconds: second + 101_000_000) == nil)
  }

  @Test func aSlowRateSaysHowManySecondsToWait() throws {
    let limit = RateLimit(callsPerSecond: 1, burst: 1)
    let peer = try Self.peer(1)
    #expect(limit.take(peer: peer, nowNanoseconds: second) == nil)
    #expect(limit.take(peer: peer, nowNanoseconds: second) == 1)
  }

  @Test func onePeerDoesNotUseAnothersTokens() throws {
    let limit = RateLimit(callsPerSecond: 1, burst: 1)
    #expect(limit.take(peer: try Self.peer(1), nowNanoseconds: second) == nil)
    #expect(limit.take(peer: try Self.peer(2), nowNanoseconds: second) == nil)
    #expect(limit.take(peer: try Self.peer(1), nowNanoseconds: second) == 1)
  }

  @Test func aFullTableForgetsThePeersWhoseBucketIsFullAgain() throws {
    let limit = RateLimit(callsPerSecond: 1, burst: 1, peersMax: 2)
    #expect(limit.take(peer: try Self.peer(1), nowNanoseconds: second) == nil)
    #expect(limit.take(peer: try Self.peer(2), nowNanoseconds: 3 * second) == nil)
    // Peer 1 has its token back and is forgotten; peer 2 has not and is remembered.
    #expect(limit.take(peer: try Self.peer(3), nowNanoseconds: 3 * second) == nil)
    #expect(limit.take(peer: try Self.peer(2), nowNanoseconds: 3 * second) == 1)
  }

  @Test func aClockThatStandsStillGivesNoTokens() throws {
    let limit = RateLimit(callsPerSecond: 1_000, burst: 2)
    let peer = try Self.peer(1)
    _ = limit.take(peer: peer, nowNanoseconds: second)
    _ = limit.take(peer: peer, nowNanoseconds: second)
    #expect(limit.take(peer: peer, nowNanoseconds: second - 1) == 1)
  }
}

@Suite struct RateLimitClientTests {
  @Test func theAddressesOfOneIPv6CustomerAreOneClient() throws {
    let one = try SocketAddress(host: "2001:db8:1:2::1", port: 1).client
    let same = try SocketAddress(host: "2001:db8:1:2:ffff::9", port: 2).client
    let other = try SocketAddress(host: "2001:db8:1:3::1", port: 1).client
    #expect(one == same)
    #expect(one != other)
    #expect(try SocketAddress(host: "::1", port: 5).client != one)
    #expect(try SocketAddress(host: "10.0.0.1", port: 5).client != SocketAddress(host: "10.0.0.2", port: 5).client)
  }
}
