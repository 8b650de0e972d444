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

  /// The servers in these tests take as much as nodes of a topology do.
  @Test func whatAnotherNodeHasNoRoomForIsRefusedHere() async throws {
    let limits = HTTPLimits()
    // `X: ` and CRLF count as four bytes beside the name.
    let fits = try await sent([("X", String(repeating: "x", count: limits.headerBytes - 5))])
    #expect(fits.allSatisfy { $0.utf8.count == limits.headerBytes })
    let large = try await sent([("X", String(repeating: "x", count: limits.headerBytes - 4))])
    #expect(large.allSatisfy { $0.hasPrefix("tooLarge") && $0.contains("16384 bytes") }, "\(large)")
    let lines = (1...limits.headerCount).map { ("X-\($0)", "1") }
    let many = try await sent(lines)
    #expect(many.allSatisfy { $0.hasPrefix("X-1: 1") }, "\(many)")
    #expect(try await sent(lines + [("Y", "1")]).allSatisfy { $0.hasPrefix("tooLarge") })
    #expect(PlaceStage.unforwardable(LinkError(.tooLarge, "why", wasSent: false)).status == 431)
  }

  @Test func whatANodeAddsFitsTheReserve() throws {
    let longest = String(repeating: "x", count: 255)
    let forward = Forward(
      principal: longest, method: "POST", path: longest, bodyDigest: [UInt8](repeating: 0, count: 32),
      passed: [longest, longest], target: longest, remainingMilliseconds: .max,
      topology: [UInt8](repeating: 0, count: 32), worker: [UInt8](repeating: 0, count: 32), tool: longest, issued: .max,
      nonce: Forward.Nonce(high: .max, low: .max), epoch: .max)
    let seal = ForwardSeal(TopologyFixture.keys).sealed(forward)
    let own = Forward.fieldName.utf8.count + seal.utf8.count + 4 + "Host".utf8.count + 253 + 6 + 4
    #expect(own + "Content-Length: 1234567890\r\n".utf8.count <= ForwardBounds.headerReserveBytes, "\(seal.utf8.count)")
  }
}
