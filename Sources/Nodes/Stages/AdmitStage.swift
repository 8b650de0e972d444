// Stage 4: the arguments, then an instance, where the call runs. All bounded; none waits for ever.

import MCP

struct AdmitStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    // Before the instance, since a guest is not needed for it.
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
