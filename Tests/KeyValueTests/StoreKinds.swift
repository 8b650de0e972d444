// The adapters that the conformance suite runs against.

extension StoreKind {
  static let all = [memory, sqlite].filter { $0.absence == nil }
}
