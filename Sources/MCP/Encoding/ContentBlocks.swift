// The content of a result: blocks of the five known types with the members these must have (2026-07-28, server/tools,
// "Tool Result").
internal import JSON

enum ContentBlocks {
  /// What is wrong with a content array; nil when it may go out as it is.
  static func problem(with content: JSONValue) -> String? {
    guard content.isArray else { return "`content` must be an array" }
    guard content.count <= MCPLimits.contentBlocksMax else {
      return "`content` has \(content.count) blocks, at most \(MCPLimits.contentBlocksMax) are sent"
    }
    if let key = DuplicateKeys.first(in: content) {
      return "`content` has an object with the member `\(quoted(key))` twice"
    }
    var blocks = content.elements
    var index = 0
    while let block = blocks.next() {
      if let problem = problem(withBlock: block) { return "content[\(index)]: \(problem)" }
      index += 1
    }
    return nil
  }

  private static func problem(withBlock block: JSONValue) -> String? {
    guard block.isObject else { return "a block must be an object" }
    guard let type = block["type"], type.isString else { return "`type` must be a string" }
    if let problem = problem(withAnnotations: block["annotations"]) { return problem }
    if let meta = block["_meta"], !meta.isObject { return "`_meta` must be an object" }
    if type.isString("text") { return missingString(["text"], in: block) }
    if type.isString("image") || type.isString("audio") {
      return missingString(["data", "mimeType"], in: block) ?? problem(withBase64: block["data"], named: "data")
    }
    if type.isString("resource_link") { return missingString(["uri", "name"], in: block) }
    if type.isString("resource") { return problem(withResource: block["resource"]) }
    return "`type` is \"\(quoted(type.string ?? ""))\"; known are text, image, audio, resource_link and resource"
  }

  private static func problem(withResource resource: JSONValue?) -> String? {
    guard let resource, resource.isObject else { return "`resource` must be an object" }
    if let problem = missingString(["uri"], in: resource) { return "resource: \(problem)" }
    if let type = resource["mimeType"], !type.isString { return "resource: `mimeType` must be a string" }
    switch (resource["text"]?.kind, resource["blob"]?.kind) {
    case (.string, nil): return nil
    case (nil, .string): return problem(withBase64: resource["blob"], named: "blob").map { "resource: \($0)" }
    default: return "resource: it must have either `text` or `blob`, a string"
    }
  }

  private static func problem(withAnnotations annotations: JSONValue?) -> String? {
    guard let annotations else { return nil }
    guard annotations.isObject else { return "`annotations` must be an object" }
    if let audience = annotations["audience"] {
      guard audience.isArray else { return "`annotations.audience` must be an array" }
      var roles = audience.elements
      while let role = roles.next() {
        guard role.isString("user") || role.isString("assistant") else {
          return "`annotations.audience` may name user and assistant"
        }
      }
    }
    if let priority = annotations["priority"] {
      guard let value = priority.double, (0...1).contains(value) else {
        return "`annotations.priority` must be a number from 0 to 1"
      }
    }
    if let modified = annotations["lastModified"], !modified.isString {
      return "`annotations.lastModified` must be a string"
    }
    return nil
  }

  private static func missingString(_ names: [String], in object: JSONValue) -> String? {
    for name in names where object[name]?.isString != true { return "`\(name)` must be a string" }
    return nil
  }

  private static func problem(withBase64 value: JSONValue?, named name: String) -> String? {
    guard let text = value?.utf8, Base64.isValid(text) else { return "`\(name)` must be base64" }
    return nil
  }
}
