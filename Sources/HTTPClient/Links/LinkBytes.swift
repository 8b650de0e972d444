// Pieces of an answer for receivers that keep them and touch no pointer.

extension [UInt8] {
  /// Copies a piece to the end.
  public mutating func append(_ piece: RawSpan) {
    piece.withUnsafeBytes { append(contentsOf: $0) }
  }
}
