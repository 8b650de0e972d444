// Stage 2: the caller's rate, the arguments, then an instance. All bounded; none waits for ever.

import MCP

struct AdmitStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    if let seconds = call.worker.loaded.rate.take(peer: call.peer, nowNanoseconds: call.startedNanoseconds) {
      call.refusal = .rate
      return .rateLimited(retryAfterSeconds: seconds)
    }
    // After the rate, since checking is the host's work; before the instance, since a guest is not needed for it.
    if let problem = call.loop.argumentsProblem(of: call.request) { return problem }
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
