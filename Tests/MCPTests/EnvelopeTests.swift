// The one-pass reader of the envelope against the scanner of the JSON module: the same members, whatever the writing.
import JSON
import Testing

@testable import MCP

@Suite struct EnvelopeTests {
  /// A seeded generator, so that a failure can be run again.
  struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  static let names: [String] = [
    "jsonrpc", "id", "method", "params", "result", "error", "_meta", "name", "arguments", "uri", "cursor",
    "protocolVersion", "progressToken", Meta.protocolVersion, Meta.clientCapabilities, Meta.clientInfo, Meta.logLevel,
    // Near misses: the same length, the same ending, or the same letters but for case.
    "jsonrpd", "Id", "methoD", "xarams", "brguments", "Arguments", "_Meta", "argument", "xprotocolVersion",
    "io.modelcontextprotocol/protocolversion", "io.modelcontextprotocol_protocolVersion", "", "é", "a\\\"b", "}", "{",
  ]

  static func value(_ random: inout Seeded, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 3 ? 6 : 8), using: &random) {
    case 0: "null"
    case 1: "true"
    case 2: "-12.5e3"
    case 3: #""a\"},{\\""#
    case 4: #""tools\/call""#
    case 5: "\"2.0\""
    case 6: "[" + (0..<2).map { _ in value(&random, depth: depth + 1) }.joined(separator: ",") + "]"
    default: object(&random, depth: depth + 1)
    }
  }

  static func key(_ random: inout Seeded) -> String {
    let name = names.randomElement(using: &random)!
    guard Int.random(in: 0..<8, using: &random) == 0, let first = name.unicodeScalars.first, first.isASCII,
      first != "\\"
    else { return name }
    let hex = String(first.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex + name.dropFirst()
  }

  static func object(_ random: inout Seeded, depth: Int) -> String {
    let space = ["", " ", "\n\t "].randomElement(using: &random)!
    var members = (0..<Int.random(in: 0..<6, using: &random)).map { _ in
      "\"\(key(&random))\"\(space):\(space)\(value(&random, depth: depth))"
    }
    // Most messages have the objects that are read inside one another.
    if depth < 2, Int.random(in: 0..<3, using: &random) > 0 {
      let inner = "\"\(depth == 0 ? "params" : "_meta")\":\(object(&random, depth: depth + 1))"
      members.insert(inner, at: Int.random(in: 0...members.count, using: &random))
    }
    return "{" + space + members.joined(separator: "\(space),\(space)") + space + "}"
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func readersAgree(_ seed: UInt64) throws {
    var random = Seeded(state: seed)
    for _ in 0..<500 {
      let body = Array(Self.object(&random, depth: 0).utf8)
      let bytes = body.span
      _ = try JSONDocument(body)
      let root = 0..<body.count
      let envelope = Envelope(messageAt: root, in: bytes)
      let isTwice = JSONScanner.duplicateKey(in: root, of: bytes) != nil
      if isTwice { #expect(envelope.duplicates.message == root, "\(Fixture.text(body))") }
      guard !isTwice else { continue }
      let params = JSONScanner.valueRange(forKey: "params", in: root, of: bytes)
      #expect(envelope.params == params, "\(Fixture.text(body))")
      #expect(envelope.id == JSONScanner.valueRange(forKey: "id", in: root, of: bytes))
      #expect(envelope.method == JSONScanner.valueRange(forKey: "method", in: root, of: bytes))
      #expect(envelope.version == JSONScanner.valueRange(forKey: "jsonrpc", in: root, of: bytes))
      let hasResult = JSONScanner.valueRange(forKey: "result", in: root, of: bytes) != nil
      let hasError = JSONScanner.valueRange(forKey: "error", in: root, of: bytes) != nil
      #expect(envelope.hasOutcome == (hasResult || hasError))
      guard let params else { continue }
      if JSONScanner.duplicateKey(in: params, of: bytes) != nil {
        #expect(envelope.duplicates.params == params)
        continue
      }
      let meta = JSONScanner.valueRange(forKey: "_meta", in: params, of: bytes)
      #expect(envelope.meta == meta)
      #expect(envelope.name == JSONScanner.valueRange(forKey: "name", in: params, of: bytes))
      #expect(envelope.uri == JSONScanner.valueRange(forKey: "uri", in: params, of: bytes))
      #expect(envelope.arguments == JSONScanner.valueRange(forKey: "arguments", in: params, of: bytes))
      #expect(envelope.cursor == JSONScanner.valueRange(forKey: "cursor", in: params, of: bytes))
      #expect(envelope.handshakeVersion == JSONScanner.valueRange(forKey: "protocolVersion", in: params, of: bytes))
      guard let meta else { continue }
      if JSONScanner.duplicateKey(in: meta, of: bytes) != nil {
        #expect(envelope.duplicates.meta == meta)
        continue
      }
      #expect(envelope.claimedVersion == JSONScanner.valueRange(forKey: Meta.protocolVersion, in: meta, of: bytes))
      #expect(
        envelope.clientCapabilities == JSONScanner.valueRange(forKey: Meta.clientCapabilities, in: meta, of: bytes))
      #expect(envelope.clientInfo == JSONScanner.valueRange(forKey: Meta.clientInfo, in: meta, of: bytes))
      #expect(envelope.logLevel == JSONScanner.valueRange(forKey: Meta.logLevel, in: meta, of: bytes))
      #expect(envelope.progressToken == JSONScanner.valueRange(forKey: Meta.progressToken, in: meta, of: bytes))
    }
  }

  @Test func nestedMembersOfTheSameNamesAreNotTheEnvelopes() throws {
    let body = Array(
      #"{"x":{"id":5,"method":"no"},"params":{"arguments":{"name":"no","_meta":{"progressToken":1}}},"id":7}"#.utf8)
    let envelope = Envelope(messageAt: 0..<body.count, in: body.span)
    #expect(envelope.id.map { Fixture.text(body[$0]) } == "7")
    #expect(envelope.method == nil)
    #expect(envelope.name == nil)
    #expect(envelope.meta == nil)
    #expect(envelope.progressToken == nil)
  }

  @Test(arguments: [
    ("", "{}"), ("\"a\":1", "{\"a\":1}"), ("\"a\":1,\"b\":2", ""), ("\"id\":1,\"id\":2", ""), ("\"\\u0061\":1", ""),
  ])
  func onlyDoubtfulObjectsAreLookedAtAgain(_ members: String, _ harmless: String) {
    let body = Array("{\(members)}".utf8)
    let envelope = Envelope(messageAt: 0..<body.count, in: body.span)
    #expect((envelope.duplicates.message == nil) == !harmless.isEmpty)
  }
}
