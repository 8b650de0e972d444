// How far each shard may run on before it must hear of the others.

/// The least delays between shards, closed over all ways: what a shard does at a time can be felt in another no sooner
/// than this later, by whichever way.
struct Lookahead: Sendable {
  let count: Int
  /// In nanoseconds; row by row, from and to. On the diagonal the shortest way out and back.
  private var delays: [UInt64]

  /// `least` gives the least delay of a message from one shard to another in nanoseconds, at least 1; nil where none is
  /// ever sent.
  init(count: Int, least: (_ from: Int, _ to: Int) -> UInt64?) {
    self.count = count
    delays = [UInt64](repeating: .max, count: count * count)
    for from in 0..<count {
      for to in 0..<count where from != to {
        guard let delay = least(from, to) else { continue }
        precondition(delay > 0, "a message between shards takes time")
        delays[from * count + to] = delay
      }
    }
    for through in 0..<count {
      for from in 0..<count {
        for to in 0..<count {
          let way = Self.sum(delays[from * count + through], delays[through * count + to])
          if way < delays[from * count + to] { delays[from * count + to] = way }
        }
      }
    }
  }

  subscript(from: Int, to: Int) -> UInt64 { delays[from * count + to] }

  /// Up to which time, exclusive, each shard may run, when each has its next event at `next`: nothing that another does
  /// from now on can reach it sooner. Each shard that has the earliest event may run it, so a round always gets on.
  func horizons(next: [UInt64], into horizons: inout [UInt64]) {
    for to in 0..<count {
      var horizon = UInt64.max
      for from in 0..<count { horizon = min(horizon, Self.sum(next[from], delays[from * count + to])) }
      horizons[to] = horizon
    }
  }

  private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}
