// `jurisdictions`: where a tool may run.
internal import Manifests

struct JurisdictionRule: PlacementRule {
  let name = "jurisdictions"

  func applies(to tool: ToolProfile) -> Bool { tool.wish.jurisdictions != nil }

  func asked(of tool: ToolProfile) -> String {
    "`jurisdictions` allows \(tool.wish.jurisdictions?.joined(separator: ", ") ?? "all")"
  }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    let place = model.topology.sites[site].jurisdiction
    return tool.wish.jurisdictions?.contains(place) == true ? .kept("in \(place)") : .removed("in \(place)")
  }
}
