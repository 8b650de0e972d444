// atoll plan TOPOLOGY WORKER…: where each tool runs, and why, before anything is deployed.

import ArgumentParser
import Manifests
import Placement

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say where tools run in a topology, what that takes, and why.",
    discussion: """
      Nothing is built or run: manifests are enough. Times are expected milliseconds as callers see them, without \
      queueing, which is the simulator's; p50 and p99 are over the populations by their share. A figure with * is \
      reckoned from something that is assumed. Exit status: 0 ok, 2 wrong usage, a wrong file, or a tool that no site \
      can take.
      """)

  @Argument(help: "A topology.toml.", completion: .file(extensions: ["toml"])) var topology: String
  @Argument(help: "Workers' folders, manifests or bundles.", completion: .file()) var workers: [String]
  @Option(help: "Say why this tool is where it is: every site, every rule, every figure.") var explain: String?
  @Option(help: "Plan these tools, one after the other, as a whole: a,b,c.") var chain: String?
  @Option(help: "manifest, all-edge or all-core.", completion: .list(PlacementPolicy.allCases.map(\.rawValue)))
  var policy = PlacementPolicy.manifest.rawValue
  @Option(
    help:
      "What a node's /metrics answered, in a file or - for standard input; SITE=FILE where the node stands at a site of that speed.",
    completion: .file()) var measured: [String] = []
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard PlacementPolicy(rawValue: policy) != nil else {
      throw ValidationError("--policy takes \(PlacementPolicy.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }

  func run() throws {
    let input = try PlanInput(topology: topology, workers: workers, measured: measured)
    let planner = Planner(input.topology, policy: PlacementPolicy(rawValue: policy) ?? .manifest)
    let steps = try chain.map { try input.chain($0) }
    if let explain {
      let explanation = planner.explain(try input.tool(explain))
      if json { PlanJSON.print(explanation, planner) } else { PlanExplanationText(explanation, planner).print() }
      guard explanation.plan != nil else { throw Failure(.usage, explanation.reason) }
      return
    }
    let plan: Plan
    let chains: [ChainPlan]
    do throws(PlacementError) {
      plan = try planner.plan(input.tools)
      chains = try steps.map { (steps) throws(PlacementError) in try planner.chains(steps) } ?? []
    } catch {
      throw Failure(.usage, error.message)
    }
    let comparison = PlacementPolicy.compare(input.tools, in: input.topology)
    if json {
      PlanJSON.print(plan, comparison, chains, planner)
    } else {
      PlanText(plan: plan, comparison: comparison, chains: chains, planner: planner).print()
    }
  }
}

extension Planner {
  /// Of every population.
  fileprivate func chains(_ steps: [ToolProfile]) throws(PlacementError) -> [ChainPlan] {
    var chains: [ChainPlan] = []
    for population in topology.populations.indices { chains.append(try chain(steps, population: population)) }
    return chains
  }
}
