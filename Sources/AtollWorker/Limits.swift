// Every number that bounds this module, with its unit.

enum Limits {
  /// Room for an answer that costs no allocation.
  static let outputBytesAtStart = 4096
  /// Room for the head of a request to the node.
  static let requestBytesAtStart = 256
  /// Room for an answer of the node; what is longer is asked for its size.
  static let answerBytesAtStart = 4096
  /// How much of a wrong value an error quotes.
  static let summaryBytesMax = 40
  /// What the host takes for one progress report (docs/abi.md); more is a trap.
  static let progressBytesMax = 4096
  /// `-9223372036854775808`.
  static let integerBytesMax = 20
}
