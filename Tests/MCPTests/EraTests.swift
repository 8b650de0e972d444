// The era rule (docs/protocol.md, "Which era a request belongs to"): as a function, and row by row on whole requests.
import Testing

@testable import MCP

@Suite struct EraTests {
  @Test(arguments: [
    (VersionHeader.served(.v20260728), true, Era.modern),
    (.served(.v20260728), false, .modern),
    (.unknown, true, .modern),
    (.unknown, false, .modern),
    (.absent, true, .modern),
    (.served(.v20251125), true, .legacy(.v20251125)),
    (.served(.v20250618), false, .legacy(.v20250618)),
    (.served(.v20250326), true, .legacy(.v20250326)),
    (.absent, false, .legacy(.v20250326)),
  ])
  func headerAndClaimDecideTheEra(_ header: VersionHeader, _ claims: Bool, _ era: Era) {
    #expect(Era(header: header, bodyClaims: claims) == era)
  }

  @Test(arguments: [
    ("2026-07-28", VersionHeader.served(.v20260728)), (" \t2025-11-25 ", .served(.v20251125)), ("v999", .unknown),
    ("", .unknown), ("2024-11-05", .unknown), ("2026-07-28,2026-07-28", .unknown), ("2026-7-28", .unknown),
  ])
  func versionHeaderIsReadWithoutItsSpace(_ text: String, _ expected: VersionHeader) {
    #expect(VersionHeader(.one(Fixture.bytes(text)[...])) == expected)
  }

  @Test func onlyTheModernEraIsCancelledByADisconnect() {
    #expect(Era.modern.cancelsOnDisconnect)
    for revision in Revision.allCases where !revision.isModern {
      #expect(!Era.legacy(revision).cancelsOnDisconnect)
    }
  }

  @Test func modernHeaderAndMetaAreModern() throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody("server/discover"), headers: Fixture.modernHeaders("server/discover")).answer)
    #expect(answer.status == 200)
    #expect(answer.at("result", "resultType") == "complete")
  }

  @Test func legacyHeaderWinsOverModernMeta() throws {
    // ChatGPT sends exactly this; it must not be asked for Mcp-Method.
    let headers = Fixture.legacyHeaders("2025-11-25")
    let list = try #require(Fixture.send(Fixture.modernBody("tools/list"), headers: headers).answer)
    #expect(list.status == 200)
    #expect(list.at("result", "resultType") == nil)
    #expect(list.at("result", "tools", "0", "name") == "echo")
    let call = Fixture.send(Fixture.modernBody("tools/call", params: #""name":"plain""#), headers: headers).call
    #expect(call?.era == .legacy(.v20251125))
  }

  @Test func metaWithoutAHeaderIsModernAndMismatched() throws {
    let answer = try #require(Fixture.send(Fixture.modernBody("tools/list"), headers: Fixture.transport).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32020)
  }

  @Test(arguments: [nil, "2025-03-26", "2025-06-18", "2025-11-25"])
  func initializeIsLegacyWhateverItsLegacyHeader(_ version: String?) throws {
    let answer = try #require(
      Fixture.send(
        Fixture.legacyBody("initialize", params: #""protocolVersion":"2025-11-25","capabilities":{}"#),
        headers: Fixture.legacyHeaders(version) + [(name: "Mcp-Method", value: "initialize")]
      ).answer)
    #expect(answer.status == 200)
    #expect(answer.at("result", "protocolVersion") == "2025-11-25")
  }

  @Test func initializeWithModernHeaderAndMetaIsNotFound() throws {
    let answer = try #require(
      Fixture.send(Fixture.modernBody("initialize"), headers: Fixture.modernHeaders("initialize")).answer)
    #expect(answer.status == 404)
    #expect(answer.code == -32601)
  }

  @Test func initializeWithModernHeaderAndNoMetaLacksItsMeta() throws {
    let answer = try #require(
      Fixture.send(
        Fixture.legacyBody("initialize", params: #""protocolVersion":"2025-11-25""#),
        headers: Fixture.modernHeaders("initialize")
      ).answer)
    #expect(answer.status == 400)
    #expect(answer.code == -32602)
  }

  @Test func sessionsOfOthersAreIgnored() throws {
    let headers = Fixture.legacyHeaders("2025-06-18") + [(name: "Mcp-Session-Id", value: "abc")]
    let answer = try #require(Fixture.send(Fixture.legacyBody("ping"), headers: headers).answer)
    #expect(answer.status == 200)
    #expect(answer.field("Mcp-Session-Id") == nil)
  }

  @Test func requestWithNothingIsTheFirstRevision() throws {
    let call = try #require(
      Fixture.send(Fixture.legacyBody("tools/call", params: #""name":"plain""#), headers: Fixture.transport).call)
    #expect(call.era == .legacy(.v20250326))
  }

  @Test(arguments: [nil, "2026-07-28", "2025-06-18", "2025-11-25", "v999"])
  func arrayIsOnlyForTheFirstRevision(_ version: String?) throws {
    let decoded = Fixture.send("[\(Fixture.legacyBody("ping"))]", headers: Fixture.legacyHeaders(version))
    if version == nil {
      #expect(decoded.parts?.count == 1)
    } else {
      #expect(decoded.answer?.status == 400)
      #expect(decoded.answer?.code == -32600)
    }
  }

  @Test(arguments: ["v999", "2024-11-05", "1"])
  func unknownVersionHeaderOnLegacyTrafficIs400(_ version: String) throws {
    let answer = try #require(
      Fixture.send(Fixture.legacyBody("tools/list"), headers: Fixture.legacyHeaders(version)).answer)
    #expect(answer.status == 400)
    #expect(answer.message?.contains("2025-11-25") == true)
  }
}
