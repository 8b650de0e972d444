// `near`: beside a dependency. A bound in milliseconds and not "the nearest", so that a new site takes no other away.
internal import Manifests

struct NearRule: PlacementRule {
  let name = "near"

  func applies(to tool: ToolProfile) -> Bool { tool.wish.near != nil }

  func asked(of tool: ToolProfile) -> String {
    "`near` wants \(tool.wish.near ?? "nothing") within \(Milliseconds.text(PlacementLimits.nearRoundTripMilliseconds))"
  }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    guard let near = tool.wish.near, let index = model.topology.dependency(named: near) else {
      let names = model.topology.dependencies.map(\.name).prefix(8).joined(separator: ", ")
      return .removed(
        "the topology has no dependency \(tool.wish.near ?? "")\(names.isEmpty ? "" : "; it has \(names)")")
    }
    let dependency = model.topology.dependencies[index]
    let roundTrip = model.topology.path(from: site, to: dependency.site).roundTrip
    let text = "\(near) at \(model.topology.sites[dependency.site].name), \(Milliseconds.text(roundTrip))"
    return roundTrip <= PlacementLimits.nearRoundTripMilliseconds ? .kept(text) : .removed(text)
  }
}
