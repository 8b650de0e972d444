// A JSON-RPC message taken apart: each member as a value (kind, text) and as the range of its bytes (to hand on as is).
internal import JSON

/// The members of a message's envelope. A view: it lives as long as the parsed document.
struct Message: ~Escapable {
  let version: JSONValue?
  let id: JSONValue?
  let method: JSONValue?
  let params: JSONValue?
  let idRange: Range<Int>?
  let paramsRange: Range<Int>?
  /// It has `result` or `error`: a posted response.
  let hasOutcome: Bool

  @_lifetime(copy object)
  init(_ object: JSONValue, at range: Range<Int>, in body: Span<UInt8>) {
    var version: JSONValue?
    var id: JSONValue?
    var method: JSONValue?
    var params: JSONValue?
    var idRange: Range<Int>?
    var paramsRange: Range<Int>?
    var hasOutcome = false
    // Both readers walk the same bytes in the same order.
    var members = object.members
    var ranges = JSONScanner.members(of: range, in: body)
    while let member = members.next(), let place = ranges.next() {
      if member.keyEquals("params") {
        params = member.value
        paramsRange = place.value
      } else if member.keyEquals("method") {
        method = member.value
      } else if member.keyEquals("id") {
        id = member.value
        idRange = place.value
      } else if member.keyEquals("jsonrpc") {
        version = member.value
      } else if member.keyEquals("result") || member.keyEquals("error") {
        hasOutcome = true
      }
    }
    self.version = version
    self.id = id
    self.method = method
    self.params = params
    self.idRange = idRange
    self.paramsRange = paramsRange
    self.hasOutcome = hasOutcome
  }
}

/// The members of `params` that any method here reads.
struct Params: ~Escapable {
  let meta: JSONValue?
  let name: JSONValue?
  let uri: JSONValue?
  let arguments: JSONValue?
  let cursor: JSONValue?
  let protocolVersion: JSONValue?
  let metaRange: Range<Int>?
  let argumentsRange: Range<Int>?

  /// - Parameter object: nil and other values than objects have no members.
  @_lifetime(copy object)
  init(_ object: JSONValue?, at range: Range<Int>, in body: Span<UInt8>) {
    var meta: JSONValue?
    var name: JSONValue?
    var uri: JSONValue?
    var arguments: JSONValue?
    var cursor: JSONValue?
    var protocolVersion: JSONValue?
    var metaRange: Range<Int>?
    var argumentsRange: Range<Int>?
    if let object {
      var members = object.members
      var ranges = JSONScanner.members(of: range, in: body)
      while let member = members.next(), let place = ranges.next() {
        if member.keyEquals("_meta") {
          meta = member.value
          metaRange = place.value
        } else if member.keyEquals("arguments") {
          arguments = member.value
          argumentsRange = place.value
        } else if member.keyEquals("name") {
          name = member.value
        } else if member.keyEquals("uri") {
          uri = member.value
        } else if member.keyEquals("cursor") {
          cursor = member.value
        } else if member.keyEquals("protocolVersion") {
          protocolVersion = member.value
        }
      }
    }
    self.meta = meta
    self.name = name
    self.uri = uri
    self.arguments = arguments
    self.cursor = cursor
    self.protocolVersion = protocolVersion
    self.metaRange = metaRange
    self.argumentsRange = argumentsRange
  }
}

/// The members of `_meta` that the protocol reads (mcp.md 1.3).
struct MetaMembers: ~Escapable {
  let protocolVersion: JSONValue?
  let clientCapabilities: JSONValue?
  let clientInfo: JSONValue?
  let logLevel: JSONValue?
  let progressToken: JSONValue?
  let progressTokenRange: Range<Int>?

  /// - Parameter object: nil and other values than objects have no members.
  @_lifetime(copy object)
  init(_ object: JSONValue?, at range: Range<Int>, in body: Span<UInt8>) {
    var protocolVersion: JSONValue?
    var clientCapabilities: JSONValue?
    var clientInfo: JSONValue?
    var logLevel: JSONValue?
    var progressToken: JSONValue?
    var progressTokenRange: Range<Int>?
    if let object {
      var members = object.members
      var ranges = JSONScanner.members(of: range, in: body)
      while let member = members.next(), let place = ranges.next() {
        if member.keyEquals(Meta.protocolVersion) {
          protocolVersion = member.value
        } else if member.keyEquals(Meta.clientCapabilities) {
          clientCapabilities = member.value
        } else if member.keyEquals(Meta.clientInfo) {
          clientInfo = member.value
        } else if member.keyEquals(Meta.logLevel) {
          logLevel = member.value
        } else if member.keyEquals(Meta.progressToken) {
          progressToken = member.value
          progressTokenRange = place.value
        }
      }
    }
    self.protocolVersion = protocolVersion
    self.clientCapabilities = clientCapabilities
    self.clientInfo = clientInfo
    self.logLevel = logLevel
    self.progressToken = progressToken
    self.progressTokenRange = progressTokenRange
  }
}
