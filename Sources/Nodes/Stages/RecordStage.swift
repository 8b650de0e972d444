// Stage 1, outermost: counts and logs what became of the call, whatever it was.

import MCP

struct RecordStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    let outcome = await next(call)
    call.loop.record(call, outcome)
    return outcome
  }
}
