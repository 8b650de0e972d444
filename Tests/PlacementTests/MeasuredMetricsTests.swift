// What is learnt from a node's /metrics, and what is refused.
import Testing

@testable import Placement

@Suite struct MeasuredMetricsTests {
  static let text = """
    # HELP atoll_tool_calls_total Calls that ran, by tool.
    # TYPE atoll_tool_calls_total counter
    atoll_tool_calls_total{worker="notes",tool="add"} 200
    atoll_tool_calls_total{worker="notes",tool="never"} 0
    atoll_tool_calls_total{worker="orders",tool="status"} 4
    atoll_tool_cpu_seconds_total{worker="notes",tool="add"} 0.5
    atoll_tool_cpu_seconds_total{worker="orders",tool="status"} 0.008
    atoll_tool_request_bytes_total{worker="notes",tool="add"} 20000
    atoll_tool_answer_bytes_total{worker="notes",tool="add"} 1e+05
    atoll_tool_state_operations_total{worker="notes",tool="add",effect="read"} 100
    atoll_tool_state_operations_total{worker="notes",tool="add",effect="write"} 300
    atoll_tool_upstream_requests_total{worker="orders",tool="status",upstream="orders-db"} 12
    atoll_tool_upstream_answer_bytes_total{worker="orders",tool="status",upstream="orders-db"} 24000
    atoll_fresh_call_seconds_bucket{worker="notes",le="+Inf"} 200
    atoll_ready 1 1700000000000

    """

  private func cost(_ tool: String, _ worker: String, _ nodes: [MeasuredMetrics], upstreams: [String] = [])
    -> MeasuredCost?
  {
    MeasuredMetrics.cost(of: tool, worker: worker, upstreams: upstreams, in: nodes)
  }

  @Test func countersBecomeMeansOfACall() throws {
    let metrics = try MeasuredMetrics(Self.text)
    let add = try #require(cost("add", "notes", [metrics]))
    #expect(add.services == [MeasuredService(speed: 1, milliseconds: 2.5)])
    #expect(add.keyValueReads == 0.5 && add.keyValueWrites == 1.5)
    #expect(add.requestBytes == 100 && add.answerBytes == 500 && add.dependencyCalls.isEmpty)
    let status = try #require(cost("status", "orders", [metrics], upstreams: ["orders-db", "idle"]))
    #expect(
      status.dependencyCalls == ["orders-db": 3, "idle": 0] && status.dependencyAnswerBytes == ["orders-db": 2_000])
    #expect(metrics.tools.map(\.tool) == ["add", "status"])
  }

  @Test func whatWasNeverCalledIsNotKnown() throws {
    let metrics = try MeasuredMetrics(Self.text)
    #expect(cost("never", "notes", [metrics]) == nil && cost("add", "other", [metrics]) == nil)
    #expect(cost("add", "notes", []) == nil)
  }

  /// The more calls a node had, the more it counts; service times stay apart by kind of processor.
  @Test func severalNodesAreOne() throws {
    let fast = try MeasuredMetrics(Self.text)
    let slow = try MeasuredMetrics(
      """
      atoll_tool_calls_total{worker="notes",tool="add"} 600
      atoll_tool_cpu_seconds_total{worker="notes",tool="add"} 6
      atoll_tool_request_bytes_total{worker="notes",tool="add"} 180000
      """, speed: 0.25)
    let add = try #require(cost("add", "notes", [fast, slow]))
    #expect(
      add.services == [MeasuredService(speed: 0.25, milliseconds: 10), MeasuredService(speed: 1, milliseconds: 2.5)])
    #expect(add.requestBytes == 250 && add.keyValueReads == 100.0 / 800)
    let twice = try #require(cost("add", "notes", [fast, fast]))
    #expect(twice.services == [MeasuredService(speed: 1, milliseconds: 2.5)])
  }

  @Test func labelsMayHoldAnything() throws {
    let metrics = try MeasuredMetrics(
      #"atoll_tool_calls_total{worker="a\"}b\\",tool="t,\n=",more="x"} 3 1700000000000"#)
    #expect(metrics.tools.map(\.worker) == ["a\"}b\\"] && metrics.tools.map(\.tool) == ["t,\n="])
  }

  @Test(arguments: [
    ("<html>", "line 1 is no metric"), ("atoll_ready 1\n{}", "line 2 is no metric"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\" 3", "line 1 is no metric"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\"}", "line 1 is no metric"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\"} many", "line 1 is no metric"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\"} NaN", "line 1 is no metric"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\"} -3", "line 1 is no metric"),
    ("atoll_tool_calls_total{worker=\"a", "line 1 is no metric"),
    ("atoll_ready 1", "no tool has been called"), ("", "no tool has been called"),
    ("atoll_tool_calls_total{worker=\"a\",tool=\"b\"} 0", "no tool has been called"),
  ])
  func whatIsNoMetricsIsRefused(text: String, words: String) {
    let error = #expect(throws: PlacementError.self) { try MeasuredMetrics(text) }
    #expect(error?.code == .badValue && error?.message.contains(words) == true, "\(error?.message ?? "")")
  }
}
