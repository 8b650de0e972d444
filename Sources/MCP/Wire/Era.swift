// Which of the two protocols a message is served under: the era rule (docs/protocol.md, "Which era a request belongs
// to") as a pure function.

/// The protocol a request is served under.
public enum Era: Sendable, Hashable {
  /// 2026-07-28: every request carries its own `_meta`, a disconnect cancels.
  case modern
  /// A handshake revision, served without sessions: nothing but its answer ends a call.
  case legacy(Revision)

  public var revision: Revision {
    switch self {
    case .modern: .modern
    case .legacy(let revision): revision
    }
  }

  /// True when the client going away ends the call (2026-07-28, basic/patterns/cancellation, "Transport-Specific
  /// Cancellation"); in the handshake revisions it should not (2025-11-25, basic/transports, "Sending Messages to the
  /// Server").
  public var cancelsOnDisconnect: Bool { self == .modern }
}

/// What the `MCP-Protocol-Version` header says.
enum VersionHeader: Hashable {
  case absent
  case served(Revision)
  /// A version nobody here knows. It goes up the modern ladder, which can name the versions that are served.
  case unknown
  /// More than one copy: a reader of the first and a reader of the last would disagree.
  case repeated

  init(_ lookup: HeaderLookup) {
    switch lookup {
    case .absent: self = .absent
    case .several: self = .repeated
    case .one(let value):
      if let revision = Revision(wire: HeaderValue.trimmed(value)) {
        self = .served(revision)
      } else {
        self = .unknown
      }
    }
  }
}

extension Era {
  /// An explicit legacy header wins; otherwise a modern header or a claim in the body means modern; otherwise legacy.
  ///
  /// - Parameter bodyClaims: whether `params._meta` has `io.modelcontextprotocol/protocolVersion`, whatever its value.
  init(header: VersionHeader, bodyClaims: Bool) {
    switch header {
    case .served(let revision): self = revision.isModern ? .modern : .legacy(revision)
    case .unknown, .repeated: self = .modern
    case .absent: self = bodyClaims ? .modern : .legacy(.assumed)
    }
  }
}
