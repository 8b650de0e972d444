// What the tests of JavaScript workers share: one engine, and from a module's source to the answers of its calls.
import EventLoop
import Sandbox
import Testing

@testable import JavaScript

enum Shared {
  static let engine = try! Engine(EngineConfiguration(instances: 100))
  /// The machine's own cache: the engine is compiled once, not once a run.
  static let store = ModuleStore(engine: engine, cacheDirectory: ModuleStore.defaultCacheDirectory)
  static let javaScript = JavaScriptEngine(store: store)
}

/// A module whose default export has these tools.
func module(_ tools: String, before: String = "") -> String {
  "\(before)\nexport default { tools: { \(tools) } };\n"
}

func evaluate(_ source: String, limits: CallLimits = CallLimits()) throws -> EvaluatedWorker {
  try Shared.javaScript.evaluate(source, limits: limits)
}

/// The error that an evaluation ends with.
func evaluationError(_ source: String, limits: CallLimits = CallLimits()) -> JavaScriptError? {
  do {
    _ = try evaluate(source, limits: limits)
    return nil
  } catch {
    return error as? JavaScriptError
  }
}

func request(_ tool: String, _ arguments: String = "{}") -> [UInt8] {
  Array(#"{"method":"tools/call","name":"\#(tool)","arguments":\#(arguments),"context":{}}"#.utf8)
}

/// Evaluates a module, and runs the body with its program prepared on a loop of its own.
func withWorker<Result: Sendable>(
  _ source: String, limits: CallLimits = CallLimits(), grants: Capabilities = [],
  _ body: @escaping @Sendable (LoopSandbox, PreparedProgram) async throws -> Result
) async throws -> Result {
  let worker = try evaluate(source, limits: limits)
  let program = try Shared.javaScript.program(image: worker.image, limits: limits, grants: grants, name: "test")
  let loop = try EventLoop()
  loop.start(name: "javascript-test")
  defer {
    loop.stop()
    loop.join()
  }
  return try await withCheckedThrowingContinuation { continuation in
    loop.spawn {
      do {
        let sandbox = try LoopSandbox(engine: Shared.engine, loop: loop)
        continuation.resume(returning: try await body(sandbox, try sandbox.prepare(program)))
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}

/// One call of one tool.
func call(
  _ source: String, _ tool: String = "t", _ arguments: String = "{}", limits: CallLimits = CallLimits(),
  ledger: CallLedger = CallLedger()
) async throws -> CallOutcome {
  try await withWorker(source, limits: limits) { sandbox, prepared in
    await sandbox.call(prepared, request: request(tool, arguments), ledger: ledger)
  }
}

extension CallOutcome {
  var text: String? { if case .answered(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil } }
  var fault: Fault? { if case .fault(let fault) = self { fault } else { nil } }
}
