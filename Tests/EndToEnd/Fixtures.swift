// The names these tests share with workers/ and with the node: the one place to change when those change.
import Testing

/// Every suite that drives the binary hangs below this one: a node, a load and a clock do not share two cores well.
@Suite("The built binary", .serialized, .needsBinary)
struct TheBinary {}

enum Hello {
  static let tool = "greet"
  static let arguments = #"{"name":"Ada"}"#
  static let answer = "Hello, Ada!"
}

/// workers/limits: one tool for each cap.
enum Breach: String, CaseIterable {
  case grow, fill, loop, sleep, flood, trap, recurse

  var arguments: String { "{}" }

  /// The fault that ends the call, and the manifest key its message names.
  var fault: String {
    switch self {
    case .grow, .fill: "memory_limit"
    case .loop: "cpu_limit"
    case .sleep: "wall_limit"
    case .flood: "output_limit"
    case .trap, .recurse: "trap"
    }
  }
  var key: String? {
    switch self {
    case .grow, .fill: "limits.memory"
    case .loop: "limits.cpu_ms"
    case .sleep: "limits.wall_ms"
    case .flood: "limits.output"
    case .trap, .recurse: nil
    }
  }
}

enum Metrics {
  static let liveInstances = "atoll_live_instances"
}

enum ExitStatus {
  static let ok: Int32 = 0
  static let toolError: Int32 = 1
  static let usage: Int32 = 2
  static let unreachable: Int32 = 3
}
