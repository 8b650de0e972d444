// The adapters that the conformance suite runs against.

extension StoreKind {
  static let all = [memory].filter { $0.absence == nil }
}
