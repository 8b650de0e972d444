// Numbers of JSON text, at the edges where they stop to be exact.
import Testing

@testable import AtollWorker

@Suite struct NumbersTests {
  @Test(arguments: [
    ("0", 0), ("-0", 0), ("7", 7), ("-42", -42), ("9223372036854775807", Int64.max), ("-9223372036854775808", .min),
    ("3.0", 3), ("3e2", 300), ("1.5e1", 15), ("9007199254740992", 1 << 53),
  ])
  func integersInEverySpelling(text: String, expected: Int64) throws {
    #expect(try value(text).integer() == expected)
  }

  @Test(arguments: [
    "1.5", "9223372036854775808", "-9223372036854775809", "1e400", "1e19", "1e-1", "9007199254740994.0",
  ])
  func whatIsNoIntegerIsRefused(text: String) throws {
    let value = try value(text)
    #expect(
      message { () throws(ToolError) in try value.integer() } == "v must be an integer of 64 bits, but is \(text)")
  }

  @Test(arguments: [
    "0", "-0.0", "1", "-1.5", "0.1", "0.3", "1e22", "1e23", "1e-22", "1e-23", "123456789012345678901234567890",
    "5e-324",
    "1.7976931348623157e308", "2.2250738585072014e-308", "9007199254740993", "0.1e-6", "123.456E+2",
    "1.0000000000000000000001",
    "179769313486231570000000000000000000000", "100000000000000000000000", "0.000000000000000000000000000001", "8.5",
    "4503599627370497.5",
    "0.30000000000000004", "90071992547409910e-1", "1e0000000000000000000000000000000000001",
  ])
  func doublesAreRightToTheLastBit(text: String) throws {
    #expect(try value(text).double().bitPattern == Double(text)?.bitPattern)
  }

  @Test(arguments: ["1e309", "-1e400", "1e99999999999"])
  func aNumberPastTheRangeIsRefused(text: String) throws {
    let value = try value(text)
    #expect(message { () throws(ToolError) in try value.double() } == "v must be a number, but is \(text)")
  }

  @Test(arguments: [
    ("1e309", Double.infinity), ("-1e309", -Double.infinity), ("1e-400", 0.0), ("9223372036854775808", 0x1p63),
  ])
  func aTreeTakesEveryNumber(text: String, expected: Double) throws {
    guard case .number(expected) = try value(text).tree else {
      Issue.record("\(text) is \(try value(text).tree)")
      return
    }
  }

  @Test func randomDoublesSurviveWritingAndReading() throws {
    var generator = SplitMix64(state: 20_261_122)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: generator.next())
      guard number.isFinite else { continue }
      let text = written { $0.value(number) }
      #expect(try value(text).double() == number)
    }
    for _ in 0..<20_000 {
      let number = (Double(Int64(truncatingIfNeeded: generator.next()) % 1_000_000_000) / 1000)
      let text = written { $0.value(number) }
      #expect(try value(text).double() == number)
    }
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
