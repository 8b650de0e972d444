// `/metrics`: Prometheus' text format 0.0.4.

enum MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func render(_ total: LoopMetrics.Snapshot, loops: Int, generation: Int, ready: Bool) -> [UInt8] {
    var text = ""
    family("atoll_requests_total", "counter", "HTTP requests answered, by status.", in: &text)
    for (status, count) in total.requests.sorted(by: { $0.key < $1.key }) {
      text += "atoll_requests_total{status=\"\(status)\"} \(count)\n"
    }
    family("atoll_disconnects_total", "counter", "Clients that left before their answer.", in: &text)
    text += "atoll_disconnects_total \(total.disconnects)\n"
    family(
      "atoll_unsent_aborts_total", "counter", "Connections cut off because too much was unsent over all of them.", in: &text)
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
    gauge("atoll_instances_live", "Instances alive now.", total.live, in: &text)
    gauge("atoll_queue_waiting", "Calls that wait for an instance.", total.queued, in: &text)
    gauge("atoll_connections_open", "Open client connections.", total.connections, in: &text)
    gauge("atoll_loops", "Loops of this node.", loops, in: &text)
    gauge("atoll_generation", "Deployments since the node started.", generation, in: &text)
    gauge("atoll_ready", "1 while the node takes calls.", ready ? 1 : 0, in: &text)
    return Array(text.utf8)
  }

  private static func family(_ name: String, _ type: String, _ help: String, in text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private static func gauge(_ name: String, _ help: String, _ value: Int, in text: inout String) {
    family(name, "gauge", help, in: &text)
    text += "\(name) \(value)\n"
  }
}
