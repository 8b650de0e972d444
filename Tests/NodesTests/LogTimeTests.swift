// The time of log lines, against dates that others have worked out.
import Testing

@testable import Nodes

@Suite struct LogTimeTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (951_868_800_007, "2000-03-01T00:00:00.007Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
      (1_735_689_599_000, "2024-12-31T23:59:59.000Z"), (1_735_689_600_000, "2025-01-01T00:00:00.000Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] as [(UInt64, String)])
  func aLineSaysWhenItWasWritten(milliseconds: UInt64, text: String) {
    #expect(JSONLogHandler.timestamp(milliseconds) == text)
  }
}
