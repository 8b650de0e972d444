// A site with less memory for an instance than the tool may use cannot have it.
internal import Manifests

struct MemoryRule: PlacementRule {
  let name = "memory"

  func applies(to tool: ToolProfile) -> Bool { true }

  func asked(of tool: ToolProfile) -> String { "`memory` is \(Bytes.text(tool.memoryBytes))" }

  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict {
    guard let bytes = model.topology.sites[site].memoryBytes else { return .kept("no bound") }
    let text = "\(Bytes.text(tool.memoryBytes)) of \(Bytes.text(bytes))"
    return tool.memoryBytes <= bytes ? .kept(text) : .removed(text)
  }
}
