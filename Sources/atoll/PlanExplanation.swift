// Why one tool is where it is, as people read it: every site with every rule, each candidate's price, each figure's origin.

import Manifests
import Placement

struct PlanExplanationText {
  let explanation: Explanation
  let planner: Planner

  init(_ explanation: Explanation, _ planner: Planner) {
    self.explanation = explanation
    self.planner = planner
  }

  private var topology: Topology { planner.topology }

  func print() {
    let tool = explanation.tool
    Terminal.output("\(tool.name) of \(tool.worker)  \(access(tool))")
    if let plan = explanation.plan {
      Terminal.output("runs at \(PlanText.places(plan.sites, topology)): \(explanation.reason)")
    }
    printRules()
    printCandidates()
    printInputs()
  }

  /// What decides where its state may be read.
  private func access(_ tool: ToolProfile) -> String {
    if tool.hasSession { return "works in a session" }
    if !tool.keepsState { return tool.isReadOnly ? "reads, and keeps nothing" : "keeps nothing" }
    return tool.readsReplicas
      ? "a public read: any copy of its state will do" : "may write: only the store itself will do"
  }

  private func printRules() {
    let judgement = explanation.judgement
    Terminal.output("\nRules, in their order; a site is left where all of them keep it:\n")
    var table = Columns()
    table.add(
      ["site", "tier", ""].map { .init($0, .bold) } + judgement.rules.map { .init($0.name, .bold) })
    for (index, site) in topology.sites.enumerated() {
      let isKept = judgement.rules.allSatisfy { $0.verdicts[index].isKept }
      table.add(
        [
          .init(site.name), .init(site.isCore ? "core" : "edge"),
          isKept ? .init("kept", .green) : .init("removed", .red),
        ]
          + judgement.rules.map { rule in
            let verdict = rule.verdicts[index]
            return verdict.isKept ? .init(verdict.text) : .init("✗ " + verdict.text, .red)
          })
    }
    table.print()
    let silent = PlacementRules.all.map(\.name).filter { name in !judgement.rules.contains { $0.name == name } }
    if !silent.isEmpty { Terminal.output("\nnot asked for: \(silent.joined(separator: ", "))") }
    if planner.policy != .manifest {
      Terminal.output("placed \(planner.policy.rawValue), whatever the rules say")
    }
  }

  private func printCandidates() {
    guard !explanation.candidates.isEmpty else { return }
    Terminal.output(
      topology.populations.isEmpty
        ? "\nWhat a call takes at each site that is left, in ms:\n"
        : "\nWhat a call would take if the site answered everybody, in ms, and whom it does answer:\n")
    var table = Columns()
    let heads = ["in all", "network", "forwarding", "service", "state", "dependencies", "answers"]
    table.add([.init("site", .bold)] + heads.map { .init($0, .bold, right: true) })
    for candidate in explanation.candidates {
      let cost = candidate.cost
      let figures = [cost.total, cost.network, cost.forwarding, cost.service, cost.state, cost.dependencies]
      table.add(
        [.init(topology.sites[candidate.site].name)]
          + figures.map { .init(PlanFigures.milliseconds($0), right: true) }
          + [.init(candidate.share > 0 ? PlanFigures.percent(candidate.share) : "-", right: true)])
    }
    table.print()
  }

  private func printInputs() {
    Terminal.output("\nReckoned from:\n")
    var table = Columns()
    for input in explanation.inputs {
      let unit = input.unit.isEmpty ? "" : " " + input.unit
      table.add([
        .init(input.name), .init(Milliseconds.plain(input.figure.value) + unit, right: true),
        .init(Self.words(input.figure.origin), input.figure.origin == .assumed ? .yellow : nil),
      ])
    }
    table.print()
  }

  private static func words(_ origin: Figure.Origin) -> String {
    switch origin {
    case .measured: "measured"
    case .manifest: "from the manifest"
    case .assumed: "assumed"
    }
  }
}
