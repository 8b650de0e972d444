// What one loop counts. Plain integers, since only its thread touches them; `/metrics` adds up the loops.

import MCP
import Sandbox

/// Counters of one worker on one loop.
final class WorkerMetrics: @unchecked Sendable {
  struct Counts: Sendable {
    /// Calls by what became of them: ok, tool_error, fault, overloaded, rate_limited, cancelled.
    var outcomes: [String: UInt64] = [:]
    var faults: [String: UInt64] = [:]
    /// From the accepted request to the answer's bytes, for calls that got an instance.
    var freshCall = LatencyHistogram()
    /// By their names in the manifest.
    var tools: [String: ToolCounts] = [:]

    mutating func merge(_ other: Counts) {
      outcomes.merge(other.outcomes, uniquingKeysWith: +)
      faults.merge(other.faults, uniquingKeysWith: +)
      freshCall.merge(other.freshCall)
      for (name, counts) in other.tools { tools[name, default: ToolCounts()].merge(counts) }
    }
  }

  private var ok: UInt64 = 0
  private var rare = Counts()
  /// By the names that callers use.
  private var tools: [String: ToolCounts] = [:]
  private var prefix = ""

  func record(_ call: Call, _ outcome: ToolOutcome, nanoseconds: UInt64) {
    if let fault = call.fault { rare.faults[fault.kind.rawValue, default: 0] += 1 }
    if case .answer = outcome { ok += 1 } else { rare.outcomes[CallLog.word(call, outcome), default: 0] += 1 }
    guard call.refusal == nil, !call.isElsewhere else { return }
    rare.freshCall.record(nanoseconds: nanoseconds)
    // Arguments that do not fit their schema: no guest has run.
    guard call.ledger.use.wallNanoseconds > 0 else { return }
    prefix = call.worker.loaded.source.prefix ?? ""
    tools[call.request.toolName, default: ToolCounts()].record(
      call.ledger, requestBytes: call.request.arguments.count)
  }

  var counts: Counts {
    var counts = rare
    counts.outcomes["ok"] = ok
    for (name, tool) in tools {
      let own = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      counts.tools[own, default: ToolCounts()].merge(tool)
    }
    return counts
  }
}

/// The counters of one loop.
final class LoopMetrics: @unchecked Sendable {
  struct Snapshot: Sendable {
    var requests: [Int: UInt64] = [:]
    var workers: [String: WorkerMetrics.Counts] = [:]
    var live = 0
    var queued = 0
    var connections = 0
    var disconnects = 0
    var unsentAborts = 0
    var store = StoreAccess.Counts()
    /// Whether every loop has heard from the store, when it asked last.
    var isStoreWell = true
    /// Attempts at other sites, by site and outcome.
    var forwards: [String: [String: UInt64]] = [:]
    var forwardsLive = 0
    /// Forwards that were not taken, by why.
    var forwardRefusals: [ForwardRefusal: UInt64] = [:]

    mutating func merge(_ other: Snapshot) {
      requests.merge(other.requests, uniquingKeysWith: +)
      for (name, counts) in other.workers { workers[name, default: .init()].merge(counts) }
      live += other.live
      queued += other.queued
      connections += other.connections
      disconnects += other.disconnects
      unsentAborts += other.unsentAborts
      store.merge(other.store)
      isStoreWell = isStoreWell && other.isStoreWell
      for (site, counts) in other.forwards { forwards[site, default: [:]].merge(counts, uniquingKeysWith: +) }
      forwardsLive += other.forwardsLive
      forwardRefusals.merge(other.forwardRefusals, uniquingKeysWith: +)
    }
  }

  private var workers: [String: WorkerMetrics] = [:]
  private var succeeded: UInt64 = 0
  private var others: [Int: UInt64] = [:]

  func worker(named name: String) -> WorkerMetrics {
    if let known = workers[name] { return known }
    let metrics = WorkerMetrics()
    workers[name] = metrics
    return metrics
  }

  func countRequest(status: Int) {
    if status == 200 { succeeded += 1 } else { others[status, default: 0] += 1 }
  }

  func snapshot(admission: Admission) -> Snapshot {
    var snapshot = Snapshot()
    snapshot.requests = others
    snapshot.requests[200] = succeeded
    snapshot.workers = workers.mapValues(\.counts)
    snapshot.live = admission.live
    snapshot.queued = admission.queued
    return snapshot
  }
}
