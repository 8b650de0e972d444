// The plan for programs: one object, its members in a fixed order, figures to a thousandth.

import JSON
import Manifests
import Placement

enum PlanJSON {
  static func print(_ plan: Plan, _ comparison: [PolicyFigures], _ chains: [ChainPlan], _ planner: Planner) {
    let topology = planner.topology
    JSONText.print {
      head(planner, to: &$0)
      $0.key("tools")
      $0.beginArray()
      for tool in plan.tools { write(tool, planner, to: &$0) }
      $0.endArray()
      $0.key("comparison")
      $0.beginArray()
      for figures in comparison {
        $0.beginObject()
        $0.member("policy", figures.policy.rawValue)
        $0.member("p50_ms", figure: figures.latency.quantile(0.5))
        $0.member("p99_ms", figure: figures.latency.quantile(0.99))
        $0.member("violations", figure: figures.violations)
        $0.member("unplaced", figures.unplaced)
        $0.endObject()
      }
      $0.endArray()
      guard !chains.isEmpty else { return }
      $0.key("chain")
      $0.beginArray()
      for chain in chains { write(chain, topology, to: &$0) }
      $0.endArray()
    }
  }

  static func print(_ explanation: Explanation, _ planner: Planner) {
    let topology = planner.topology
    JSONText.print {
      head(planner, to: &$0)
      $0.member("tool", explanation.tool.name)
      $0.member("worker", explanation.tool.worker)
      $0.member("reason", explanation.reason)
      if let plan = explanation.plan {
        $0.key("plan")
        write(plan, planner, to: &$0)
      }
      $0.key("rules")
      $0.beginArray()
      for rule in explanation.judgement.rules {
        $0.beginObject()
        $0.member("rule", rule.name)
        $0.member("asked", rule.asked)
        $0.key("verdicts")
        $0.beginArray()
        for (index, verdict) in rule.verdicts.enumerated() {
          $0.beginObject()
          $0.member("site", topology.sites[index].name)
          $0.member("kept", verdict.isKept)
          $0.member("text", verdict.text)
          $0.endObject()
        }
        $0.endArray()
        $0.endObject()
      }
      $0.endArray()
      $0.key("candidates")
      $0.beginArray()
      for candidate in explanation.candidates {
        $0.beginObject()
        $0.member("site", topology.sites[candidate.site].name)
        $0.member("share", figure: candidate.share)
        write(candidate.cost, to: &$0)
        $0.endObject()
      }
      $0.endArray()
      inputs(explanation.tool, to: &$0)
    }
  }

  private static func head(_ planner: Planner, to out: inout JSONWriter) {
    out.member("topology", planner.topology.name)
    out.member("policy", planner.policy.rawValue)
    out.key("sites")
    out.beginArray()
    for site in planner.topology.sites {
      out.beginObject()
      out.member("name", site.name)
      out.member("tier", site.isCore ? "core" : "edge")
      out.member("region", site.region)
      out.member("jurisdiction", site.jurisdiction)
      out.endObject()
    }
    out.endArray()
  }

  private static func write(_ tool: ToolPlan, _ planner: Planner, to out: inout JSONWriter) {
    let topology = planner.topology
    let latency = tool.latency(in: topology)
    out.beginObject()
    out.member("tool", tool.tool.name)
    out.member("worker", tool.tool.worker)
    out.member("sites", tool.sites.map { topology.sites[$0].name })
    out.member("allowed", tool.allowed.map { topology.sites[$0].name })
    if let store = tool.store { out.member("store", topology.stores[store].name) }
    out.member("reason", planner.reason(tool))
    if !latency.isEmpty {
      out.member("p50_ms", figure: latency.quantile(0.5))
      out.member("p99_ms", figure: latency.quantile(0.99))
    }
    out.member("assumed_in_part", tool.tool.isPartlyAssumed)
    inputs(tool.tool, to: &out)
    out.key("populations")
    out.beginArray()
    for answer in tool.populations {
      out.beginObject()
      out.member("population", topology.populations[answer.population].name)
      out.member("share", topology.populations[answer.population].share)
      out.member("entry", topology.sites[answer.entry].name)
      out.member("site", topology.sites[answer.site].name)
      write(answer.cost, to: &out)
      out.endObject()
    }
    out.endArray()
    out.endObject()
  }

  private static func inputs(_ tool: ToolProfile, to out: inout JSONWriter) {
    out.key("inputs")
    out.beginArray()
    for input in tool.inputs {
      out.beginObject()
      out.member("name", input.name)
      out.member("value", figure: input.figure.value)
      if !input.unit.isEmpty { out.member("unit", input.unit) }
      out.member("origin", input.figure.origin.rawValue)
      out.endObject()
    }
    out.endArray()
  }

  private static func write(_ chain: ChainPlan, _ topology: Topology, to out: inout JSONWriter) {
    out.beginObject()
    out.member("population", topology.populations[chain.population].name)
    out.member("total_ms", figure: chain.total)
    out.member("step_by_step_ms", figure: chain.stepByStepTotal)
    for (name, steps) in [("steps", chain.steps), ("step_by_step", chain.stepByStep)] {
      out.key(name)
      out.beginArray()
      for step in steps {
        out.beginObject()
        out.member("tool", step.tool.name)
        out.member("entry", topology.sites[step.entry].name)
        out.member("site", topology.sites[step.site].name)
        out.member("moved_ms", figure: step.moveMilliseconds)
        write(step.cost, to: &out)
        out.endObject()
      }
      out.endArray()
    }
    out.endObject()
  }

  private static func write(_ cost: CostModel.Cost, to out: inout JSONWriter) {
    out.member("ms", figure: cost.total)
    out.member("network_ms", figure: cost.network)
    out.member("forwarding_ms", figure: cost.forwarding)
    out.member("service_ms", figure: cost.service)
    out.member("state_ms", figure: cost.state)
    out.member("dependencies_ms", figure: cost.dependencies)
  }
}
