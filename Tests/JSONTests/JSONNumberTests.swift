// Numbers are exact, however they are written and however large they are.
import Testing

@testable import JSON

@Suite struct JSONNumberTests {
  /// The value of one number.
  private func with<T>(_ text: String, _ body: (borrowing JSONValue) -> T) throws -> T {
    let document = try JSONDocument(Array(text.utf8))
    return body(document.root)
  }

  private func compare(_ left: String, _ right: String) throws -> Int {
    let first = try JSONDocument(Array(left.utf8))
    let second = try JSONDocument(Array(right.utf8))
    return JSONNumber(first.root.pointer)!.compare(JSONNumber(second.root.pointer)!)
  }

  @Test func integersKeepTheirRange() throws {
    #expect(try with("9223372036854775807") { $0.int } == Int.max)
    #expect(try with("-9223372036854775808") { $0.int } == Int.min)
    #expect(try with("9223372036854775808") { $0.int } == nil)
    #expect(try with("18446744073709551615") { $0.uint64 } == UInt64.max)
    #expect(try with("18446744073709551616") { $0.uint64 } == nil)
    #expect(try with("-1") { $0.uint64 } == nil)
    #expect(try with("1.0") { $0.int } == nil)
    #expect(try with("\"1\"") { $0.int } == nil)
  }

  @Test func doublesReachTheirRange() throws {
    #expect(try with("1e308") { $0.double } == 1e308)
    #expect(try with("123456789012345678901234567890") { $0.double } == 1.2345678901234568e29)
    #expect(try with("1e400") { $0.double } == nil)
    #expect(try with("1e400") { $0.kind } == .number)
    #expect(try with("1e-400") { $0.double } == 0)
  }

  @Test(arguments: ["1", "1.0", "1e3", "-5", "100e-2", "123456789012345678901234567890", "1e400", "0.0", "-0"])
  func isAnInteger(_ text: String) throws { #expect(try with(text) { $0.isInteger }) }

  @Test(arguments: ["1.5", "1e-3", "\"1\"", "null"])
  func isNoInteger(_ text: String) throws { #expect(try !with(text) { $0.isInteger }) }

  @Test(arguments: [
    ("1", "1.0"), ("0", "-0.0"), ("1e2", "100"), ("18446744073709551616", "18446744073709551616.0"),
    ("1e400", "10e399"), ("1e23", "100000000000000000000000"),
    ("-9223372036854775808", "-9223372036854775808.0"), ("-1e400", "-0.1e401"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
  ])
  func areEqual(_ left: String, _ right: String) throws {
    #expect(try compare(left, right) == 0)
    #expect(try compare(right, left) == 0)
  }

  @Test(arguments: [
    ("-1", "1"), ("1", "1.5"), ("-1.5", "-1"), ("9007199254740992.0", "9007199254740993"),
    ("18446744073709551615", "18446744073709551616"), ("1e308", "1e309"), ("-1e309", "-1e308"),
    ("-18446744073709551617", "-18446744073709551616"), ("18446744073709551615", "1e20"),
    ("-1e20", "-9223372036854775808"), ("-1", "-0.5"), ("-1.5", "-1"), ("2", "2.5"),
    ("9223372036854775807", "9223372036854775808.0"), ("18446744073709551615", "18446744073709551616.0"),
    ("0", "1e-300"),
    ("-9223372036854775808", "-9.2e18"),
  ])
  func isLess(_ left: String, _ right: String) throws {
    #expect(try compare(left, right) == -1)
    #expect(try compare(right, left) == 1)
  }

  @Test(arguments: [
    ("10", "5", true), ("11", "5", false), ("-10", "5", true), ("0", "7", true), ("4.5", "1.5", true),
    ("0.0075", "0.0001", true), ("0.00751", "0.0001", false), ("1e308", "0.123456789", false), ("1e308", "0.5", true),
    ("0.3", "0.1", true), ("1.1", "0.1", true), ("19.99", "0.01", true), ("5", "0.3", false), ("12.0", "4", true),
    ("123456789012345678901234567890", "10", true), ("123456789012345678901234567891", "10", false), ("7", "14", false),
    ("1e400", "3", false), ("3e400", "3", true), ("18446744073709551615", "5", true), ("0.5", "1e10", false),
  ])
  func isMultiple(_ value: String, _ divisor: String, _ expected: Bool) throws {
    let first = try JSONDocument(Array(value.utf8))
    let second = try JSONDocument(Array(divisor.utf8))
    #expect(JSONNumber(first.root.pointer)!.isMultiple(of: JSONNumber(second.root.pointer)!) == expected)
  }

  @Test func enormousExponentsCostNothing() throws {
    #expect(try compare("1e999999999999999999999", "1e308") == 1)
    #expect(try compare("-1e999999999999999999999", "0") == -1)
    #expect(try with("1e999999999999999999999") { JSONNumber($0.pointer)!.isMultiple(of: .unsigned(7)) } == false)
  }
}
