// How the upstreams of a node are doing: circuit breakers, retry budgets and counters, shared by all its loops.
internal import Glibc
internal import Synchronization

/// What the whole process knows of its upstreams, by worker and name. Any thread.
///
/// An entry appears with the first request and stays until ``keep(workers:)``: as many as manifests name. Each request
/// takes its lock three times, for about 100 ns.
public final class UpstreamHealth: Sendable {
  /// Where time and chance come from, so that tests and the simulator can bring their own.
  public struct Source: Sendable {
    /// Monotonic milliseconds.
    public var milliseconds: @Sendable () -> UInt64
    /// Seconds since 1970: a `Retry-After` may be a date.
    public var secondsSince1970: @Sendable () -> Int64
    /// From 0 up to 1.
    public var random: @Sendable () -> Double

    public init(
      milliseconds: @escaping @Sendable () -> UInt64, secondsSince1970: @escaping @Sendable () -> Int64,
      random: @escaping @Sendable () -> Double
    ) {
      self.milliseconds = milliseconds
      self.secondsSince1970 = secondsSince1970
      self.random = random
    }

    /// The machine's clocks and generator.
    public static var system: Source {
      Source(
        milliseconds: {
          var time = timespec()
          clock_gettime(CLOCK_MONOTONIC, &time)
          return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
        },
        secondsSince1970: { Int64(time(nil)) },
        random: { Double.random(in: 0..<1) })
    }
  }

  /// One upstream, for `/metrics`.
  public struct Snapshot: Sendable, Equatable {
    public var worker: String
    public var upstream: String
    /// `closed`, `open` or `half_open`.
    public var state: String
    public var openedTotal: UInt64
    /// Requests that ended, by `ok` (an answer with any status), `cancelled`, or the code of their error.
    public var requests: [String: UInt64]
    public var retries: UInt64
    /// Retries that were not made because the budget was used up.
    public var budgetExhausted: UInt64
  }

  private struct Key: Hashable {
    var worker: String
    var upstream: String
  }

  private struct Entry {
    var breaker = CircuitBreaker()
    var budget = RetryBudget()
    var requests: [String: UInt64] = [:]
    var retries: UInt64 = 0
    var budgetExhausted: UInt64 = 0
  }

  let source: Source
  private let entries = Mutex<[Key: Entry]>([:])

  public init(source: Source = .system) { self.source = source }

  /// All upstreams that were asked, by worker and name.
  public var snapshot: [Snapshot] {
    let all = entries.withLock { $0 }
    return all.map { key, entry in
      Snapshot(
        worker: key.worker, upstream: key.upstream, state: entry.breaker.state.rawValue,
        openedTotal: entry.breaker.openedTotal, requests: entry.requests, retries: entry.retries,
        budgetExhausted: entry.budgetExhausted)
    }.sorted { ($0.worker, $0.upstream) < ($1.worker, $1.upstream) }
  }

  /// Forgets what belongs to other workers than these, after a reload.
  public func keep(workers: Set<String>) {
    entries.withLock { entries in entries = entries.filter { workers.contains($0.key.worker) } }
  }

  // MARK: Of one request

  enum Admission: Equatable {
    case granted(epoch: UInt64)
    case refused(retryAfterMilliseconds: UInt64)
  }

  /// Asks the breaker for one try. The first try of a request also feeds the retry budget.
  func admit(_ worker: String, _ upstream: String, isFirst: Bool) -> Admission {
    let now = source.milliseconds()
    return entries.withLock { entries in
      var entry = entries[Key(worker: worker, upstream: upstream), default: Entry()]
      defer { entries[Key(worker: worker, upstream: upstream)] = entry }
      if let wait = entry.breaker.admit(now: now) { return .refused(retryAfterMilliseconds: wait) }
      if isFirst { entry.budget.addRequest(now: now) }
      return .granted(epoch: entry.breaker.epoch)
    }
  }

  /// Tells how a try went that was granted.
  func record(_ worker: String, _ upstream: String, _ isGood: Bool?, epoch: UInt64) {
    let now = source.milliseconds()
    change(worker, upstream) { $0.breaker.record(isGood, epoch: epoch, now: now) }
  }

  /// May this request be tried once more?
  func takeRetry(_ worker: String, _ upstream: String) -> Bool {
    let now = source.milliseconds()
    return entries.withLock { entries in
      var entry = entries[Key(worker: worker, upstream: upstream), default: Entry()]
      defer { entries[Key(worker: worker, upstream: upstream)] = entry }
      guard entry.budget.take(now: now) else {
        entry.budgetExhausted += 1
        return false
      }
      entry.retries += 1
      return true
    }
  }

  /// Counts a request that ended.
  func count(_ worker: String, _ upstream: String, outcome: String) {
    change(worker, upstream) { $0.requests[outcome, default: 0] += 1 }
  }

  private func change(_ worker: String, _ upstream: String, _ body: (inout sending Entry) -> Void) {
    entries.withLock { body(&$0[Key(worker: worker, upstream: upstream), default: Entry()]) }
  }

  /// The pause before retry number `retry`, from 0: exponential, half of it random, in milliseconds.
  func pause(beforeRetry retry: Int) -> UInt64 {
    let whole = min(UpstreamLimits.retryMilliseconds << UInt64(min(retry, 16)), UpstreamLimits.retryMillisecondsMax)
    return whole / 2 + UInt64(Double(whole / 2) * source.random())
  }
}
