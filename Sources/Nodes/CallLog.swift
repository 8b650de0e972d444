// The log line of one call: names, sizes and times; never an argument, never a secret.

import Logging
import MCP
import Sandbox

enum CallLog {
  /// One word for what became of a call; the same in the log and in `/metrics`.
  static func word(_ outcome: ToolOutcome, _ ledger: CallLedger) -> String {
    switch outcome {
    case .answer, .commandOutput: "ok"
    case .toolError: ledger.fault == nil ? "tool_error" : "fault"
    case .overloaded: "overloaded"
    case .rateLimited: "rate_limited"
    case .cancelled: "cancelled"
    case .protocolError: "protocol_error"
    }
  }

  static func write(_ call: Call, _ outcome: ToolOutcome, nanoseconds: UInt64, to log: Logger) {
    var metadata: Logger.Metadata = [
      "worker": "\(call.worker.loaded.name)",
      "tool": "\(call.toolName)",
      "outcome": "\(word(outcome, call.ledger))",
      "site": "\(call.ledger.site)",
      "us": "\(nanoseconds / 1_000)",
    ]
    if let fault = call.ledger.fault {
      metadata["fault"] = "\(fault.kind.rawValue)"
      metadata["reason"] = "\(fault.message)"
    }
    log.log(level: call.ledger.fault == nil ? .debug : .warning, "call", metadata: metadata)
  }
}
