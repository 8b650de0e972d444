// Numbers of the binary formats, and their edges.
@testable import Sandbox
import Testing

@Suite struct ByteCursorTests {
  @Test(
    arguments: [(0, [0]), (127, [0x7F]), (128, [0x80, 1]), (0xFFFF_FFFF, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F])]
      as [(Int, [UInt8])])
  func unsignedNumbersRoundTrip(number: Int, bytes: [UInt8]) throws {
    var written: [UInt8] = []
    written.appendLEB(number)
    #expect(written == bytes)
    var cursor = ByteCursor(bytes)
    #expect(try cursor.unsigned32() == number)
    #expect(cursor.isAtEnd)
  }

  @Test(
    arguments: [
      (0, [0]), (63, [0x3F]), (64, [0xC0, 0]), (-1, [0x7F]), (-64, [0x40]), (-65, [0xBF, 0x7F]),
      (.min, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F]),
    ] as [(Int64, [UInt8])])
  func signedNumbersAreTheShortest(number: Int64, bytes: [UInt8]) {
    var written: [UInt8] = []
    written.appendSignedLEB(number)
    #expect(written == bytes)
  }

  @Test(
    arguments: [
      [], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0x1F], [0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] as [[UInt8]])
  func numbersThatAreCutOrTooLongAreRefused(bytes: [UInt8]) {
    #expect(throws: MalformedBytes.self) {
      var cursor = ByteCursor(bytes)
      _ = try cursor.unsigned32()
    }
  }

  @Test func nothingIsReadPastTheEnd() throws {
    var cursor = ByteCursor([1, 2, 3, 4, 5, 6, 7, 8, 9], 1..<8)
    #expect(try cursor.fixed32() == 0x0504_0302)
    #expect(throws: MalformedBytes.self) { try cursor.fixed32() }
    #expect(throws: MalformedBytes.self) { try cursor.take(-1) }
    #expect(throws: MalformedBytes.self) { try cursor.take(.max) }
    #expect(try cursor.take(3) == 5..<8)
    #expect(cursor.isAtEnd)
  }
}
