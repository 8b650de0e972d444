// The adapters that the conformance suite runs against.

extension StoreKind {
  static let all = [memory, sqlite, redis, nats].filter { $0.absence == nil }
}
