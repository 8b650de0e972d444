// What a shard counts. All of it adds up over shards in any order to the same sums.

/// Counts of one tool and one region of callers.
struct ToolTally {
  var calls: UInt64 = 0
  var ok: UInt64 = 0
  var toolErrors: UInt64 = 0
  var failed: UInt64 = 0
  var latency = LatencyHistogram()
  var aboveLinks = LatencyHistogram()
  var outcomes = [UInt64](repeating: 0, count: Outcome.count)

  mutating func merge(_ other: ToolTally) {
    calls += other.calls
    ok += other.ok
    toolErrors += other.toolErrors
    failed += other.failed
    latency.merge(other.latency)
    aboveLinks.merge(other.aboveLinks)
    for index in outcomes.indices { outcomes[index] += other.outcomes[index] }
  }
}

/// One step of the time axis.
struct TimeTally {
  var calls: UInt64 = 0
  var failed: UInt64 = 0
  var latency = LatencyHistogram()
}

/// A tenth of a second, to see when a fault was over.
struct MomentTally {
  var failed: UInt32 = 0
  var slow: UInt32 = 0
}

struct Tally {
  /// Time above the links' own that is called slow, in nanoseconds.
  static let slowNanoseconds: UInt64 = 250_000_000
  static let momentNanoseconds: UInt64 = 100_000_000
  /// Steps of the time axis, at most; a step is a whole number of seconds.
  static let stepsMax = 600

  let regions: Int
  let stepSeconds: Int
  /// Calls that began before this are the sample that plans are compared by.
  let sampleEnd: UInt64
  /// Tool by tool, region by region.
  var tools: [ToolTally]
  var steps: [TimeTally]
  var moments: [MomentTally]
  var ran: [UInt64]
  var forwarded: [UInt64]
  var refused: [UInt64]
  var populations: [UInt64]
  var sample = LatencyHistogram()
  var sampleFailed: UInt64 = 0
  var sampleViolations: UInt64 = 0

  // For the checks.
  var began: UInt64 = 0
  var violations: UInt64 = 0
  var loops: UInt64 = 0
  var replicaReads: UInt64 = 0
  var staleReads: UInt64 = 0
  var acknowledgedWrites: UInt64 = 0
  var unknownWrites: UInt64 = 0
  var sessions: UInt64 = 0
  var auditedSessions: UInt64 = 0
  /// Acknowledged writes that a session does not have exactly once.
  var lostWrites: UInt64 = 0
  /// What a session has and nobody wrote.
  var strayWrites: UInt64 = 0
  var probes: UInt64 = 0
  var events: UInt64 = 0

  init(tools: Int, regions: Int, sites: Int, populations: Int, duration: UInt64, tail: UInt64, sampleEnd: UInt64) {
    let seconds = Int((duration + tail) / 1_000_000_000) + 1
    self.regions = regions
    self.sampleEnd = sampleEnd
    stepSeconds = (seconds + Self.stepsMax - 1) / Self.stepsMax
    self.tools = [ToolTally](repeating: ToolTally(), count: tools * regions)
    steps = [TimeTally](repeating: TimeTally(), count: seconds / stepSeconds + 1)
    moments = [MomentTally](repeating: MomentTally(), count: Int((duration + tail) / Self.momentNanoseconds) + 1)
    ran = [UInt64](repeating: 0, count: sites)
    forwarded = ran
    refused = ran
    self.populations = [UInt64](repeating: 0, count: populations)
  }

  /// A call that is over.
  mutating func record(
    tool: Int, region: Int, outcome: Outcome, start: UInt64, end: UInt64, links: UInt64
  ) {
    let total = end - start
    let above = total > links ? total - links : 0
    let milliseconds = Double(total) / 1e6
    let place = tool * regions + region
    tools[place].calls += 1
    tools[place].latency.record(milliseconds: milliseconds)
    tools[place].aboveLinks.record(milliseconds: Double(above) / 1e6)
    let step = min(Int(end / 1_000_000_000) / stepSeconds, steps.count - 1)
    steps[step].calls += 1
    steps[step].latency.record(milliseconds: milliseconds)
    if outcome == .ok {
      tools[place].ok += 1
    } else {
      tools[place].outcomes[Int(outcome.rawValue)] += 1
      if outcome.isOfTool { tools[place].toolErrors += 1 } else { tools[place].failed += 1 }
      if !outcome.isOfTool { steps[step].failed += 1 }
    }
    let moment = min(Int(end / Self.momentNanoseconds), moments.count - 1)
    if outcome != .ok { moments[moment].failed += 1 }
    if above > Self.slowNanoseconds { moments[moment].slow += 1 }
    guard start < sampleEnd else { return }
    sample.record(milliseconds: milliseconds)
    if !outcome.isOfTool { sampleFailed += 1 }
  }

  mutating func merge(_ other: Tally) {
    for index in tools.indices { tools[index].merge(other.tools[index]) }
    for index in steps.indices {
      steps[index].calls += other.steps[index].calls
      steps[index].failed += other.steps[index].failed
      steps[index].latency.merge(other.steps[index].latency)
    }
    for index in moments.indices {
      moments[index].failed += other.moments[index].failed
      moments[index].slow += other.moments[index].slow
    }
    for index in ran.indices {
      ran[index] += other.ran[index]
      forwarded[index] += other.forwarded[index]
      refused[index] += other.refused[index]
    }
    for index in populations.indices { populations[index] += other.populations[index] }
    sample.merge(other.sample)
    for path in Self.sums { self[keyPath: path] += other[keyPath: path] }
  }

  private static var sums: [WritableKeyPath<Tally, UInt64>] {
    [
      \.sampleFailed, \.sampleViolations, \.began, \.violations, \.loops, \.replicaReads, \.staleReads,
      \.acknowledgedWrites, \.unknownWrites, \.sessions, \.auditedSessions, \.lostWrites, \.strayWrites, \.probes,
      \.events,
    ]
  }
}
