// Stage 2: the caller's rate. Where a call came in, whether it runs there or goes on; another node has counted its own.

import MCP

struct RateStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    if call.forward == nil,
      let seconds = call.worker.loaded.rate.take(peer: call.peer, nowNanoseconds: call.startedNanoseconds)
    {
      call.refusal = .rate
      return .rateLimited(retryAfterSeconds: seconds)
    }
    return await next(call)
  }
}
