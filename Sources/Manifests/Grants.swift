// What a manifest asks the node for: namespaces, upstreams, sessions.

/// A service that a worker may call.
public struct UpstreamGrant: Sendable, Equatable {
  public var name: String
  /// As it is written; no query, no fragment.
  public var url: String
  public var methods: [String]
  /// Added by the host. In the order of their names.
  public var headers: [Header]
  public var timeoutMilliseconds: Int
  public var connectMilliseconds: Int
  public var firstByteMilliseconds: Int
  public var retries: Int
  public var redirects: Int

  public struct Header: Sendable, Equatable {
    public var name: String
    public var value: SecretText
  }

  init(_ table: CheckedTable) {
    name = table.text("name") ?? ""
    url = table.text("url") ?? ""
    methods = table.texts("methods") ?? ["GET", "HEAD"]
    headers = table.pairs("headers").map { Header(name: $0.name, value: SecretText($0.value)) }
    timeoutMilliseconds = table.integer("timeout_ms") ?? 0
    connectMilliseconds = table.integer("connect_timeout_ms") ?? 0
    firstByteMilliseconds = table.integer("first_byte_timeout_ms") ?? timeoutMilliseconds
    retries = table.integer("retries") ?? 0
    redirects = table.integer("redirects") ?? 0
  }
}

/// A text in which `{secret:NAME}` stands for a secret of the node's. Holds no secret itself.
public struct SecretText: Sendable, Equatable {
  public enum Piece: Sendable, Equatable {
    case text(String)
    case secret(name: String)
  }

  public let pieces: [Piece]

  /// Every text can be read: `problem(in:)` says what was probably meant otherwise.
  public init(_ text: String) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: "{secret:"), let end = rest[start.upperBound...].firstIndex(of: "}") {
      if start.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<start.lowerBound]))) }
      pieces.append(.secret(name: String(rest[start.upperBound..<end])))
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    self.pieces = pieces
  }

  /// The names of its secrets.
  public var secrets: [String] {
    pieces.compactMap { if case .secret(let name) = $0 { name } else { nil } }
  }

  /// What is wrong with its secrets' names, or nil.
  var problem: String? {
    for piece in pieces {
      switch piece {
      case .text(let text) where text.contains("{secret"):
        return "a secret is written `{secret:NAME}`"
      case .secret(let name) where !Self.isName(name):
        return "a secret's name has capital letters, digits and `_`; write `{secret:WEATHER_KEY}`"
      default: continue
      }
    }
    return nil
  }

  public static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    return (1...Bounds.secretNameBytes).contains(bytes.count)
      && bytes.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }
}

extension Manifest {
  static func upstreams(_ tables: [CheckedTable], _ reader: ShapeReader) throws(ManifestError) -> [UpstreamGrant] {
    var upstreams: [UpstreamGrant] = []
    for table in tables {
      let upstream = UpstreamGrant(table)
      if upstreams.contains(where: { $0.name == upstream.name }) {
        throw reader.error(
          .duplicate, at: table.path + [.key("name")],
          "upstream `\(upstream.name)` stands here twice; give one of them another name")
      }
      for (key, value) in [
        ("connect_timeout_ms", upstream.connectMilliseconds), ("first_byte_timeout_ms", upstream.firstByteMilliseconds),
      ] where value > upstream.timeoutMilliseconds && table.isWritten(key) {
        throw reader.error(
          .badValue, at: table.path + [.key(key)],
          "`\(key)` of upstream `\(upstream.name)` is \(value), more than its `timeout_ms` of "
            + "\(upstream.timeoutMilliseconds), so it could never pass; write less")
      }
      upstreams.append(upstream)
    }
    return upstreams
  }

  /// Sessions: the table and the tools that use it belong together.
  static func checkSessions(_ root: CheckedTable, _ tools: [Tool], _ reader: ShapeReader) throws(ManifestError) {
    let session = root.table("session")
    if let index = tools.firstIndex(where: \.session), session == nil {
      throw reader.error(
        .missingKey, at: [.key("tools"), .index(index), .key("session")],
        "tool `\(tools[index].name)` says `session = true`, and there is no [session]; write [session] and ttl = \"30m\"")
    }
    if session != nil, !tools.contains(where: \.session) {
      throw reader.error(
        .badValue, at: [.key("session")], "no tool uses the session; write session = true in a [[tools]], or remove [session]")
    }
  }
}
