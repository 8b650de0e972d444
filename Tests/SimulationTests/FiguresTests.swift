// Numbers and names as they are shown.
import Testing

@testable import Simulation

@Suite struct FiguresTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678"), (-1_234, "−1,234"),
  ]) func countsHaveCommas(_ value: Int, _ text: String) { #expect(Figures.count(value) == text) }

  @Test func theLargestCountIsShown() { #expect(Figures.count(UInt64.max) == "18,446,744,073,709,551,615") }

  @Test(arguments: [
    (0, "0"), (950, "950"), (1_000, "1 k"), (12_340, "12.3 k"), (999_940, "1 M"), (10_000_000, "10 M"),
    (2_500_000_000, "2.5 G"),
  ]) func countsAreRoundedToThreeDigits(_ value: UInt64, _ text: String) { #expect(Figures.rounded(value) == text) }

  @Test(arguments: [
    (0, "0 ms"), (0.0421, "42.1 µs"), (0.42, "0.42 ms"), (8.4, "8.4 ms"), (120.4, "120 ms"), (999.6, "1 s"),
    (1_240, "1.24 s"),
    (119_400, "119 s"), (120_000, "2 min"), (125_000, "2 min 5 s"), (Double.infinity, "–"), (.nan, "–"),
  ]) func durationsHaveTheirUnit(_ value: Double, _ text: String) { #expect(Figures.duration(value) == text) }

  @Test(arguments: [(0.0, "0"), (0.42, "0.42"), (9.96, "10.0"), (99.96, "100.0"), (1_234, "1,234"), (.infinity, "–")])
  func millisecondsOfATable(_ value: Double, _ text: String) { #expect(Figures.milliseconds(value) == text) }

  @Test func aShareThatIsNotNothingIsNotShownAsNothing() {
    #expect(Figures.share(0, of: 0) == "–")
    #expect(Figures.share(0, of: 9) == "0 %")
    #expect(Figures.share(1, of: 1_000_000) == "<0.01 %")
    #expect(Figures.share(999_999, of: 1_000_000) == ">99.99 %")
    #expect(Figures.share(1, of: 8) == "12.5 %")
    #expect(Figures.share(7, of: 7) == "100.0 %")
  }

  @Test func namesAreCutAndPrintable() {
    #expect(Figures.name("frankfurt") == "frankfurt")
    #expect(Figures.name("Zürich 東京 👩‍🚀") == "Zürich 東京 👩‍🚀")
    #expect(Figures.name("a\u{1B}[2Jb\u{202E}c\0") == "a\\u{1b}[2Jb\\u{202e}c\\u{0}")
    #expect(Figures.name(String(repeating: "x", count: 60)).count == ReportLimits.nameCharacters + 1)
    let tower = Figures.name("a" + String(repeating: "\u{0301}", count: 400))
    #expect(tower.unicodeScalars.count <= 8)
  }

  @Test func aListSaysHowManyItLeavesOut() {
    #expect(Figures.list([]) == "")
    #expect(Figures.list(["a", "b"]) == "a, b")
    #expect(Figures.list((1...11).map(String.init), limit: 3) == "1, 2, 3 and 8 more")
    #expect(Figures.plural(1, "call") == "1 call" && Figures.plural(1_200, "call") == "1,200 calls")
  }
}
