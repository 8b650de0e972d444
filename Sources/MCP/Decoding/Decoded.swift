// What a request turns out to be: an answer already, a call to run, or a batch of these.

/// The outcome of ``decode(method:headers:body:catalog:pool:)``.
public enum Decoded: Sendable {
  /// Everything but a valid `tools/call` is answered on the spot.
  case answer(HTTPAnswer)
  /// Ask for ``ToolCall/argumentsProblem(pool:)``, run it, then ``encode(_:for:pool:)``.
  case call(ToolCall)
  /// A JSON-RPC batch (2025-03-26 only): join the parts' answers in a ``BatchAnswer``. Parts are never batches.
  case batch([Decoded])
}

/// One well-formed `tools/call`: the tool exists and the headers agree. Whether the arguments fit the tool's schema is
/// not known yet: see ``argumentsProblem(pool:)``.
///
/// Keeps the request's body; its parts are ranges of it, so that they go on exactly as the caller wrote them.
public struct ToolCall: Sendable {
  public let era: Era
  /// The catalog it was checked against; a reload does not touch a call in flight.
  public let catalog: Catalog
  /// The tool's place in the catalog.
  public let toolIndex: Int
  let body: [UInt8]
  let messageRange: Range<Int>
  let idRange: Range<Int>
  /// The arguments in the body; nil when the caller gave none, which means `{}`.
  public let argumentsRange: Range<Int>?
  let progressTokenRange: Range<Int>?

  /// The request's id as raw JSON. Ids repeat between clients: it is for echoing, never a key.
  public var id: ArraySlice<UInt8> { body[idRange] }
  /// The whole message as the caller wrote it; the body, unless it is a part of a batch.
  public var message: ArraySlice<UInt8> { body[messageRange] }
  /// The progress token as raw JSON; nil when the caller wants no progress.
  public var progressToken: ArraySlice<UInt8>? { progressTokenRange.map { body[$0] } }
  /// The arguments as raw JSON.
  public var arguments: ArraySlice<UInt8> { argumentsRange.map { body[$0] } ?? ToolCall.noArguments[...] }
  /// The name callers use.
  public var toolName: String { tool.name }

  var tool: ToolRecord { catalog.tools[toolIndex] }
  var revision: Revision { era.revision }

  static let noArguments = Array("{}".utf8)

  /// The request as the worker reads it:
  /// `{"method":"tools/call","name":…,"arguments":…,"context":{"protocol":…}}`.
  ///
  /// The arguments are the caller's own bytes. One allocation of the exact size.
  public func guestRequest() -> [UInt8] {
    let prefix = tool.guestPrefix
    let suffix = ToolCall.guestSuffixes[revision.rawValue]
    var request: [UInt8] = []
    request.reserveCapacity(prefix.count + (argumentsRange?.count ?? 2) + suffix.count)
    request.append(contentsOf: prefix)
    request.append(contentsOf: arguments)
    request.append(contentsOf: suffix)
    return request
  }

  private static let guestSuffixes = Revision.allCases.map { Array(#","context":{"protocol":"\#($0.text)"}}"#.utf8) }
}
