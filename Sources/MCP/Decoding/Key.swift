// The names of members that are read, told apart without a String and mostly without a second look at their bytes.
internal import JSON

enum Key: UInt8 {
  case other, jsonrpc, id, method, params, outcome
  case meta, name, uri, arguments, cursor, protocolVersion
  case clientCapabilities, clientInfo, logLevel, progressToken

  /// A key of the message itself.
  static func ofMessage(_ key: MemberReader.RawKey, in bytes: Span<UInt8>) -> Key {
    if key.hasEscapes { return ofMessage(JSONScanner.text(ofKey: key.range, in: bytes)) }
    switch (key.range.count, key.ending) {
    case (6, Ending.params): return .params
    case (6, Ending.method): return .method
    case (2, Ending.id): return .id
    case (7, Ending.jsonrpc): return .jsonrpc
    case (6, Ending.result), (5, Ending.error): return .outcome
    default: return .other
    }
  }

  /// A key of `params`.
  static func ofParams(_ key: MemberReader.RawKey, in bytes: Span<UInt8>) -> Key {
    if key.hasEscapes { return ofParams(JSONScanner.text(ofKey: key.range, in: bytes)) }
    switch (key.range.count, key.ending) {
    case (5, Ending.meta): return .meta
    case (4, Ending.name): return .name
    case (9, Ending.arguments) where bytes[key.range.lowerBound] == UInt8(ascii: "a"): return .arguments
    case (3, Ending.uri): return .uri
    case (6, Ending.cursor): return .cursor
    case (15, _) where equal(bytes, key.range, Whole.protocolVersion): return .protocolVersion
    default: return .other
    }
  }

  /// A key of `params._meta`.
  static func ofMeta(_ key: MemberReader.RawKey, in bytes: Span<UInt8>) -> Key {
    if key.hasEscapes { return ofMeta(JSONScanner.text(ofKey: key.range, in: bytes)) }
    switch key.range.count {
    case 39 where equal(bytes, key.range, Whole.claimedVersion): return .protocolVersion
    case 42 where equal(bytes, key.range, Whole.clientCapabilities): return .clientCapabilities
    case 34 where equal(bytes, key.range, Whole.clientInfo): return .clientInfo
    case 32 where equal(bytes, key.range, Whole.logLevel): return .logLevel
    case 13 where equal(bytes, key.range, Whole.progressToken): return .progressToken
    default: return .other
    }
  }

  private static func ofMessage(_ name: String) -> Key {
    switch name {
    case "params": .params
    case "method": .method
    case "id": .id
    case "jsonrpc": .jsonrpc
    case "result", "error": .outcome
    default: .other
    }
  }

  private static func ofParams(_ name: String) -> Key {
    switch name {
    case "_meta": .meta
    case "name": .name
    case "arguments": .arguments
    case "uri": .uri
    case "cursor": .cursor
    case "protocolVersion": .protocolVersion
    default: .other
    }
  }

  private static func ofMeta(_ name: String) -> Key {
    switch name {
    case Meta.protocolVersion: .protocolVersion
    case Meta.clientCapabilities: .clientCapabilities
    case Meta.clientInfo: .clientInfo
    case Meta.logLevel: .logLevel
    case Meta.progressToken: .progressToken
    default: .other
    }
  }

  /// The last eight bytes of short names as numbers, the last byte lowest. Written out, since a computed global is
  /// looked up through `swift_once` at each use.
  private enum Ending {
    static let params: UInt64 = 0x7061_7261_6d73
    static let method: UInt64 = 0x6d65_7468_6f64
    static let id: UInt64 = 0x6964
    static let jsonrpc: UInt64 = 0x6a_736f_6e72_7063
    static let result: UInt64 = 0x7265_7375_6c74
    static let error: UInt64 = 0x65_7272_6f72
    static let meta: UInt64 = 0x5f_6d65_7461
    static let name: UInt64 = 0x6e61_6d65
    static let uri: UInt64 = 0x757269
    static let cursor: UInt64 = 0x6375_7273_6f72
    static let arguments: UInt64 = 0x7267_756d_656e_7473
  }

  private enum Whole {
    static let protocolVersion = Array("protocolVersion".utf8)
    static let claimedVersion = Array(Meta.protocolVersion.utf8)
    static let clientCapabilities = Array(Meta.clientCapabilities.utf8)
    static let clientInfo = Array(Meta.clientInfo.utf8)
    static let logLevel = Array(Meta.logLevel.utf8)
    static let progressToken = Array(Meta.progressToken.utf8)
  }
}
