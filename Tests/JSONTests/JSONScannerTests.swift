// Raw slices of a text, and keys as every reader sees them.
import JSON
import Testing

@Suite struct JSONScannerTests {
  private func slice(_ key: String, of text: String) -> String? {
    let bytes = Array(text.utf8)
    let range = JSONScanner.valueRange(forKey: key, in: JSONScanner.root(of: bytes.span), of: bytes.span)
    return range.map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func slicesAreTheCallersBytes() {
    let text = " { \"a\" : [ 1 , {\"b\":\"]}\\\"\"} ] ,\n\"b\" :1e5 , \"c\":\"x y\" ,\"d\":null} "
    #expect(slice("a", of: text) == "[ 1 , {\"b\":\"]}\\\"\"} ]")
    #expect(slice("b", of: text) == "1e5")
    #expect(slice("c", of: text) == "\"x y\"")
    #expect(slice("d", of: text) == "null")
    #expect(slice("e", of: text) == nil)
    #expect(slice("a", of: "[1]") == nil)
    #expect(slice("a", of: "{}") == nil)
    #expect(slice("a", of: "{ }") == nil)
  }

  @Test func elementsAreSliced() {
    let bytes = Array("[ 1,[2, 3] ,{\"a\":[]}, \"]\" ]".utf8)
    var found: [String] = []
    var elements = JSONScanner.elements(of: JSONScanner.root(of: bytes.span), in: bytes.span)
    while let element = elements.next() { found.append(String(decoding: bytes[element], as: UTF8.self)) }
    #expect(found == ["1", "[2, 3]", "{\"a\":[]}", "\"]\""])
  }

  @Test(arguments: [
    ##"{"par\u0061ms":1}"##, ##"{"\u0070\u0061\u0072\u0061\u006d\u0073":1}"##, ##"{"param\u0073":1}"##,
    ##"{"x":0,"params":1}"##,
  ])
  func escapedKeyIsTheSameKey(_ text: String) { #expect(slice("params", of: text) == "1") }

  @Test func escapesInKeysAreResolved() {
    #expect(slice("a/b", of: #"{"a\/b":1}"#) == "1")
    #expect(slice("\"\\\n\t\r\u{8}\u{C}", of: #"{"\"\\\n\t\r\b\f":1}"#) == "1")
    #expect(slice("😀é", of: #"{"\ud83d\uDE00\u00e9":1}"#) == "1")
    #expect(slice("\\n", of: #"{"\n":1}"#) == nil)
    #expect(slice("\\n", of: #"{"\\n":1}"#) == "1")
    #expect(slice("pa", of: #"{"par":1}"#) == nil)
    #expect(slice("par", of: #"{"p\u0061":1}"#) == nil)
    #expect(slice("", of: #"{"":1}"#) == "1")
  }

  @Test func membersAreGivenToAClosure() throws {
    let bytes = Array(#"{"a":1,"b":[2]}"#.utf8)
    var found: [String] = []
    JSONScanner.members(of: 0..<bytes.count, in: bytes.span) { key, value in
      found.append(String(decoding: bytes[key], as: UTF8.self) + "=" + String(decoding: bytes[value], as: UTF8.self))
    }
    #expect(found == ["a=1", "b=[2]"])
  }

  @Test func stringsAreUnescaped() {
    let bytes = Array(#""a\u00e9\ud83d\ude00\n\u0000""#.utf8)
    let text = JSONScanner.stringValue(0..<bytes.count, in: bytes.span)
    #expect(text == "aé😀\n\0")
    let number = Array("12".utf8)
    let none = JSONScanner.stringValue(0..<2, in: number.span)
    #expect(none == nil)
  }

  // MARK: Duplicates

  private func duplicate(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    return JSONScanner.duplicateKey(in: JSONScanner.root(of: bytes.span), of: bytes.span)
      .map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func duplicatesAreFoundThroughEscapes() {
    #expect(duplicate(#"{"a":1,"b":2,"a":3}"#) == "a")
    #expect(duplicate(#"{"a":1,"\u0061":3}"#) == #"\u0061"#)
    #expect(duplicate(#"{"\u0061":1,"\u0061":3}"#) == #"\u0061"#)
    #expect(duplicate(#"{"é":1,"\u00e9":3}"#) == #"\u00e9"#)
    #expect(duplicate(#"{"a":{"a":1},"b":{"a":1}}"#) == nil)
    #expect(duplicate("[1,1]") == nil)
  }

  @Test(arguments: [2, 24, 25, 26, 64, 5000])
  func duplicatesAreFoundAmongMany(_ count: Int) {
    let members = (0..<count - 1).map { "\"k\($0)\":{\"x\":1}" }.joined(separator: ",")
    #expect(duplicate("{\(members),\"other\":1}") == nil)
    #expect(duplicate("{\(members),\"\\u006b0\":1}") == "\\u006b0")
  }

  @Test func duplicatesAreFoundAtAnyDepth() {
    func anywhere(_ text: String) -> Bool {
      let bytes = Array(text.utf8)
      return JSONScanner.duplicateKey(anywhereIn: bytes.span) != nil
    }
    #expect(anywhere(#"[{"a":[{"b":1,"b":2}]}]"#))
    #expect(!anywhere(#"[{"a":[{"b":"{\"a\":1,\"a\":2}"}]},{"a":1}]"#))
  }

  // MARK: Bytes that nobody validated

  /// The scanner is meant for valid texts; on anything else it may say anything, but it must not trap or read outside.
  @Test(.timeLimit(.minutes(1)))
  func neverTrapsOnDamagedTexts() {
    let text = Array(#"{"a":[1,{"b\n":"\ud83d\ude00 \\ \"x"}],"\u0061":{"k":null,"k":-1.5e3}, "z" : [ ] }"#.utf8)
    var total = 0
    var state: UInt64 = 42
    for round in 0..<4000 {
      var bytes = text
      if round < text.count { bytes.removeLast(round) }
      for _ in 0..<round % 4 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        if !bytes.isEmpty { bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20) }
      }
      total += walk(JSONScanner.root(of: bytes.span), bytes.span, depth: 0)
      total += JSONScanner.shape(of: bytes.span).depth
      total += JSONScanner.duplicateKey(anywhereIn: bytes.span)?.count ?? 0
    }
    #expect(total > 0)
  }

  private func walk(_ range: Range<Int>, _ bytes: Span<UInt8>, depth: Int) -> Int {
    guard depth < 20 else { return 0 }
    var count = JSONScanner.stringValue(range, in: bytes)?.utf8.count ?? 1
    var members = JSONScanner.members(of: range, in: bytes)
    while let member = members.next() {
      count += JSONScanner.text(ofKey: member.key, in: bytes).utf8.count
      count += JSONScanner.key(member, in: bytes, equals: "params") ? 1 : 0
      count += walk(member.value, bytes, depth: depth + 1)
    }
    var elements = JSONScanner.elements(of: range, in: bytes)
    while let element = elements.next() { count += walk(element, bytes, depth: depth + 1) }
    return count
  }

  @Test func shapeIsMeasured() {
    let bytes = Array(#"{"a":[[],{"bcd":"[{:"}],"e":1}"#.utf8)
    let shape = JSONScanner.shape(of: bytes.span)
    #expect(shape.depth == 3)
    #expect(shape.members == 3)
    #expect(shape.longestString == 3)
  }
}
