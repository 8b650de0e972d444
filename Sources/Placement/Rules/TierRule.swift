// `tier`: edge or core, where the manifest says so.
internal import Manifests

struct TierRule: PlacementRule {
  let name = "tier"

  func applies(to tool: ToolProfile) -> Bool { tool.wish.tier != .auto }

  func asked(of tool: ToolProfile) -> String { "`tier` is \(tool.wish.tier.rawValue)" }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    let isCore = model.topology.sites[site].isCore
    let tier = isCore ? "core" : "edge"
    return isCore == (tool.wish.tier == .core) ? .kept("is \(tier)") : .removed("is \(tier)")
  }
}
