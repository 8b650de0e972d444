// When an upstream has failed enough to be left alone, and how often it is tried again. Pure: time is passed in.

/// Closed while things go well; open, and refusing, after too many failures; half open while a few probes find out.
struct CircuitBreaker {
  enum State: String { case closed, open, halfOpen = "half_open" }

  private(set) var state = State.closed
  private(set) var openedTotal: UInt64 = 0
  /// When the circuit opens for probes, in milliseconds.
  private var opensUntil: UInt64 = 0
  /// Openings in a row, each after failed probes.
  private var openings = 0
  private var probesUnderWay = 0
  private var probesGood = 0
  /// Counts each change of state: what was let in under an earlier one says nothing of this one.
  private(set) var epoch: UInt64 = 0
  private var buckets = [Bucket](repeating: Bucket(), count: UpstreamLimits.breakerBuckets)

  private struct Bucket {
    var number: UInt64 = .max
    var requests = 0
    var failures = 0
  }

  private static let bucketMilliseconds =
    UpstreamLimits.breakerWindowMilliseconds / UInt64(UpstreamLimits.breakerBuckets)

  /// May a request go out now? Nil, or how long to wait, in milliseconds. A request that goes out is ended by
  /// ``record(_:epoch:now:)`` exactly once.
  mutating func admit(now: UInt64) -> UInt64? {
    if state == .open {
      guard now >= opensUntil else { return opensUntil - now }
      change(to: .halfOpen)
    }
    guard state == .halfOpen else { return nil }
    guard probesUnderWay < UpstreamLimits.breakerProbes else { return UpstreamLimits.probeRetryAfterMilliseconds }
    probesUnderWay += 1
    return nil
  }

  /// How a request ended: `true` well, `false` badly, nil says nothing of the upstream (cancelled, for example).
  mutating func record(_ isGood: Bool?, epoch: UInt64, now: UInt64) {
    guard epoch == self.epoch else { return }
    switch state {
    case .open: return
    case .halfOpen:
      probesUnderWay -= 1
      guard let isGood else { return }
      guard isGood else { return open(now: now) }
      probesGood += 1
      guard probesGood >= UpstreamLimits.breakerProbesNeeded else { return }
      openings = 0
      change(to: .closed)
    case .closed:
      guard let isGood else { return }
      count(isGood, now: now)
      let (requests, failures) = window(now: now)
      if requests >= UpstreamLimits.breakerRequestsMin,
        Double(failures) >= UpstreamLimits.breakerFailureRatio * Double(requests)
      {
        open(now: now)
      }
    }
  }

  private mutating func open(now: UInt64) {
    let wait = UpstreamLimits.breakerOpenMilliseconds << UInt64(min(openings, 10))
    opensUntil = now + min(wait, UpstreamLimits.breakerOpenMillisecondsMax)
    openings += 1
    openedTotal += 1
    change(to: .open)
  }

  private mutating func change(to state: State) {
    self.state = state
    epoch += 1
    probesUnderWay = 0
    probesGood = 0
    for index in buckets.indices { buckets[index] = Bucket() }
  }

  private mutating func count(_ isGood: Bool, now: UInt64) {
    let number = now / Self.bucketMilliseconds
    let index = Int(number % UInt64(buckets.count))
    if buckets[index].number != number {
      buckets[index] = Bucket()
      buckets[index].number = number
    }
    buckets[index].requests += 1
    if !isGood { buckets[index].failures += 1 }
  }

  private func window(now: UInt64) -> (requests: Int, failures: Int) {
    let number = now / Self.bucketMilliseconds
    var (requests, failures) = (0, 0)
    for bucket in buckets where bucket.number <= number && number - bucket.number < UInt64(buckets.count) {
      requests += bucket.requests
      failures += bucket.failures
    }
    return (requests, failures)
  }
}

/// How many retries an upstream gets: a part of its requests, and a few a second for one that is asked little. Retries
/// beyond would multiply the load on an upstream that has too much of it.
struct RetryBudget {
  private var held = UpstreamLimits.retriesHeld
  private var countedAt: UInt64?

  mutating func addRequest(now: UInt64) {
    add(UpstreamLimits.retriesPerRequest, now: now)
  }

  /// Takes one retry out, where one is there.
  mutating func take(now: UInt64) -> Bool {
    add(0, now: now)
    guard held >= 1 else { return false }
    held -= 1
    return true
  }

  private mutating func add(_ retries: Double, now: UInt64) {
    let elapsed = now - min(now, countedAt ?? now)
    countedAt = now
    held = min(UpstreamLimits.retriesHeld, held + retries + Double(elapsed) / 1000 * UpstreamLimits.retriesPerSecond)
  }
}
