// Live and virtual side by side: do the two modes agree on what a call takes above the links' own delay?

extension SimulationReport {
  /// How far apart the two may be, as a part of what live mode measured.
  public static let validationTolerance = 0.25
  /// Calls below which a percentile says too little to be compared.
  public static let validationCallsMin: UInt64 = 100

  /// One row for each tool and region of callers that both modes have calls of, in this report's order. Both are of one
  /// scenario; this one is of virtual mode.
  public func validation(against live: SimulationReport) -> [ValidationRow] {
    tools.compactMap { row in
      guard !row.region.isEmpty,
        let other = live.tools.first(where: { $0.tool == row.tool && $0.region == row.region }),
        min(row.calls, other.calls) >= Self.validationCallsMin
      else { return nil }
      let isNear = { (virtual: Double, live: Double) in abs(virtual - live) <= live * Self.validationTolerance }
      return ValidationRow(
        tool: row.tool, region: row.region, liveP50: other.aboveLinks.p50, virtualP50: row.aboveLinks.p50,
        liveP95: other.aboveLinks.p95, virtualP95: row.aboveLinks.p95,
        within: isNear(row.aboveLinks.p50, other.aboveLinks.p50) && isNear(row.aboveLinks.p95, other.aboveLinks.p95))
    }
  }
}
