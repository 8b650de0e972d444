// A tool that keeps state needs a store that may keep it.
internal import Manifests

struct StateRule: PlacementRule {
  let name = "state"

  func applies(to tool: ToolProfile) -> Bool { tool.keepsState }

  func asked(of tool: ToolProfile) -> String { tool.hasSession ? "a session needs a store" : "`kv` needs a store" }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    let topology = model.topology
    guard let index = topology.store(for: tool.wish.jurisdictions) else {
      let jurisdictions = tool.wish.jurisdictions?.joined(separator: ", ")
      return .removed("no store keeps the state of \(jurisdictions ?? "tools without jurisdictions")")
    }
    let store = topology.stores[index]
    let roundTrip = Milliseconds.text(topology.path(from: site, to: store.site).roundTrip)
    return .kept("store \(store.name) at \(topology.sites[store.site].name), \(roundTrip)")
  }
}
