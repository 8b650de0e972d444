// What is written is what was meant.
import JSON
import Testing

@Suite struct JSONWriterTests {
  private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func commasComeByThemselves() {
    let text = written {
      $0.beginObject()
      $0.member("a", 1)
      $0.key("b")
      $0.beginArray()
      $0.string("x")
      $0.null()
      $0.beginObject()
      $0.endObject()
      $0.bool(false)
      $0.endArray()
      $0.member("c", raw: Array("[1, 2]".utf8))
      $0.member("d", true)
      $0.member("e", "f")
      $0.endObject()
    }
    #expect(text == #"{"a":1,"b":["x",null,{},false],"c":[1, 2],"d":true,"e":"f"}"#)
  }

  @Test(arguments: [
    ("", #""""#), ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#),
    ("\0\u{1F}", #""\u0000\u001f""#),
    ("é😀\u{2028}\u{7F}", "\"é😀\u{2028}\u{7F}\""), ("</script>", #""</script>""#),
  ])
  func stringsAreEscaped(_ value: String, _ expected: String) {
    var bytes: [UInt8] = []
    JSONWriter.append(value, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test func everyScalarReadsBack() throws {
    let scalars = (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{FFFD}", "\u{FFFF}", "\u{10FFFF}"]
    let text = String(String.UnicodeScalarView(scalars))
    var bytes: [UInt8] = []
    JSONWriter.append(text, to: &bytes)
    let document = try JSONDocument(bytes)
    let back = document.root.string
    #expect(back == text)
    let slice = JSONScanner.stringValue(JSONScanner.root(of: bytes.span), in: bytes.span)
    #expect(slice == text)
  }

  @Test(arguments: [
    (0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"),
    (Double.infinity, "null"), (Double.nan, "null"), (9_007_199_254_740_992, "9007199254740992.0"),
  ])
  func doublesAreShortest(_ value: Double, _ expected: String) {
    #expect(written { $0.number(value) } == expected)
  }

  @Test func integersAreWhole() {
    #expect(written { $0.integer(UInt64.max) } == "18446744073709551615")
    #expect(written { $0.integer(Int.min) } == "-9223372036854775808")
  }

  @Test func goesOnAfterBytes() {
    var writer = JSONWriter(appendingTo: Array("data: ".utf8))
    writer.beginArray()
    writer.endArray()
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "data: []")
  }
}
