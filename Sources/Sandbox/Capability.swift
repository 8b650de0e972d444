// What a worker may ask of its node beyond the basics, and how its manifest asks for it.

/// Capabilities that a manifest grants. Each is an import module, linked only where it is granted.
public struct Capabilities: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `atoll:kv`, by `[permissions] kv`.
  public static let kv = Capabilities(rawValue: 1)
  /// `atoll:session`, by `[session]`.
  public static let session = Capabilities(rawValue: 2)
  /// `atoll:fetch`, by `[[upstreams]]`.
  public static let fetch = Capabilities(rawValue: 4)

  public static let all: Capabilities = [.kv, .session, .fetch]

  /// The capability whose import module this is; nil where the module needs no grant, or is none of ours.
  static func granting(module: String) -> Capabilities? {
    switch module {
    case "atoll:kv": .kv
    case "atoll:session": .session
    case "atoll:fetch": .fetch
    default: nil
    }
  }

  /// The lines of atoll.toml that grant a capability, as an error names them.
  static func lines(granting module: String) -> String {
    switch module {
    case "atoll:kv": "`kv = [\"<namespace>\"]` under `[permissions]`"
    case "atoll:session": "`[session]` with `ttl = \"30m\"`"
    default: "an `[[upstreams]]` table with `name` and `url`"
    }
  }
}
