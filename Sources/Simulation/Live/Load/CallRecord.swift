// What is kept of each call of a live run.

/// One call, from its planned beginning to its end.
struct CallRecord: Sendable, Equatable {
  enum End: Sendable, Equatable {
    case ok, toolError
    /// The code's place in ``CallRecords/codes``.
    case failed(UInt16)
  }

  /// When it was to be made and when it was over, in nanoseconds from the start of the run. The difference is its latency:
  /// what it waited for before it was sent is in it.
  var planned: UInt64
  var ended: UInt64
  var tool: UInt16
  var population: UInt16
  /// The site that it was sent to last.
  var entry: UInt16
  var end: End

  var milliseconds: Double { Double(ended - planned) / 1e6 }
  var hasFailed: Bool { if case .failed = end { true } else { false } }
}

/// All calls of a run, and what was written by them.
struct CallRecords: Sendable {
  private(set) var calls: [CallRecord] = []
  /// Names of failures, in the order in which they were first met.
  private(set) var codes: [String] = []
  /// Calls that were begun.
  var sent: UInt64 = 0
  /// Operations on sessions whose success somebody was told of.
  var acknowledged: [String] = []

  mutating func code(_ name: String) -> UInt16 {
    if let known = codes.firstIndex(of: name) { return UInt16(known) }
    // Codes are names of ours and numbers of a node's: a peer that makes up more is summed up.
    guard codes.count < LiveLimits.failureCodes else { return UInt16(codes.count - 1) }
    codes.append(name)
    return UInt16(codes.count - 1)
  }

  mutating func append(_ call: CallRecord) { calls.append(call) }
}
