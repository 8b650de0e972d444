// The header lines that go on with a call, and what it costs to find them.
import HTTPClient
import HTTPServer
import HTTPTypes
import MCP
import Synchronization
import Testing

@testable import Nodes

@Suite(.timeLimit(.minutes(1))) struct ForwardLinesTests {
  /// What becomes of these lines: what goes on, twice, or why it does not.
  private func sent(_ lines: [(name: String, value: String)]) async throws -> [String] {
    let made = Mutex<[String]>([])
    try await withRelay(
      { _ in },
      asked: { _, exchange in
        let once = ForwardLines()
        for _ in 0..<2 {
          let text: String
          do throws(LinkError) {
            let fields = try once.of(exchange)
            text = String(decoding: fields.bytes, as: UTF8.self)
          } catch { text = "\(error.code) \(error.message)" }
          made.withLock { $0.append(text) }
        }
        exchange.respond(status: .ok)
      }
    ) { bench in
      let text =
        "POST /mcp HTTP/1.1\r\nHost: \(bench.front.authority)\r\nContent-Length: 0\r\n"
        + lines.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n"
      await bench.send(text)
      #expect(await bench.eventually { _ in made.withLock { $0.count } == 2 })
    }
    return made.withLock { $0 }
  }

  @Test func linesOfTheMessageGoOnAndThoseOfTheConnectionDoNot() async throws {
    let made = try await sent([
      ("Connection", "X-Hop, keep-alive"), ("X-Hop", "1"), ("Authorization", "Bearer t"), ("X-Kept", "2"),
      ("Atoll-Forward", "x"),
    ])
    #expect(made == ["X-Kept: 2\r\n", "X-Kept: 2\r\n"])
  }

  @Test func aConnectionThatNamesManyLinesIsABadRequest() async throws {
    let few = (1...ConnectionNames.most).map { "x\($0)" }.joined(separator: ",")
    #expect(try await sent([("Connection", few), ("X64", "1"), ("X65", "1")]) == ["X65: 1\r\n", "X65: 1\r\n"])
    let made = try await sent([("Connection", few), ("Connection", "x65")])
    #expect(made.allSatisfy { $0.hasPrefix("badRequest") && $0.contains("more than 64 lines") }, "\(made)")
    // 7,900 names, and a hundred lines to be looked up among them.
    let many = [("Connection", String(repeating: "a,", count: 7_000))] + (1...90).map { ("X-\($0)", "1") }
    #expect(try await sent(many).allSatisfy { $0.hasPrefix("badRequest") })
    let answer = PlaceStage.unforwardable(LinkError(.badRequest, "why", wasSent: false))
    #expect(answer.status == 400 && answer.code == .invalidRequest && answer.message.contains("why"))
  }
}
