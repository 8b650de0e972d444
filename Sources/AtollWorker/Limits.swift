// Every number that bounds this module, with its unit.

enum Limits {
  /// Room for an answer that costs no allocation.
  static let outputBytesAtStart = 4096
  /// How much of a wrong value an error quotes.
  static let summaryBytesMax = 40
  /// What the host takes for one progress report (docs/abi.md); more is a trap.
  static let progressBytesMax = 4096
  /// `-9223372036854775808`.
  static let integerBytesMax = 20
}
