// What becomes of a call, or of one attempt at a site.

/// As callers or other nodes see it.
enum Outcome: UInt8, BitwiseCopyable {
  case ok
  // The tool answers that it could not.
  case stateUnavailable, upstreamError, sessionRefused, conflict, wallLimit
  // The call was not run.
  case overloaded, misdirected, forwardRefused, refused
  // What became of it is not known.
  case reset, lost, mayHaveRun
  case noSite, timeout

  /// An answer of the tool itself.
  var isOfTool: Bool { rawValue <= Outcome.wallLimit.rawValue }

  /// Whether a site has answered at all.
  var isAnswer: Bool {
    switch self {
    case .refused, .reset, .lost: false
    default: true
    }
  }

  /// As the report names it.
  var code: String {
    switch self {
    case .ok: "ok"
    case .stateUnavailable: "state_unavailable"
    case .upstreamError: "upstream_error"
    case .sessionRefused: "session_refused"
    case .conflict: "conflict"
    case .wallLimit: "wall_limit"
    case .overloaded: "overloaded"
    case .misdirected: "misdirected"
    case .forwardRefused: "forward_refused"
    case .refused: "unreachable"
    case .reset: "connection_reset"
    case .lost: "lost"
    case .mayHaveRun: "may_have_run"
    case .noSite: "no_site"
    case .timeout: "timeout"
    }
  }

  static let count = Int(Outcome.timeout.rawValue) + 1
}
