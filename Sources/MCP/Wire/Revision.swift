// The revisions of the protocol that this endpoint serves, and what each of them knows (the changelog page of each).

/// A revision of the Model Context Protocol, oldest first.
public enum Revision: Int, Sendable, Hashable, CaseIterable, Comparable {
  case v20250326
  case v20250618
  case v20251125
  case v20260728

  /// The only revision without a handshake: every request says what it needs in `_meta`.
  public static let modern = Revision.v20260728
  /// What `initialize` answers to a version it does not know (2025-11-25, basic/lifecycle, "Version Negotiation");
  /// never the modern one, which has no handshake.
  public static let latestHandshake = Revision.v20251125
  /// What a request without any version is taken for (2025-03-26 had no header).
  public static let assumed = Revision.v20250326

  /// The wire form, such as `2026-07-28`.
  public var text: String {
    switch self {
    case .v20250326: "2025-03-26"
    case .v20250618: "2025-06-18"
    case .v20251125: "2025-11-25"
    case .v20260728: "2026-07-28"
    }
  }

  public init?(_ text: String) {
    self.init(wire: Array(text.utf8)[...])
  }

  /// Reads the wire form; allocates nothing.
  init?(wire bytes: ArraySlice<UInt8>) {
    guard bytes.count == 10, let known = Revision.wireForms.first(where: { equal(bytes, $0.bytes) }) else { return nil }
    self = known.revision
  }

  /// Newest first: that is what most callers speak.
  private static let wireForms = served.map { (revision: $0, bytes: Array($0.text.utf8)) }

  public static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }

  public var isModern: Bool { self == .v20260728 }
  /// `structuredContent`, `outputSchema`, `title` and `resource_link` came with 2025-06-18.
  var hasStructuredContent: Bool { self >= .v20250618 }
  /// Only 2025-03-26 lets a client post an array.
  var hasBatches: Bool { self == .v20250326 }
  /// Arguments that break the schema are a tool error since 2025-11-25 (SEP-1303), -32602 before.
  var reportsBadArgumentsAsResult: Bool { self >= .v20251125 }
  /// Before 2026-07-28 `structuredContent` is an object and an output schema's root is `type: object`.
  var allowsAnyStructuredValue: Bool { isModern }

  /// Every revision served, newest first, as `supportedVersions` and `data.supported` list them.
  public static let served: [Revision] = allCases.reversed()

  /// `["2026-07-28",…]`
  static let servedJSON: String = "[" + served.map { "\"\($0.text)\"" }.joined(separator: ",") + "]"
  /// `2026-07-28, 2025-11-25, …`, for messages.
  static let servedList: String = served.map(\.text).joined(separator: ", ")
}
