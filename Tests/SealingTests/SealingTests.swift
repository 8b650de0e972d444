// Seals: opened by whom they are for, and by nobody else.
import Testing

@testable import Sealing

private let keyA = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let keyB = "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="

private func hex(_ text: String) -> [UInt8] {
  stride(from: 0, to: text.count, by: 2).map { UInt8(text.dropFirst($0).prefix(2), radix: 16)! }
}

@Suite struct SealingTests {
  private func sealer(_ keys: String, _ purpose: String = "session") throws -> Sealer {
    Sealer(try KeyRing(parsing: keys), purpose: purpose)
  }

  @Test func whatIsSealedIsOpenedAgain() throws {
    let sealer = try sealer(keyA)
    for count in [0, 1, 15, 16, 17, 100, SealingLimits.plainBytesMax] {
      let plain = [UInt8](repeating: 7, count: count)
      #expect(sealer.open(sealer.seal(plain, audience: ["w", "p"]).utf8, audience: ["w", "p"]) == plain)
    }
  }

  @Test func twoSealsOfOneValueDiffer() throws {
    let sealer = try sealer(keyA)
    #expect(sealer.seal([1], audience: []) != sealer.seal([1], audience: []))
  }

  @Test func everyChangedCharacterIsRefused() throws {
    let sealer = try sealer(keyA)
    let text = Array(sealer.seal(Array("secret".utf8), audience: ["w"]).utf8)
    for index in text.indices {
      for other in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "=")] where other != text[index] {
        var forged = text
        forged[index] = other
        #expect(sealer.open(forged, audience: ["w"]) == nil)
      }
    }
    for count in 0..<text.count { #expect(sealer.open(text.prefix(count), audience: ["w"]) == nil) }
    #expect(sealer.open(text + text, audience: ["w"]) == nil)
    #expect(sealer.open([UInt8](repeating: 65, count: 1 << 20), audience: ["w"]) == nil)
  }

  @Test func anotherAudienceCannotOpenIt() throws {
    let sealer = try sealer(keyA)
    let text = sealer.seal([1], audience: ["ab", "c"])
    for audience in [["a", "bc"], ["ab"], ["ab", "c", ""], ["abc"], [], ["ab", "C"]] {
      #expect(sealer.open(text.utf8, audience: audience) == nil)
    }
  }

  @Test func anotherPurposeCannotOpenIt() throws {
    let text = try sealer(keyA, "session").seal([1], audience: [])
    #expect(try sealer(keyA, "forward").open(text.utf8, audience: []) == nil)
  }

  @Test func aRingOpensWhatItsOlderKeysSealed() throws {
    let old = try sealer(keyA).seal([1], audience: [])
    let rotated = try sealer("# newest first\n\(keyB)\n\n \(keyA)\r\n")
    #expect(rotated.open(old.utf8, audience: []) == [1])
    let new = rotated.seal([2], audience: [])
    #expect(try sealer(keyB).open(new.utf8, audience: []) == [2])
    #expect(try sealer(keyA).open(new.utf8, audience: []) == nil)
  }

  @Test func aMintedRingIsItsOwn() throws {
    let text = Sealer(.minted(), purpose: "session").seal([1], audience: [])
    #expect(Sealer(.minted(), purpose: "session").open(text.utf8, audience: []) == nil)
  }

  @Test(arguments: [
    ("", "there is no key"), ("# only\n", "there is no key"), ("abc", "line 1"), ("\(keyA)\nxyz", "line 2"),
    ("\(keyA)\n\(keyA)", "twice"), (String(keyA.dropLast(4)), "line 1"), (keyA + "AAAA", "line 1"),
  ])
  func badKeysAreRefusedWithoutBeingShown(_ text: String, _ words: String) {
    let error = #expect(throws: SealingError.self) { try KeyRing(parsing: text) }
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    for line in text.split(separator: "\n") where line.count > 10 {
      #expect(error?.message.contains(line) == false)
    }
  }

  @Test func aRingHasABound() throws {
    let digits = Array("abcdefghijklmnopq")
    let keys = digits.map { String($0) + String(keyA.dropFirst()) }
    _ = try KeyRing(parsing: keys.prefix(16).joined(separator: "\n"))
    let error = #expect(throws: SealingError.self) { try KeyRing(parsing: keys.joined(separator: "\n")) }
    #expect(error?.message == "there are 17 keys, at most 16 are taken")
  }

  /// RFC 5869, appendix A, cases 1 and 3.
  @Test func derivationIsTheRFCs() {
    let input = [UInt8](repeating: 0x0B, count: 22)
    let root = KeyDerivation.extract(input, salt: hex("000102030405060708090a0b0c"))
    #expect(root == hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"))
    #expect(
      KeyDerivation.expand(root, info: hex("f0f1f2f3f4f5f6f7f8f9"), count: 42)
        == hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
    #expect(
      KeyDerivation.expand(KeyDerivation.extract(input), info: [], count: 42)
        == hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
  }

  @Test func base64HasOneTextForAValue() {
    #expect(Base64URL.encoded([0xFB, 0xFF]) == "-_8")
    #expect(Base64URL.decoded(Array("-_8".utf8)) == [0xFB, 0xFF])
    for text in ["-_9", "A", "-_8=", "+/8", "-_ 8"] { #expect(Base64URL.decoded(Array(text.utf8)) == nil) }
  }
}
