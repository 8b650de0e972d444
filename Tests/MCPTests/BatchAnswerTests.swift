// The answer of a batch is bound as a whole, whatever its parts answered.
import JSON
import Testing

@testable import MCP

@Suite struct BatchAnswerTests {
  private func answer(_ id: String, bytes: Int) -> HTTPAnswer {
    let frame = #"{"jsonrpc":"2.0","id":\#(id),"result":""}"#
    let text = String(repeating: "x", count: bytes - frame.utf8.count)
    return HTTPAnswer(
      status: 200, contentType: "application/json",
      body: Fixture.bytes(#"{"jsonrpc":"2.0","id":\#(id),"result":"\#(text)"}"#), verdict: .result)
  }

  @Test func answersUpToTheBoundGoOut() {
    // `[`, a comma and `]` beside the two.
    for (most, fits) in [(203, true), (202, false)] {
      var joined = BatchAnswer(most: most)
      joined.append(answer("1", bytes: 100))
      joined.append(answer("2", bytes: 100))
      let result = joined.finished()
      #expect(result.at("0", "id") == "1")
      #expect(result.at("0", "error") == nil)
      #expect(result.at("1", "id") == "2")
      #expect(result.at("1", "error", "code") == (fits ? nil : "-31413"))
      #expect(!fits || result.body.count == most)
    }
  }

  @Test func largestBatchIsBound() {
    let large = answer(#""large""#, bytes: 3 * 1024 * 1024)
    let result = batchAnswer(of: Array(repeating: large, count: MCPLimits.batchMessagesMax))
    #expect(result.status == 200)
    #expect(result.body.count <= MCPLimits.batchAnswerBytesMax + MCPLimits.batchMessagesMax * 512)
    #expect(result.at("4", "error") == nil)
    #expect(result.at("5", "error", "code") == "-31413")
    #expect(result.at("5", "id") == "large")
    #expect(result.at("31", "error", "code") == "-31413")
  }

  @Test func smallAnswersBehindALargeOneStillFit() {
    var joined = BatchAnswer(most: 300)
    joined.append(answer("1", bytes: 400))
    joined.append(HTTPAnswer(status: 202, verdict: .accepted))
    #expect(!joined.isFull)
    joined.append(answer("2", bytes: 60))
    let result = joined.finished()
    #expect(result.at("0", "error", "code") == "-31413")
    #expect(result.at("1", "id") == "2")
  }

  @Test func nothingButNotificationsGets202() {
    #expect(BatchAnswer().finished().status == 202)
  }

  @Test func notesAreKept() {
    var joined = BatchAnswer(most: 10)
    let first = Fixture.bytes(#"{"jsonrpc":"2.0","id":1}"#)
    joined.append(HTTPAnswer(status: 200, body: first, verdict: .result, note: "a"))
    joined.append(HTTPAnswer(status: 202, verdict: .accepted, note: "b"))
    #expect(joined.isFull)
    #expect(joined.finished().note == "a; b")
  }
}
