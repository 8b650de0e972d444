// Stage 3: where the call runs. Without a topology every tool runs where its call arrived.

import MCP
import Sandbox

struct PlaceStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    call.ledger.place = (site: call.loop.siteName, loop: call.loop.name)
    return await next(call)
  }
}
