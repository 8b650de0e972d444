// The official Python client against the built node, in both eras.
import Foundation
import Testing

extension TheBinary {
  @Suite("with the official client", .needsClient)
  struct OfficialClient {
    @Test(.timeLimit(.minutes(3)), arguments: ["auto", "legacy"])
    func listsAndCalls(mode: String) throws {
      let node = try ServedNode([Bundles.hello(), Bundles.limits()])
      let report = try ClientReport.run(
        node.url, mode: mode,
        steps: """
          [{"list": true}, {"call": "\(Hello.tool)", "arguments": \(Hello.arguments)}, {"call": "no-such-tool"},
           {"call": "\(Breach.trap.tool)"}, {"call": "\(LimitsTool.fail)", "arguments": {"message": "no such city"}},
           {"call": "\(Hello.tool)", "arguments": \(Hello.arguments)}]
          """)
      #expect(report.version == (mode == "auto" ? "2026-07-28" : "2025-11-25"))
      try #require(report.steps.count == 6)
      let tools = try #require(report.steps[0].tools)
      #expect(Set(tools.map(\.name)).isSuperset(of: Set([Hello.tool] + Breach.allCases.map(\.tool))))
      #expect(report.steps[1].text == [Hello.answer] && report.steps[1].isError == false)
      #expect(report.steps[2].error?.code == -32602, "an unknown tool is a protocol error")
      #expect(report.steps[2].error?.message.contains("no-such-tool") == true)
      #expect(report.steps[3].isError == true)
      #expect(report.steps[3].text?.joined().contains(Breach.trap.fault) == true)
      #expect(report.steps[4].isError == true && report.steps[4].text?.joined().contains("no such city") == true)
      #expect(report.steps[5].text == [Hello.answer], "a trap costs its own call only")
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["auto", "legacy"])
    func wrongArgumentsAreAToolErrorThatNamesThePlace(mode: String) throws {
      let node = try ServedNode([Bundles.hello()])
      let report = try ClientReport.run(
        node.url, mode: mode, steps: #"[{"call": "\#(Hello.tool)", "arguments": {"name": 5}}]"#)
      #expect(report.steps.first?.isError == true)
      let text = report.steps.first?.text?.joined() ?? ""
      #expect(text.contains("/name") && text.contains("string"), "\(text)")
    }

    /// Closing the response stream is the cancellation of the modern era (2026-07-28, basic/patterns/cancellation,
    /// "Transport-Specific Cancellation").
    @Test(.timeLimit(.minutes(3)))
    func aCancelledModernCallEndsItsInstance() throws {
      let node = try ServedNode([Bundles.patientLimits()])
      let report = try ClientReport.run(
        node.url, mode: "auto",
        steps: Self.sleepCancelled)
      #expect(report.steps.first?.cancelled == true)
      let left = try Self.liveInstances(of: node, untilZeroFor: 1)
      #expect(left == 0)
    }

    /// Request ids repeat between clients: ending a legacy call by id would end a stranger's.
    @Test(.timeLimit(.minutes(3)))
    func aCancelledLegacyCallGoesOn() throws {
      let node = try ServedNode([Bundles.patientLimits()])
      let report = try ClientReport.run(
        node.url, mode: "legacy",
        steps: Self.sleepCancelled)
      #expect(report.steps.first?.cancelled == true)
      #expect(try node.metric(Metrics.liveInstances) == 1)
      #expect(try Self.liveInstances(of: node, untilZeroFor: 20) == 0, "it ends by itself")
    }

    /// Eight seconds of sleep, given up after 0.3 s.
    private static let sleepCancelled =
      #"[{"call": "\#(Breach.sleep.tool)", "arguments": {"milliseconds": 8000}, "cancel_after_ms": 300}]"#

    private static func liveInstances(of node: ServedNode, untilZeroFor seconds: Double) throws -> Double? {
      let deadline = Date(timeIntervalSinceNow: seconds)
      var left = try node.metric(Metrics.liveInstances)
      while left != 0, Date() < deadline {
        usleep(20_000)
        left = try node.metric(Metrics.liveInstances)
      }
      return left
    }
  }
}

/// What clients/session.py printed.
struct ClientReport: Decodable {
  struct Tool: Decodable { let name: String }
  struct ProtocolError: Decodable {
    let code: Int
    let message: String
  }
  struct Step: Decodable {
    let tools: [Tool]?
    let isError: Bool?
    let text: [String]?
    let error: ProtocolError?
    let cancelled: Bool?
  }

  let version: String
  let server: String?
  let steps: [Step]

  static func run(_ url: String, mode: String, steps: String) throws -> ClientReport {
    let finished = try Command.run(
      Installation.python, [Installation.root + "/Tests/EndToEnd/clients/session.py", url, mode],
      input: steps, timeoutSeconds: 40)
    guard finished.status == 0 else { throw EndToEndError("the client failed: \(finished.errors)") }
    return try JSONDecoder().decode(ClientReport.self, from: Data(finished.output.utf8))
  }
}
