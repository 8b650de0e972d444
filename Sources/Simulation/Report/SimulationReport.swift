// What a simulation found: one value, the same from live and from virtual mode.

/// The result of a run, as rows that stand in a fixed order: sites, populations and tools as the scenario names them.
/// All times are in milliseconds unless a name says seconds. Counts are calls.
public struct SimulationReport: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable {
    /// Real node processes, our relay between them, the wall clock.
    case live
    /// The same decisions on a virtual clock and network.
    case virtual
  }

  public var scenario: String
  public var mode: Mode
  public var seed: UInt64
  /// Length of the simulated time, in seconds.
  public var seconds: Double
  public var calls: UInt64
  public var sites: [SiteRow] = []
  public var populations: [PopulationRow] = []
  public var tools: [ToolRow] = []
  public var placement: [PlacementRow] = []
  public var comparison: [VariantRow] = []
  public var faults: [FaultRow] = []
  public var timeline: [TimelineRow] = []
  public var checks: [CheckRow] = []
  public var validation: [ValidationRow] = []

  /// Whether all checks passed and, where both modes ran, they agree.
  public var passed: Bool { checks.allSatisfy(\.passed) && validation.allSatisfy(\.within) }
}

/// A site, and what became of the calls that reached it.
public struct SiteRow: Sendable, Equatable {
  public enum Tier: String, Sendable, CaseIterable { case edge, core }

  public var name: String
  public var tier: Tier
  public var region: String
  public var jurisdiction: String
  /// Degrees, north and east positive.
  public var latitude: Double
  public var longitude: Double
  public var ran: UInt64 = 0
  public var forwarded: UInt64 = 0
  public var refused: UInt64 = 0
}

/// Clients in one place.
public struct PopulationRow: Sendable, Equatable {
  public var name: String
  public var region: String
  /// Degrees, north and east positive.
  public var latitude: Double
  public var longitude: Double
  public var calls: UInt64 = 0
}

/// The calls of one tool from the populations of one region.
public struct ToolRow: Sendable, Equatable {
  public var tool: String
  /// The region of the callers; empty in the row of all regions together.
  public var region: String
  /// `ok + toolErrors + failed`.
  public var calls: UInt64 = 0
  public var ok: UInt64 = 0
  /// Answers in which the tool itself says that it could not do it.
  public var toolErrors: UInt64 = 0
  /// Calls that no tool answered.
  public var failed: UInt64 = 0
  /// From the client's first byte to its last.
  public var latency = LatencySummary()
  /// The same less the delay of the links on the way: queueing, work, waiting for others.
  public var aboveLinks = LatencySummary()
  /// Failures by their code, the most frequent first.
  public var codes: [FailureCount] = []
}

public struct FailureCount: Sendable, Equatable {
  public var code: String
  public var count: UInt64
}

/// Where a tool runs, and why.
public struct PlacementRow: Sendable, Equatable {
  public var tool: String
  public var sites: [String]
  /// One sentence.
  public var summary: String
  public var reasons: [PlacementReason] = []
}

public struct PlacementReason: Sendable, Equatable {
  public var rule: String
  /// What the rule decided, with its figure.
  public var text: String
}

/// The same load under another plan.
public struct VariantRow: Sendable, Equatable {
  /// `manifest`, `all-edge` or `all-core`.
  public var name: String
  public var calls: UInt64
  public var p50: Double
  public var p95: Double
  public var p99: Double
  public var failed: UInt64
  /// Calls whose data left its jurisdiction.
  public var violations: UInt64
}

/// One fault of the scenario, and what it cost.
public struct FaultRow: Sendable, Equatable {
  /// `kill`, `pause`, `slow`, `partition`, `clock skew`, `kv down` or `upstream errors`.
  public var kind: String
  /// The site, link, store or upstream it struck.
  public var target: String
  public var startSeconds: Double
  /// None when it lasted to the end of the run.
  public var endSeconds: Double?
  public var failedCalls: UInt64 = 0
  public var slowCalls: UInt64 = 0
  /// From the fault's start until calls were served as before; none when they never were.
  public var recoveredAfterMilliseconds: Double?
  /// What counts as slow here, and whatever else a reader needs.
  public var note = ""
}

/// One second of the run, by when its calls ended.
public struct TimelineRow: Sendable, Equatable {
  public var second: Int
  public var calls: UInt64
  public var failed: UInt64
  public var p50: Double
  public var p99: Double
}

/// Something that must hold at the end of every run.
public struct CheckRow: Sendable, Equatable {
  public var name: String
  public var passed: Bool
  /// What was counted; on a failure the first case of it.
  public var detail: String
}

/// Live and virtual side by side: time above the links' own delay.
public struct ValidationRow: Sendable, Equatable {
  public var tool: String
  public var region: String
  public var liveP50: Double
  public var virtualP50: Double
  public var liveP95: Double
  public var virtualP95: Double
  public var within: Bool
}
