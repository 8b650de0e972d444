// What must hold at the end of every run.

extension VirtualReport {
  var checks: [CheckRow] {
    let tally = outcome.tally
    let sums = tally.tools.reduce(into: ToolTally()) { sum, counts in
      sum.calls += counts.calls
      sum.ok += counts.ok
      sum.toolErrors += counts.toolErrors
      sum.failed += counts.failed
    }
    let ended = sums.ok + sums.toolErrors + sums.failed
    return [
      CheckRow(
        name: "every acknowledged session write is in the store exactly once",
        passed: tally.lostWrites == 0 && tally.strayWrites == 0,
        detail: "\(tally.acknowledgedWrites) acknowledged and \(tally.unknownWrites) uncertain writes, "
          + "\(tally.auditedSessions) of \(tally.sessions) sessions audited; "
          + "\(tally.lostWrites) lost or doubled, \(tally.strayWrites) that nobody made"),
      CheckRow(
        name: "no call ran outside its jurisdictions", passed: tally.violations == 0,
        detail: "\(tally.violations) of \(tally.ran.reduce(0, +)) runs"),
      CheckRow(
        name: "no call came to a site twice", passed: tally.loops == 0,
        detail: "\(tally.loops) of \(tally.forwarded.reduce(0, +)) forwards"),
      CheckRow(
        name: "every call ended with an answer or an error", passed: tally.began == ended && outcome.open == 0,
        detail: "\(tally.began) began; \(sums.ok) ok, \(sums.toolErrors) tool errors, \(sums.failed) failed, "
          + "\(outcome.open) open"),
      CheckRow(
        name: "stale reads at copies of stores (counted, not judged)", passed: true,
        detail: "\(tally.staleReads) of \(tally.replicaReads) reads at copies were answered with an older value"),
    ]
  }
}
