// What the calls of one tool have cost on one loop: what `atoll plan --measured` reads.

import Sandbox

/// Sums over the calls of one tool that got an instance. Plain numbers, since only the loop's thread touches them.
struct ToolCounts: Sendable {
  struct Upstream: Sendable {
    var requests: UInt64 = 0
    var answerBytes: UInt64 = 0
  }

  var calls: UInt64 = 0
  var processorNanoseconds: UInt64 = 0
  var reads: UInt64 = 0
  var writes: UInt64 = 0
  var requestBytes: UInt64 = 0
  var answerBytes: UInt64 = 0
  var upstreams: [String: Upstream] = [:]

  mutating func record(_ ledger: CallLedger, requestBytes: Int) {
    calls += 1
    processorNanoseconds &+= ledger.use.cpuNanoseconds
    self.requestBytes &+= UInt64(requestBytes)
    answerBytes &+= UInt64(ledger.use.outputBytes)
    for operation in ledger.operations {
      // A session's are the node's own: one load before and one write behind each call.
      if operation.target.hasPrefix("kv:") {
        if operation.effect == .read { reads += 1 } else { writes += 1 }
      } else if operation.target.hasPrefix("fetch:") {
        let name = String(operation.target.dropFirst("fetch:".count))
        upstreams[name, default: Upstream()].requests += 1
        upstreams[name, default: Upstream()].answerBytes &+= UInt64(operation.answerBytes)
      }
    }
  }

  mutating func merge(_ other: ToolCounts) {
    calls += other.calls
    processorNanoseconds &+= other.processorNanoseconds
    reads += other.reads
    writes += other.writes
    requestBytes &+= other.requestBytes
    answerBytes &+= other.answerBytes
    upstreams.merge(other.upstreams) {
      Upstream(requests: $0.requests + $1.requests, answerBytes: $0.answerBytes &+ $1.answerBytes)
    }
  }
}

extension MetricsText {
  /// By the tool's name in its manifest, so that what one node measured is found wherever the worker goes.
  static func render(tools workers: [(key: String, value: WorkerMetrics.Counts)], in text: inout String) {
    let tools = workers.flatMap { worker in
      worker.value.tools.sorted { $0.key < $1.key }.map { ("worker=\"\(worker.key)\",tool=\"\($0.key)\"", $0.value) }
    }
    func counter(_ name: String, _ help: String, _ value: (ToolCounts) -> String) {
      family(name, "counter", help, in: &text)
      for (labels, counts) in tools { text += "\(name){\(labels)} \(value(counts))\n" }
    }
    counter("atoll_tool_calls_total", "Calls that ran, by tool.") { "\($0.calls)" }
    counter("atoll_tool_cpu_seconds_total", "Processor time of their guests.") {
      "\(Double($0.processorNanoseconds) / 1e9)"
    }
    counter("atoll_tool_request_bytes_total", "Bytes of their arguments.") { "\($0.requestBytes)" }
    counter("atoll_tool_answer_bytes_total", "Bytes that their guests answered.") { "\($0.answerBytes)" }
    family(
      "atoll_tool_state_operations_total", "counter", "Their operations on the store, by effect; sessions apart.",
      in: &text)
    for (labels, counts) in tools {
      text += "atoll_tool_state_operations_total{\(labels),effect=\"read\"} \(counts.reads)\n"
      text += "atoll_tool_state_operations_total{\(labels),effect=\"write\"} \(counts.writes)\n"
    }
    func upstreams(_ name: String, _ help: String, _ value: (ToolCounts.Upstream) -> UInt64) {
      family(name, "counter", help, in: &text)
      for (labels, counts) in tools {
        for (upstream, sums) in counts.upstreams.sorted(by: { $0.key < $1.key }) {
          text += "\(name){\(labels),upstream=\"\(upstream)\"} \(value(sums))\n"
        }
      }
    }
    upstreams("atoll_tool_upstream_requests_total", "Their requests to upstreams.", \.requests)
    upstreams("atoll_tool_upstream_answer_bytes_total", "Bytes of the answers to those.", \.answerBytes)
  }
}
