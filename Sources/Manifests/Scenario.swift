// What `atoll sim` plays, typed: `scenario.toml`.

/// A run of the simulator: a topology, the load on it, and what goes wrong when.
public struct Scenario: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable { case virtual, live }

  public var name: String
  public var description: String
  /// As written, relative to the scenario's folder.
  public var topology: String
  public var mode: Mode
  public var seed: UInt64
  public var milliseconds: Int
  /// Calls of the whole run, by all populations together; nil where `rate` says it.
  public var calls: Int?
  /// Calls a second, by all populations together.
  public var rate: Int?
  /// How long a client waits for its answer.
  public var timeoutMilliseconds: Int
  /// Calls that the other plans are played with; 0: none is.
  public var compareCalls: Int
  /// Where the report is written, relative to the scenario's folder; nil: the file does not say.
  public var report: String?
  /// Sites to grow the topology to; nil: as it is.
  public var generatedSites: Int?
  public var loads: [Load]
  public var tools: [ScenarioTool]
  public var faults: [ScenarioFault]

  /// What one population of the topology asks for.
  public struct Load: Sendable, Equatable {
    public var population: String
    /// Its part of all calls against the others' parts; nil: the topology's.
    public var share: Double?
    /// The tools it calls; empty: all.
    public var tools: [String]
  }

  /// Calls a second, by all populations together.
  public var callsPerSecond: Double {
    if let calls { return Double(calls) * 1_000 / Double(milliseconds) }
    return Double(rate ?? 0)
  }
}

/// One tool of the mix.
public struct ScenarioTool: Sendable, Equatable {
  public enum Distribution: String, Sendable, CaseIterable { case constant, exponential, lognormal }

  public var name: String
  /// The worker's folder, relative to the scenario's; nil for a tool that only this file knows.
  public var worker: String?
  /// Its part of all calls against the others' parts.
  public var share: Double
  /// The arguments that live mode sends, as JSON.
  public var arguments: String?

  /// What the file says stands before what the manifest says; nil where it does not.
  public var isReadOnly: Bool?
  public var isIdempotent: Bool?
  public var hasSession: Bool?
  public var tier: PlacementWish.Tier?
  public var jurisdictions: [String]?
  public var near: String?
  public var latencyBudgetMilliseconds: Double?
  /// Of the store; tools of one namespace see each other's writes.
  public var namespace: String?
  /// A dependency that it calls, beside those of its manifest.
  public var dependency: String?
  public var expected: ExpectedCost

  /// How its processor time is spread around ``ExpectedCost/serviceMilliseconds``.
  public var distribution: Distribution
  /// The time that one call in twenty exceeds, for a lognormal distribution.
  public var serviceP95Milliseconds: Double?
  /// Calls that a client makes in one session, on average.
  public var sessionCalls: Int
}

/// Something that goes wrong.
public struct ScenarioFault: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case kill, pause, slow, partition
    case clockSkew = "clock skew"
    case kvDown = "kv down"
    case upstreamErrors = "upstream errors"
  }

  public var kind: Kind
  /// A site, `SITE to SITE`, a region, a store or a dependency.
  public var target: String
  public var atMilliseconds: Int
  /// Nil: to the end of the run.
  public var forMilliseconds: Int?
  /// How many times slower.
  public var factor: Double
  /// Milliseconds by which the clock is ahead; negative: behind.
  public var skewMilliseconds: Int
  /// Of a hundred calls, how many fail.
  public var percent: Double
}
