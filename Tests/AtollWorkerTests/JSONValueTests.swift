// Values read where they lie: kinds, strings, errors that name the place.
import Testing

@testable import AtollWorker

@Suite struct JSONValueTests {
  @Test(arguments: [
    (#""""#, ""), (#""Ada""#, "Ada"), (#""äöü 😀""#, "äöü 😀"), (#""a\"b\\c\/d""#, "a\"b\\c/d"),
    (#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20ac""#, "Aé€"), (#""\ud83d\ude00""#, "😀"),
    (#""\uD83D\uDE00!""#, "😀!"), (#""\u0000""#, "\u{0}"), (#""12345678\"""#, "12345678\""),
    (#""1234567""#, "1234567"), (#""12345678""#, "12345678"), (#""123456789""#, "123456789"),
  ])
  func stringsAreUnescaped(text: String, expected: String) throws {
    #expect(try value(text).string() == expected)
  }

  @Test(arguments: [#""\ud83d""#, #""\ud83dx""#, #""\ude00""#, #""\ud83d\u0041""#])
  func aLoneSurrogateBecomesTheReplacementCharacter(text: String) throws {
    let string = try value(text).string()
    #expect(string.unicodeScalars.first == "\u{FFFD}")
  }

  @Test(arguments: [
    ("null", JSONValue.Kind.null), ("true", .bool), ("false", .bool), ("0", .number), ("-1.5e3", .number),
    (#""""#, .string), ("[]", .array), ("{}", .object),
  ])
  func kindIsTakenFromTheFirstByte(text: String, kind: JSONValue.Kind) throws {
    #expect(try value(text).kind == kind)
  }

  @Test(arguments: [
    ("1", "v must be a string, but is 1"), ("null", "v must be a string, but is null"),
    ("[1,2]", "v must be a string, but is an array"), ("{}", "v must be a string, but is an object"),
  ])
  func aWrongTypeSaysWhatWasExpectedAndWhatIs(text: String, expected: String) throws {
    let value = try value(text)
    #expect(message { () throws(ToolError) in try value.string() } == expected)
  }

  @Test func everyReaderNamesItsOwnType() throws {
    let text = try value(#""x""#)
    #expect(message { () throws(ToolError) in try text.integer() } == #"v must be an integer, but is "x""#)
    #expect(message { () throws(ToolError) in try text.double() } == #"v must be a number, but is "x""#)
    #expect(message { () throws(ToolError) in try text.bool() } == #"v must be true or false, but is "x""#)
    #expect(message { () throws(ToolError) in try text.array() } == #"v must be an array, but is "x""#)
    #expect(message { () throws(ToolError) in try text.object() } == #"v must be an object, but is "x""#)
  }

  @Test func aLongWrongValueIsQuotedInPart() throws {
    let long = try value("\"" + String(repeating: "é", count: 100) + "\"")
    let text = try #require(message { () throws(ToolError) in try long.bool() })
    #expect(text.hasSuffix("…"))
    #expect(text.utf8.count < 100)
    #expect(!text.contains("\u{FFFD}"))
  }

  @Test func anErrorNamesThePathOfANestedValue() throws {
    let arguments = object(#"{"a":[],"address":{"lines":["x",{"city":7}]}}"#)
    let lines = try arguments.object("address").array("lines")
    let city = try #require(Array(lines).last?.object()["city"])
    #expect(city.path == "address.lines[1].city")
    #expect(message { () throws(ToolError) in try city.string() } == "address.lines[1].city must be a string, but is 7")
    #expect(
      message { () throws(ToolError) in try arguments.object("address").string("zip") } == "address.zip is missing")
  }

  @Test func rawBytesAreTheCallersOwn() throws {
    let raw = try value(#"{ "a" : [1, 2.0e0 ] }"#).rawBytes
    #expect(String(decoding: raw, as: UTF8.self) == #"{ "a" : [1, 2.0e0 ] }"#)
  }

  /// Texts that are cut short or make no sense must not lead the scanner out of its bytes.
  @Test(arguments: [
    "", "{", "[", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":""#, #"{"a":"\"#, #"{"a":"\u12"#, #"{"a":[1,"#, #"{"a":{"b":tr"#,
    "}", "]]]", ",,,", #"{"a":1 "b":2"#, #"{a:1}"#, "\u{0}{}",
  ])
  func brokenTextEndsTheScan(text: String) {
    let start = padded(text)
    let end = start + text.utf8.count
    #expect(skipValue(start) <= end)
    var scan = MemberScan(start)
    var members = 0
    while scan.advance(), members < 100 {
      #expect(scan.value <= end)
      scan.skip()
      members += 1
    }
    #expect(members < 3)
    #expect(answered(text, []).contains("isError"))
  }
}
