// Calls of workers that are granted everything, over a scripted node.
import EventLoop
import Sandbox
import ScriptedNode
import Testing

@testable import JavaScript

/// What came of the calls of one worker.
struct Played: Sendable {
  /// The answers' texts, or the faults.
  var answers: [String] = []
  /// The heads of what was asked of the node, and how many bytes came with them.
  var requests: [String] = []
  var cancelled = 0
  var mostAtOnce = 0
  var hostCalls: [Int] = []
  var logLines = 0
  var answer: String { answers.last ?? "" }
}

/// Confined to one loop.
private final class LineCount { var count = 0 }

/// Evaluates a module whose tool `t` has this body, and calls it so many times over one node.
func play(
  _ body: String, before: String = "", calls: Int = 1, grants: Capabilities = .all,
  limits: CallLimits = CallLimits(cpuMilliseconds: 1_000, hostCalls: 1_000),
  prepare: @escaping @Sendable (ScriptedNode) -> Void = { _ in },
  after: @escaping @Sendable (ScriptedNode) -> Void = { _ in }
) async throws -> Played {
  let imports = #"import { kv, session, StateError, ToolError } from "atoll";"#
  let source = module("async t(args) { \(body) }", before: "\(imports)\n\(before)")
  return try await withWorker(source, limits: limits, grants: grants) { sandbox, prepared in
    let node = ScriptedNode(loop: sandbox.loop)
    prepare(node)
    var played = Played()
    for _ in 0..<calls {
      let ledger = CallLedger(), lines = LineCount()
      ledger.logSink = { _ in lines.count += 1 }
      let outcome = await sandbox.call(prepared, request: request("t"), ledger: ledger, services: node)
      played.answers.append(outcome.text ?? "\(outcome)")
      played.hostCalls.append(ledger.use.hostCalls)
      played.logLines += lines.count
    }
    played.requests = node.requests.map { one in
      let names = one.head.keys.sorted()
      return "\(one.module) " + names.map { "\($0)=\(one.head[$0]!)" }.joined(separator: " ") + " +\(one.body.count)"
    }
    played.cancelled = node.cancelled
    played.mostAtOnce = node.mostAtOnce
    after(node)
    return played
  }
}

/// The text of a tool error.
func toolError(_ text: String) -> String {
  #"{"result":{"isError":true,"content":[{"type":"text","text":"\#(text)"}]}}"#
}
