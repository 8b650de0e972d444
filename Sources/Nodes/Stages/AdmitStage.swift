// Stage 2: the caller's rate, then an instance. Both bounded, neither waits for ever.

import MCP

struct AdmitStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    if let seconds = call.worker.loaded.rate.take(peer: call.peer, nowNanoseconds: call.startedNanoseconds) {
      call.refusal = .rate
      return .rateLimited(retryAfterSeconds: seconds)
    }
    let admission = call.loop.admission
    switch await admission.enter() {
    case .refused:
      call.refusal = .overloaded
      return .overloaded(retryAfterSeconds: 1)
    case .cancelled:
      call.refusal = .cancelled
      return .internalError("the caller left before an instance was free")
    case .entered:
      break
    }
    let outcome = await next(call)
    admission.leave()
    return outcome
  }
}
