// JSONTestSuite (Nicolas Seriot): every y_ file is JSON, no n_ file is, the i_ files are up to the parser.
import Foundation
import JSON
import Testing

@Suite struct ParsingSuiteTests {
  static let folder = SharedData.folder("json-test-suite/test_parsing")
  static func names(_ prefix: String) -> [String] {
    SharedData.files(in: folder).map(\.lastPathComponent).filter { $0.hasPrefix(prefix) }
  }

  private func parse(_ name: String) throws -> Result<JSONShape, JSONError> {
    let bytes = try SharedData.bytes(of: try #require(Self.folder).appending(path: name))
    let pool = JSONPool(bytes: JSONPool.bytes(forInputOf: bytes.count))
    do {
      _ = try JSONDocument(bytes, pool: pool)
      return .success(JSONScanner.shape(of: bytes.span))
    } catch {
      return .failure(error)
    }
  }

  @Test(.enabled(if: folder != nil, Comment(rawValue: SharedData.absence)))
  func suiteIsWhole() {
    #expect(Self.names("y_").count == 95)
    #expect(Self.names("n_").count == 188)
    #expect(Self.names("i_").count == 35)
  }

  @Test(arguments: names("y_"))
  func accepts(_ name: String) throws {
    let result = try parse(name)
    #expect(throws: Never.self) { _ = try result.get() }
  }

  @Test(arguments: names("n_"))
  func refuses(_ name: String) throws {
    let result = try parse(name)
    #expect(throws: JSONError.self) { _ = try result.get() }
  }

  /// What the standard leaves open is decided here, so that a change of parser shows.
  @Test(arguments: names("i_"))
  func decides(_ name: String) throws {
    let isAccepted = (try? parse(name).get()) != nil
    // Numbers beyond every type keep their text; everything else that is open is bad text or too deep.
    #expect(isAccepted == name.hasPrefix("i_number_"), "\(name)")
  }

  /// The scanner's slices of an accepted text say the same as the parser's values.
  @Test(arguments: names("y_"))
  func scannerAgreesWithParser(_ name: String) throws {
    let bytes = try SharedData.bytes(of: try #require(Self.folder).appending(path: name))
    let document = try JSONDocument(bytes)
    try expectAgreement(document.root, JSONScanner.root(of: bytes.span), bytes)
  }
}

/// Compares a parsed value with the same value found by the scanner, all the way down.
func expectAgreement(_ value: borrowing JSONValue, _ range: Range<Int>, _ bytes: [UInt8]) throws {
  let span = bytes.span
  switch value.kind {
  case .object:
    var members = value.members
    var ranges = JSONScanner.members(of: range, in: span)
    while let member = members.next() {
      let found = ranges.next()
      let slice = try #require(found)
      let key = member.key
      let text = JSONScanner.text(ofKey: slice.key, in: span)
      #expect(text == key)
      let isSame = JSONScanner.key(slice.key, in: span, equals: key)
      #expect(isSame)
      try expectAgreement(member.value, slice.value, bytes)
    }
    let rest = ranges.next()
    #expect(rest == nil)
    let duplicate = value.duplicateKey
    let duplicateRange = JSONScanner.duplicateKey(in: range, of: span)
    #expect((duplicate == nil) == (duplicateRange == nil))
  case .array:
    var elements = value.elements
    var ranges = JSONScanner.elements(of: range, in: span)
    while let element = elements.next() {
      let found = ranges.next()
      try expectAgreement(element, try #require(found), bytes)
    }
    let rest = ranges.next()
    #expect(rest == nil)
  case .string:
    let text = value.string
    let slice = JSONScanner.stringValue(range, in: span)
    #expect(slice == text)
  case .null, .bool, .number:
    let again = try JSONDocument(Array(bytes[range]))
    let kind = again.root.kind
    let expected = value.kind
    #expect(kind == expected)
  }
}
