// What the headers of a message say about a value: so a listing need not fetch the values themselves.
internal import CNATS

/// A message of a bucket as this port sees it.
enum NATSRecord: Equatable {
  /// `expires` as in ``KeyValueEntry``.
  case value(expires: UInt64?)
  /// The marker of a delete.
  case marker
  /// Somebody else's.
  case foreign

  /// Ours: the format (1), a colon, and when the value expires (0: never).
  static let recordHeader = "Atoll-Record"
  /// That of NATS' key-value stores: ADR-8 of nats-architecture-and-design.
  static let operationHeader = "KV-Operation"

  static func text(expires: UInt64?) -> String { "1:\(expires ?? 0)" }

  init(_ nats: cnats_functions, _ message: OpaquePointer) {
    func header(_ name: String) -> String? {
      var value: UnsafePointer<CChar>?
      guard nats.natsMsgHeader_Get(message, name, &value) == NATS_OK, let value else { return nil }
      return String(cString: value)
    }
    if let operation = header(Self.operationHeader), operation == "DEL" || operation == "PURGE" {
      self = .marker
    } else if let text = header(Self.recordHeader), text.hasPrefix("1:"), let expires = UInt64(text.dropFirst(2)) {
      self = .value(expires: expires == 0 ? nil : expires)
    } else {
      self = .foreign
    }
  }

  var isValue: Bool {
    if case .value = self { true } else { false }
  }

  func isExpired(at now: UInt64) -> Bool {
    if case .value(let expires?) = self { expires <= now } else { false }
  }
}
