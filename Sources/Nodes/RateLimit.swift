// The token buckets: calls a second that one peer address may make to one worker.

import EventLoop
import Synchronization

/// One token bucket a client, for one worker. Shared by all loops, so that a peer with many connections
/// gets one rate, whichever loops the kernel gave them to. Thread-safe; a lock of some 30 ns a call.
///
/// The protocol demands it: "servers MUST rate limit tool invocations" (MCP 2026-07-28, server/tools,
/// Security Considerations).
final class RateLimit: Sendable {
  let tokensPerSecond: Double
  let burst: Double
  let peersMax: Int
  private let buckets: Mutex<[SocketAddress: Bucket]>

  private struct Bucket {
    var tokens: Double
    var refilledNanoseconds: UInt64
  }

  init(callsPerSecond: Int, burst: Int, peersMax: Int = NodeBounds.ratedPeersMax) {
    tokensPerSecond = Double(callsPerSecond)
    self.burst = Double(burst)
    self.peersMax = peersMax
    buckets = Mutex([:])
  }

  /// Takes one token for `peer` (`SocketAddress.client`), or says after how many whole seconds there will be one.
  func take(peer: SocketAddress, nowNanoseconds now: UInt64) -> Int? {
    buckets.withLock { buckets in
      if let index = buckets.index(forKey: peer) {
        return take(&buckets.values[index], now)
      }
      if buckets.count >= peersMax { forgetIdle(&buckets, now) }
      var bucket = Bucket(tokens: burst, refilledNanoseconds: now)
      let wait = take(&bucket, now)
      buckets[peer] = bucket
      return wait
    }
  }

  private func take(_ bucket: inout Bucket, _ now: UInt64) -> Int? {
    let elapsed = now > bucket.refilledNanoseconds ? Double(now - bucket.refilledNanoseconds) / 1e9 : 0
    bucket.tokens = min(burst, bucket.tokens + elapsed * tokensPerSecond)
    bucket.refilledNanoseconds = max(now, bucket.refilledNanoseconds)
    if bucket.tokens >= 1 {
      bucket.tokens -= 1
      return nil
    }
    return max(1, Int(((1 - bucket.tokens) / tokensPerSecond).rounded(.up)))
  }

  /// Forgets the peers whose bucket is full again: for them, forgetting changes nothing. When most are in use all the
  /// same, the oldest half goes, so that the next newcomers do not pay for this again.
  private func forgetIdle(_ buckets: inout [SocketAddress: Bucket], _ now: UInt64) {
    buckets = buckets.filter { _, bucket in
      // Another loop may have read its clock a moment later than this one.
      let elapsed = now > bucket.refilledNanoseconds ? Double(now - bucket.refilledNanoseconds) / 1e9 : 0
      return bucket.tokens + elapsed * tokensPerSecond < burst
    }
    if buckets.count > peersMax / 4 * 3 {
      let byAge = buckets.sorted { $0.value.refilledNanoseconds < $1.value.refilledNanoseconds }
      for (peer, _) in byAge.prefix(byAge.count / 2) { buckets[peer] = nil }
    }
  }
}
