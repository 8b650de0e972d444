// What is JSON and what is not, and how much of it.
import JSON
import Testing

/// The error that reading gives; nil if it is read.
func readingError(_ bytes: [UInt8], pool: JSONPool? = nil) -> JSONError? {
  do {
    _ = try JSONDocument(bytes, pool: pool)
    return nil
  } catch {
    return error
  }
}

func readingError(_ text: String) -> JSONError? { readingError(Array(text.utf8)) }

@Suite struct JSONDocumentTests {
  @Test func readsEveryKind() throws {
    let document = try JSONDocument(Array(#"{"s":"é\n","i":-3,"d":1.5,"t":true,"n":null,"a":[1,[2],3],"o":{}}"#.utf8))
    let root = document.root
    let string = root["s"]?.string
    #expect(string == "é\n")
    let int = root["i"]?.int
    #expect(int == -3)
    let double = root["d"]?.double
    #expect(double == 1.5)
    let bool = root["t"]?.bool
    #expect(bool == true)
    let isNull = root["n"]?.isNull
    #expect(isNull == true)
    let nested = root["a"]?[1]?[0]?.int
    #expect(nested == 2)
    let after = root["a"]?[2]?.int
    #expect(after == 3)
    let count = root["o"]?.count
    #expect(count == 0)
    let absent = root["x"] == nil && root["a"]?[3] == nil && root["a"]?[-1] == nil && root["i"]?["s"] == nil
    #expect(absent)
  }

  @Test func walksMembersAndElementsInOrder() throws {
    let document = try JSONDocument(Array(#"{"b":[10,{"x":1},"z"],"a":{},"c":7}"#.utf8))
    var keys: [String] = []
    var members = document.root.members
    while let member = members.next() { keys.append(member.key) }
    #expect(keys == ["b", "a", "c"])
    let list = document.root["b"]!
    var kinds: [JSONKind] = []
    var elements = list.elements
    while let element = elements.next() { kinds.append(element.kind) }
    #expect(kinds == [.number, .object, .string])
  }

  @Test func keysAreReadWithTheirEscapesResolved() throws {
    let document = try JSONDocument(Array(#"{"par\u0061ms":1}"#.utf8))
    let value = document.root["params"]?.int
    #expect(value == 1)
  }

  @Test func leavesTheCallersBytesAlone() throws {
    let bytes = Array(#"{"a":"x\ty","n":12}"#.utf8)
    let before = bytes
    let document = try JSONDocument(bytes, pool: JSONPool(bytes: 4096))
    let text = document.root["a"]?.string
    #expect(text == "x\ty")
    #expect(bytes == before)
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "[1] x", "[1][2]", "NaN", "[Infinity]", "[-Infinity]", "'a'", "[01]", "[+1]",
    "[.5]", "[1.]", "{a:1}", "/*c*/1", "tru", "\"a", "\"\u{01}\"", "[\"\\x\"]", "\u{FEFF}{}",
  ])
  func refusesWhatIsNotJSON(_ text: String) {
    #expect(readingError(text)?.code == .syntax)
  }

  @Test func saysWhereItStopped() {
    #expect(readingError(#"{"a":1,"b":x}"#)?.offset == 11)
  }

  // MARK: Text

  /// Each way in which bytes fail to be UTF-8 (Unicode 16, table 3-7).
  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
      [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
      [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x92], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(_ bad: [UInt8]) {
    #expect(readingError(Array("\"".utf8) + bad + Array("\"".utf8))?.code == .invalidUTF8)
    #expect(readingError(Array("{\"".utf8) + bad + Array("\":1}".utf8))?.code == .invalidUTF8)
  }

  @Test(arguments: [#""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#, #""\uDBFF\uD800""#, #""\uD83D""#])
  func refusesHalfASurrogatePair(_ text: String) {
    #expect(readingError(text)?.code == .invalidUTF8)
  }

  @Test func acceptsEveryLengthOfUTF8() throws {
    let document = try JSONDocument(Array("\"a\u{7FF}\u{FFFF}\u{10FFFF}\\uD83D\\uDE00\\u0000\"".utf8))
    let text = document.root.string
    #expect(text == "a\u{7FF}\u{FFFF}\u{10FFFF}😀\0")
  }

  // MARK: Depth

  private func nested(_ depth: Int, _ open: String = "[", _ close: String = "]") -> String {
    String(repeating: open, count: depth) + String(repeating: close, count: depth)
  }

  @Test func depthOf64IsReadAnd65IsNot() {
    #expect(readingError(nested(64)) == nil)
    #expect(readingError(nested(65))?.code == .tooDeep)
    #expect(readingError("[" + nested(63) + ",[]," + nested(63) + "]") == nil)
    #expect(readingError("[" + nested(63) + "," + nested(64) + "]")?.code == .tooDeep)
    #expect(readingError(nested(32, #"{"a":["#, "]}")) == nil)
    #expect(readingError(nested(33, #"{"a":["#, "]}"))?.code == .tooDeep)
  }

  @Test func lowerDepthsCanBeAskedFor() throws {
    #expect(throws: JSONError.self) { _ = try JSONDocument(Array("[[]]".utf8), maximumDepth: 1) }
    #expect(throws: JSONError.self) { _ = try JSONDocument(Array("[]".utf8), maximumDepth: 0) }
    let scalar = try JSONDocument(Array("7".utf8), maximumDepth: 0)
    let value = scalar.root.int
    #expect(value == 7)
  }

  @Test(.timeLimit(.minutes(1)))
  func hundredThousandLevelsAreRefused() {
    #expect(readingError(nested(100_000))?.code == .tooDeep)
    #expect(readingError(String(repeating: "[", count: 100_000))?.code == .syntax)
    #expect(readingError(String(repeating: #"{"a":"#, count: 100_000))?.code == .syntax)
  }

  // MARK: Duplicates

  @Test func duplicateKeysAreReadAndFound() throws {
    let document = try JSONDocument(Array(#"{"a":1,"b":2,"\u0061":3}"#.utf8))
    let first = document.root["a"]?.int
    #expect(first == 1)
    let duplicate = document.root.duplicateKey
    #expect(duplicate == "a")
  }

  @Test(arguments: [2, 24, 25, 26, 1000])
  func duplicatesAreFoundAmongMany(_ count: Int) throws {
    let names = (0..<count - 1).map { "\"key\($0)\":0" }
    let unique = try JSONDocument(Array("{\(names.joined(separator: ",")),\"other\":0}".utf8))
    let none = unique.root.duplicateKey
    #expect(none == nil)
    let twice = try JSONDocument(Array("{\(names.joined(separator: ",")),\"key\\u0030\":0}".utf8))
    let found = twice.root.duplicateKey
    #expect(found == "key0")
  }
}
