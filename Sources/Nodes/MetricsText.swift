// `/metrics`: Prometheus' text format 0.0.4.

import HTTPClient
import Placement

enum MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func render(
    _ total: LoopMetrics.Snapshot, topology: NodeTopology? = nil, upstreams: [UpstreamHealth.Snapshot] = [], loops: Int,
    generation: Int, ready: Bool
  ) -> [UInt8] {
    var text = ""
    family("atoll_requests_total", "counter", "HTTP requests answered, by status.", in: &text)
    for (status, count) in total.requests.sorted(by: { $0.key < $1.key }) {
      text += "atoll_requests_total{status=\"\(status)\"} \(count)\n"
    }
    family("atoll_disconnects_total", "counter", "Clients that left before their answer.", in: &text)
    text += "atoll_disconnects_total \(total.disconnects)\n"
    family(
      "atoll_unsent_aborts_total", "counter", "Connections cut off because too much was unsent over all of them.",
      in: &text)
    text += "atoll_unsent_aborts_total \(total.unsentAborts)\n"
    let workers = total.workers.sorted { $0.key < $1.key }
    family("atoll_calls_total", "counter", "Tool calls, by worker and outcome.", in: &text)
    for (name, counts) in workers {
      for (outcome, count) in counts.outcomes.sorted(by: { $0.key < $1.key }) {
        text += "atoll_calls_total{worker=\"\(name)\",outcome=\"\(outcome)\"} \(count)\n"
      }
    }
    family("atoll_faults_total", "counter", "Calls the host ended, by worker and kind of fault.", in: &text)
    for (name, counts) in workers {
      for (kind, count) in counts.faults.sorted(by: { $0.key < $1.key }) {
        text += "atoll_faults_total{worker=\"\(name)\",kind=\"\(kind)\"} \(count)\n"
      }
    }
    family("atoll_fresh_call_seconds", "histogram", "From the accepted call to its answer.", in: &text)
    for (name, counts) in workers {
      counts.freshCall.appendLines(name: "atoll_fresh_call_seconds", labels: "worker=\"\(name)\"", to: &text)
    }
    render(tools: workers, in: &text)
    family(
      "atoll_state_operations_total", "counter", "Operations on the key-value store, by kind and outcome.", in: &text)
    for (labels, count) in total.store.operations.sorted(by: { $0.key < $1.key }) {
      text += "atoll_state_operations_total{\(labels)} \(count)\n"
    }
    gauge("atoll_state_answers", "1 while the key-value store answers.", total.isStoreWell ? 1 : 0, in: &text)
    render(upstreams, in: &text)
    if let topology { render(total, topology, in: &text) }
    gauge("atoll_instances_live", "Instances alive now.", total.live, in: &text)
    gauge("atoll_queue_waiting", "Calls that wait for an instance.", total.queued, in: &text)
    gauge("atoll_connections_open", "Open client connections.", total.connections, in: &text)
    gauge("atoll_loops", "Loops of this node.", loops, in: &text)
    gauge("atoll_generation", "Deployments since the node started.", generation, in: &text)
    gauge("atoll_ready", "1 while the node takes calls.", ready ? 1 : 0, in: &text)
    return Array(text.utf8)
  }

  private static func render(_ upstreams: [UpstreamHealth.Snapshot], in text: inout String) {
    func labels(_ upstream: UpstreamHealth.Snapshot) -> String {
      "worker=\"\(upstream.worker)\",upstream=\"\(upstream.upstream)\""
    }
    family("atoll_upstream_requests_total", "counter", "Requests to upstreams that ended, by outcome.", in: &text)
    for upstream in upstreams {
      for (outcome, count) in upstream.requests.sorted(by: { $0.key < $1.key }) {
        text += "atoll_upstream_requests_total{\(labels(upstream)),outcome=\"\(outcome)\"} \(count)\n"
      }
    }
    family("atoll_upstream_retries_total", "counter", "Requests to upstreams that were tried again.", in: &text)
    for upstream in upstreams { text += "atoll_upstream_retries_total{\(labels(upstream))} \(upstream.retries)\n" }
    family(
      "atoll_upstream_retries_denied_total", "counter", "Retries that were left out because the budget was used up.",
      in: &text)
    for upstream in upstreams {
      text += "atoll_upstream_retries_denied_total{\(labels(upstream))} \(upstream.budgetExhausted)\n"
    }
    family("atoll_upstream_circuit", "gauge", "1 for the state that an upstream's circuit is in.", in: &text)
    for upstream in upstreams {
      for state in ["closed", "open", "half_open"] {
        text += "atoll_upstream_circuit{\(labels(upstream)),state=\"\(state)\"} \(upstream.state == state ? 1 : 0)\n"
      }
    }
    family("atoll_upstream_circuit_opened_total", "counter", "Times that an upstream's circuit opened.", in: &text)
    for upstream in upstreams {
      text += "atoll_upstream_circuit_opened_total{\(labels(upstream))} \(upstream.openedTotal)\n"
    }
  }

  private static func render(_ total: LoopMetrics.Snapshot, _ topology: NodeTopology, in text: inout String) {
    family(
      "atoll_forwards_total", "counter", "Attempts to have a call answered at another site, by site and outcome.",
      in: &text)
    for (site, counts) in total.forwards.sorted(by: { $0.key < $1.key }) {
      for (outcome, count) in counts.sorted(by: { $0.key < $1.key }) {
        text += "atoll_forwards_total{site=\"\(site)\",outcome=\"\(outcome)\"} \(count)\n"
      }
    }
    gauge("atoll_forwards_live", "Calls under way at other sites.", total.forwardsLive, in: &text)
    family("atoll_forward_refusals_total", "counter", "Forwarded calls that were not taken here, by reason.", in: &text)
    for refusal in ForwardRefusal.allCases {
      guard let count = total.forwardRefusals[refusal] else { continue }
      text += "atoll_forward_refusals_total{reason=\"\(refusal.rawValue)\"} \(count)\n"
    }
    family(
      "atoll_site_up", "gauge", "1 for another site that calls are sent to, 0 for one that does not answer.", in: &text)
    for index in topology.topology.sites.indices where index != topology.site && topology.mayReach(index) {
      text += "atoll_site_up{site=\"\(topology.name(of: index))\"} \(topology.isUp(index) ? 1 : 0)\n"
    }
  }

  static func family(_ name: String, _ type: String, _ help: String, in text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private static func gauge(_ name: String, _ help: String, _ value: Int, in text: inout String) {
    family(name, "gauge", help, in: &text)
    text += "\(name) \(value)\n"
  }
}
