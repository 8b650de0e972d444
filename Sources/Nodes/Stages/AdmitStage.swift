// Stage 2: the caller's rate, then an instance. Both bounded, neither waits for ever.

import MCP

struct AdmitStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    if let seconds = call.worker.loaded.rate.take(peer: call.peer, nowNanoseconds: call.startedNanoseconds) {
      call.ledger.refusal = .rate
      return .rateLimited(retryAfterSeconds: seconds)
    }
    let admission = call.loop.admission
    switch await admission.enter() {
    case .refused:
      call.ledger.refusal = .overloaded
      return .overloaded(retryAfterSeconds: 1)
    case .cancelled:
      call.ledger.refusal = .cancelled
      return .cancelled
    case .entered:
      break
    }
    let outcome = await next(call)
    admission.leave()
    return outcome
  }
}
