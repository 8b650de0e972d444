// What one endpoint serves: its tools, compiled, and every answer that does not depend on the request, written once.
public import JSON

/// The tools of one endpoint. Immutable, so that a reload is one new catalog and calls in flight keep the old one.
public final class Catalog: Sendable {
  public let identity: ServerIdentity
  let tools: [ToolRecord]
  /// Per revision, by its raw value: the `result` of `tools/list`, `server/discover` and `initialize`.
  let listResults: [[UInt8]]
  let initializeResults: [[UInt8]]
  let discoverResult: [UInt8]
  /// `"io.modelcontextprotocol/serverInfo":{…}`, a member of `_meta` in every modern result.
  let serverInfoMember: [UInt8]
  private let index: NameIndex

  /// Checks and compiles the tools. Costs a schema compilation a tool: at load, never on the way of a call.
  ///
  /// - Throws: ``MCPError`` naming the tool, the place in its schema and what to change.
  public init(
    tools: [CatalogTool], identity: ServerIdentity, cache: CacheHint = .minute,
    schemaLimits: JSONSchemaLimits = JSONSchemaLimits()
  ) throws(MCPError) {
    guard !identity.name.isEmpty, !identity.version.isEmpty else {
      throw MCPError(.invalidIdentity, "the server needs a name and a version; clients refuse a server without them")
    }
    guard tools.count <= MCPLimits.catalogToolsMax else {
      throw MCPError(
        .tooManyTools,
        "\(tools.count) tools at one endpoint, at most \(MCPLimits.catalogToolsMax) are served; "
          + "spread the workers over several nodes")
    }
    let tools = try tools.map { tool throws(MCPError) in try tool.withSessionSchemas() }
    var records: [ToolRecord] = []
    records.reserveCapacity(tools.count)
    var names: Set<String> = []
    for tool in tools {
      guard names.insert(tool.name).inserted else {
        throw MCPError(.duplicateTool, "two tools are named `\(tool.name)`; rename one or give its worker a prefix")
      }
      records.append(try ToolRecord(tool, schemaLimits: schemaLimits))
    }
    self.identity = identity
    self.tools = records
    index = NameIndex(records.map(\.nameBytes))
    let listing = ToolListing(tools: tools, records: records, identity: identity, cache: cache)
    listResults = Revision.allCases.map(listing.toolsList)
    initializeResults = Revision.allCases.map(listing.initialize)
    discoverResult = listing.discover()
    serverInfoMember = listing.serverInfoMember()
  }

  /// How many tools there are.
  public var count: Int { tools.count }

  /// The place of a tool, as ``ToolCall/toolIndex`` counts.
  public func index(of name: String) -> Int? { place(of: Array(name.utf8)[...]) }

  /// The name callers use.
  public func name(at place: Int) -> String { tools[place].name }

  /// The name the worker knows the tool by.
  public func guestName(at place: Int) -> String { tools[place].guestName }

  /// The `result` of `tools/list` under a revision, as raw JSON: what `atoll inspect` shows.
  public func toolsList(under revision: Revision) -> [UInt8] { listResults[revision.rawValue] }

  /// The place of the tool that an `Mcp-Name` header means; nil where it means none, or is malformed.
  public func index(ofHeader value: ArraySlice<UInt8>) -> Int? { HeaderValue.decoded(value).flatMap { place(of: $0) } }

  func place(of name: ArraySlice<UInt8>) -> Int? { index.place(of: name) }
}
