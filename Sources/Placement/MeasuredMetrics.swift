// What a node has measured of its tools, read from its `/metrics`.

/// Counters of one node, by worker and tool.
public struct MeasuredMetrics: Sendable, Equatable {
  /// Sums over the calls that ran.
  struct Sums: Sendable, Equatable {
    var calls = 0.0
    var processorSeconds = 0.0
    var reads = 0.0
    var writes = 0.0
    var requestBytes = 0.0
    var answerBytes = 0.0
    var upstreamRequests: [String: Double] = [:]
    var upstreamBytes: [String: Double] = [:]
  }

  struct Key: Sendable, Hashable {
    var worker: String
    var tool: String
  }

  private var sums: [Key: Sums] = [:]
  /// Of the processors it was measured on.
  private let speed: Double

  /// Reads the text that a node's `/metrics` answers (Prometheus' format 0.0.4). What it does not know it passes over.
  ///
  /// - parameter speed: as the topology has it for the node's site.
  /// - throws: `badValue` where a line is no metric, or where none is of a tool.
  public init(_ text: String, speed: Double = 1) throws(PlacementError) {
    self.speed = speed
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      guard let sample = Sample(line) else {
        throw PlacementError(
          .badValue, "line \(number + 1) is no metric; save what `curl http://NODE/metrics` answers, as it is")
      }
      guard let worker = sample.labels["worker"], let tool = sample.labels["tool"] else { continue }
      add(sample, to: &sums[Key(worker: worker, tool: tool), default: Sums()])
    }
    guard sums.values.contains(where: { $0.calls > 0 }) else {
      throw PlacementError(
        .badValue, "no tool has been called: `atoll_tool_calls_total` counts none; save it after some load")
    }
  }

  private func add(_ sample: Sample, to sums: inout Sums) {
    switch sample.name {
    case "atoll_tool_calls_total": sums.calls += sample.value
    case "atoll_tool_cpu_seconds_total": sums.processorSeconds += sample.value
    case "atoll_tool_state_operations_total":
      if sample.labels["effect"] == "read" { sums.reads += sample.value } else { sums.writes += sample.value }
    case "atoll_tool_request_bytes_total": sums.requestBytes += sample.value
    case "atoll_tool_answer_bytes_total": sums.answerBytes += sample.value
    case "atoll_tool_upstream_requests_total":
      sums.upstreamRequests[sample.labels["upstream"] ?? "", default: 0] += sample.value
    case "atoll_tool_upstream_answer_bytes_total":
      sums.upstreamBytes[sample.labels["upstream"] ?? "", default: 0] += sample.value
    default: return
    }
  }

  /// Tools that have been called.
  public var tools: [(worker: String, tool: String)] {
    sums.filter { $0.value.calls > 0 }.map { (worker: $0.key.worker, tool: $0.key.tool) }
      .sorted { ($0.worker, $0.tool) < ($1.worker, $1.tool) }
  }

  /// Means of one tool's calls on each of these nodes, the more of them the more they count; nil where none was called.
  /// `upstreams` are those of the tool's worker: of one that was never called, that is known.
  public static func cost(
    of tool: String, worker: String, upstreams: [String] = [], in nodes: [MeasuredMetrics]
  ) -> MeasuredCost? {
    let key = Key(worker: worker, tool: tool)
    let known = nodes.compactMap { node in node.sums[key].flatMap { $0.calls > 0 ? (node.speed, $0) : nil } }
    let calls = known.reduce(0) { $0 + $1.1.calls }
    guard calls > 0 else { return nil }
    func mean(_ part: (Sums) -> Double) -> Double { known.reduce(0) { $0 + part($1.1) } / calls }
    var cost = MeasuredCost()
    for speed in Set(known.map(\.0)).sorted() {
      let alike = known.filter { $0.0 == speed }
      let seconds = alike.reduce(0) { $0 + $1.1.processorSeconds }
      let milliseconds = seconds * 1_000 / alike.reduce(0) { $0 + $1.1.calls }
      cost.services.append(MeasuredService(speed: speed, milliseconds: milliseconds))
    }
    cost.keyValueReads = mean(\.reads)
    cost.keyValueWrites = mean(\.writes)
    cost.requestBytes = mean(\.requestBytes)
    cost.answerBytes = mean(\.answerBytes)
    for name in upstreams {
      let requests = known.reduce(0) { $0 + ($1.1.upstreamRequests[name] ?? 0) }
      cost.dependencyCalls[name] = requests / calls
      guard requests > 0 else { continue }
      cost.dependencyAnswerBytes[name] = known.reduce(0) { $0 + ($1.1.upstreamBytes[name] ?? 0) } / requests
    }
    return cost
  }
}

/// One line: `name{label="value",…} number`.
private struct Sample {
  let name: String
  private(set) var labels: [String: String] = [:]
  let value: Double

  init?(_ line: Substring) {
    var rest = line
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
    guard !name.isEmpty else { return nil }
    self.name = String(name)
    rest = rest.dropFirst(name.count)
    if rest.first == "{" {
      rest = rest.dropFirst()
      while rest.first != "}" {
        guard let (label, value) = Self.label(&rest) else { return nil }
        labels[label] = value
        if rest.first == "," { rest = rest.dropFirst() } else if rest.first != "}" { return nil }
      }
      rest = rest.dropFirst()
    }
    // A time may follow the number. What counts only grows.
    guard let number = rest.split(separator: " ").first, let value = Double(number) else { return nil }
    if name.hasPrefix("atoll_tool_") && !(value >= 0 && value.isFinite) { return nil }
    self.value = value
  }

  private static func label(_ rest: inout Substring) -> (name: String, value: String)? {
    guard let equals = rest.firstIndex(of: "=") else { return nil }
    let name = String(rest[..<equals])
    rest = rest[rest.index(after: equals)...]
    guard rest.first == "\"" else { return nil }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst() {
      switch character {
      case "\"": return (name, value)
      case "\\":
        guard let escaped = rest.popFirst() else { return nil }
        value.append(escaped == "n" ? "\n" : escaped)
      default: value.append(character)
      }
    }
    return nil
  }
}
