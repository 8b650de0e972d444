// The log line of one call: names, sizes and times; never an argument, never a secret.

import Logging
import MCP
import Sandbox

enum CallLog {
  /// One word for what became of a call; the same in the log and in `/metrics`.
  static func word(_ call: Call, _ outcome: ToolOutcome) -> String {
    if call.refusal == .cancelled || call.fault?.kind == .cancelled { return "cancelled" }
    return switch outcome {
    case .answer: "ok"
    case .toolError: call.fault == nil ? "tool_error" : "fault"
    case .overloaded: "overloaded"
    case .rateLimited: "rate_limited"
    case .internalError: "internal_error"
    case .protocolError: "protocol_error"
    case .relayed: call.brokenOff == nil ? "forwarded" : "broken_off"
    case .unserved: call.refusal == .misdirected ? "misdirected" : "unplaced"
    }
  }

  static func write(_ call: Call, _ outcome: ToolOutcome, nanoseconds: UInt64, to log: Logger) {
    var metadata: Logger.Metadata = [
      "worker": "\(call.worker.loaded.name)",
      "tool": "\(call.request.toolName)",
      "outcome": "\(word(call, outcome))",
      "us": "\(nanoseconds / 1_000)",
      "cpu_us": "\(call.ledger.use.cpuNanoseconds / 1_000)",
      "memory_kib": "\(call.ledger.use.memoryBytes / 1_024)",
    ]
    if let place = call.ledger.place { metadata["site"] = "\(place.site)" }
    if let forward = call.forward { metadata["from"] = "\(forward.source)" }
    if let problem = call.problem ?? call.brokenOff { metadata["reason"] = "\(problem)" }
    if let fault = call.fault {
      metadata["fault"] = "\(fault.kind.rawValue)"
      metadata["reason"] = "\(fault.message)"
    }
    if !call.ledger.backtrace.isEmpty { metadata["stack"] = "\(call.ledger.backtrace.joined(separator: " < "))" }
    let ended = call.fault.map { $0.kind != .cancelled } ?? (call.problem != nil || call.brokenOff != nil)
    log.log(level: ended ? .warning : .debug, "call", metadata: metadata)
  }
}

extension GuestLogLine.Level {
  /// The guest's levels are swift-log's, in its order.
  var logger: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
