// The answers that depend on nothing but the catalog: written once at load, one form per revision.
internal import JSON

struct ToolListing {
  var tools: [CatalogTool]
  var records: [ToolRecord]
  var identity: ServerIdentity
  var cache: CacheHint

  /// The `result` of `tools/list`.
  func toolsList(under revision: Revision) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    if revision.isModern { writer.member("resultType", "complete") }
    writer.key("tools")
    writer.beginArray()
    for (tool, record) in zip(tools, records) { write(tool, record, under: revision, to: &writer) }
    writer.endArray()
    finish(&writer, under: revision)
    return writer.bytes
  }

  /// The `result` of `server/discover`.
  func discover() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("resultType", "complete")
    writer.key("supportedVersions")
    writer.raw(Revision.servedJSON)
    writeCapabilities(to: &writer)
    if let instructions = identity.instructions { writer.member("instructions", instructions) }
    finish(&writer, under: .modern)
    return writer.bytes
  }

  /// The `result` of `initialize`, for the revision that was settled on.
  func initialize(under revision: Revision) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("protocolVersion", revision.text)
    writeCapabilities(to: &writer)
    writer.key("serverInfo")
    writeIdentity(to: &writer, withTitle: revision >= .v20250618)
    if let instructions = identity.instructions { writer.member("instructions", instructions) }
    writer.endObject()
    return writer.bytes
  }

  func serverInfoMember() -> [UInt8] {
    var writer = JSONWriter()
    writer.string(Meta.serverInfo)
    var bytes = writer.bytes
    bytes.append(UInt8(ascii: ":"))
    var value = JSONWriter(appendingTo: bytes)
    writeIdentity(to: &value, withTitle: true)
    return value.bytes
  }

  private func write(_ tool: CatalogTool, _ record: ToolRecord, under revision: Revision, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("name", tool.name)
    if let title = tool.title, revision.hasStructuredContent { writer.member("title", title) }
    writer.member("description", tool.description)
    writer.member("inputSchema", raw: tool.inputSchema)
    if let output = tool.outputSchema, revision.hasStructuredContent,
      revision.allowsAnyStructuredValue || record.outputIsObject
    {
      writer.member("outputSchema", raw: output)
    }
    writeAnnotations(of: tool, under: revision, to: &writer)
    writer.endObject()
  }

  private func writeAnnotations(of tool: CatalogTool, under revision: Revision, to writer: inout JSONWriter) {
    // 2025-03-26 knows a title only here.
    let title = revision.hasStructuredContent ? nil : tool.title
    guard title != nil || tool.hints != CatalogTool.Hints() else { return }
    writer.key("annotations")
    writer.beginObject()
    if let title { writer.member("title", title) }
    if let readOnly = tool.hints.readOnly { writer.member("readOnlyHint", readOnly) }
    if let destructive = tool.hints.destructive { writer.member("destructiveHint", destructive) }
    if let idempotent = tool.hints.idempotent { writer.member("idempotentHint", idempotent) }
    if let openWorld = tool.hints.openWorld { writer.member("openWorldHint", openWorld) }
    writer.endObject()
  }

  private func writeCapabilities(to writer: inout JSONWriter) {
    writer.key("capabilities")
    writer.raw(#"{"tools":{"listChanged":false}}"#)
  }

  private func writeIdentity(to writer: inout JSONWriter, withTitle: Bool) {
    writer.beginObject()
    writer.member("name", identity.name)
    if withTitle, let title = identity.title { writer.member("title", title) }
    writer.member("version", identity.version)
    writer.endObject()
  }

  /// Cache hints and `serverInfo`, which only modern results carry, and the closing brace.
  private func finish(_ writer: inout JSONWriter, under revision: Revision) {
    if revision.isModern {
      writer.member("ttlMs", cache.ttlMilliseconds)
      writer.member("cacheScope", cache.scope.rawValue)
      writer.key("_meta")
      writer.beginObject()
      writer.key(Meta.serverInfo)
      writeIdentity(to: &writer, withTitle: true)
      writer.endObject()
    }
    writer.endObject()
  }
}
