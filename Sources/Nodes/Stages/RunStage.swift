// Stage 6, innermost: one fresh instance answers the call and is gone.

import EventLoop
import MCP
import Sandbox

struct RunStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    // Guests run one after the other, and so does what comes before and behind them: see `joinCohort`.
    await call.loop.eventLoop.joinCohort()
    guard let program = call.worker.program else {
      return .internalError("the worker of `\(call.request.toolName)` is not loaded at this site")
    }
    let outcome = await call.loop.sandbox.call(
      program, request: call.request.guestRequest(), ledger: call.ledger, services: call.services(of: program),
      within: call.left)
    await call.loop.eventLoop.joinCohort()
    switch outcome {
    case .answered(let bytes):
      return .answer(bytes, form: program.program.kind == .command ? .jsonOrText : .json)
    case .exited(let status, let lastLine):
      return .toolError(lastLine.isEmpty ? "the tool ended with exit code \(status) and no message" : lastLine)
    case .fault(let fault):
      call.fault = fault
      switch fault.kind {
      case .host: return .internalError(fault.message)
      case .overloaded: return .overloaded(retryAfterSeconds: 1)
      case .cancelled: return .internalError("the caller left")
      default: return .toolError("\(fault.kind.rawValue): \(fault.message)")
      }
    }
  }
}
