// Stage 3: where the call runs. Without a topology every tool runs where its call arrived.

import MCP

struct PlaceStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    call.ledger.site = call.loop.siteName
    return await next(call)
  }
}
