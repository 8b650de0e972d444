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

/// workers/limits: the tools that end at a cap or in a trap, each with the fault that ends it and the manifest key
/// that its message names.
enum Breach: String, CaseIterable {
  case grow, allocate, loop, sleep, flood, trap, recurse
  case hostCalls = "host_calls"

  var tool: String { rawValue }
  var fault: String {
    switch self {
    case .grow, .allocate: "memory_limit"
    case .loop: "cpu_limit"
    case .sleep: "wall_limit"
    case .flood: "output_limit"
    case .hostCalls: "host_call_limit"
    case .trap, .recurse: "trap"
    }
  }
  var key: String? {
    switch self {
    case .grow, .allocate: "limits.memory"
    case .loop: "limits.cpu_ms"
    case .sleep: "limits.wall_ms"
    case .flood: "limits.output"
    case .hostCalls: "limits.host_calls"
    case .trap, .recurse: nil
    }
  }
}

/// Tools of workers/limits that end well, or as their author meant.
enum LimitsTool {
  static let fill = "fill"
  static let fail = "fail"
}

enum Metrics {
  static let liveInstances = "atoll_instances_live"
}

enum ExitStatus {
  static let ok: Int32 = 0
  static let toolError: Int32 = 1
  static let usage: Int32 = 2
  static let unreachable: Int32 = 3
}
