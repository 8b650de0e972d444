// The request of the ABI, and the way from its bytes to the answer's.

/// `{"method":"tools/call","name":…,"arguments":{…},"context":{…}}`, read where it lies.
struct Request {
  var name = JSONObject.empty.start
  var nameCount = 0
  var arguments = JSONObject.empty

  /// Reads the envelope as far as the name and the arguments; `bytes` end in `padding` zero bytes.
  @inline(__always)
  init(_ bytes: BytePointer) {
    self.init()
    // What a node of today writes, compared by words.
    if let name = Self.skip(#"{"method":"tools/call","name":""#, at: bytes) {
      let end = closingQuote(name - 1).end
      if let arguments = Self.skip(#"","arguments":"#, at: end), arguments.pointee == UInt8(ascii: "{") {
        self.name = name
        nameCount = end - name
        self.arguments = JSONObject(start: arguments, root: arguments)
        return
      }
    }
    readInAnyOrder(bytes)
  }

  private init() {}

  /// The same members in any order and with any white space.
  @inline(never)
  private mutating func readInAnyOrder(_ bytes: BytePointer) {
    let envelope = JSONObject(start: skipSpace(bytes), root: skipSpace(bytes))
    if let value = envelope["name"], value.kind == .string {
      // Tool names have no character that JSON escapes (`[A-Za-z0-9_./-]`).
      name = value.start + 1
      nameCount = closingQuote(value.start).end - name
    }
    if let value = envelope["arguments"], value.kind == .object {
      arguments = JSONObject(start: value.start, root: value.start)
    }
  }

  /// Past `text` where it stands at `bytes`; nil where it does not.
  @inline(__always)
  private static func skip(_ text: StaticString, at bytes: BytePointer) -> BytePointer? {
    let count = text.utf8CodeUnitCount
    return sameBytes(text.utf8Start, bytes, count: count) ? bytes + count : nil
  }
}

/// Runs the tool that a request names and writes its answer.
func answer(_ bytes: BytePointer, tools: [Tool], to writer: inout JSONWriter) {
  let request = Request(bytes)
  for tool in tools
  where tool.name.utf8CodeUnitCount == request.nameCount
    && sameBytes(tool.name.utf8Start, request.name, count: request.nameCount)
  {
    do throws(ToolError) {
      try tool(request.arguments, Context(request: bytes)).write(to: &writer)
    } catch {
      Answer.error(error.message).write(to: &writer)
    }
    return
  }
  let name = String(decoding: UnsafeBufferPointer(start: request.name, count: request.nameCount), as: UTF8.self)
  Answer.error("this worker has no tool \(name); declare it in `tools`").write(to: &writer)
}
