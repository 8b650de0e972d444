// The request of the ABI, and the way from its bytes to the answer's.

/// `{"method":"tools/call","name":…,"arguments":{…},"context":{…}}`, read where it lies.
struct Request {
  var name = JSONObject.empty.start
  var nameCount = 0
  var arguments = JSONObject.empty
  var context = JSONObject.empty

  /// One pass over the envelope; `bytes` end in `padding` zero bytes.
  init(_ bytes: BytePointer) {
    var scan = MemberScan(skipSpace(bytes))
    while scan.advance() {
      // The four keys of the envelope differ in their first letter.
      switch scan.key[1] {
      case UInt8(ascii: "n") where scan.value.pointee == UInt8(ascii: "\""):
        // Tool names have no character that JSON escapes (`[A-Za-z0-9_./-]`).
        name = scan.value + 1
        nameCount = closingQuote(scan.value).end - name
      case UInt8(ascii: "a") where scan.value.pointee == UInt8(ascii: "{"):
        arguments = JSONObject(start: scan.value, root: scan.value)
      case UInt8(ascii: "c") where scan.value.pointee == UInt8(ascii: "{"):
        context = JSONObject(start: scan.value, root: scan.value)
      default: break
      }
      scan.skip()
    }
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
      try tool.body(request.arguments, Context(members: request.context)).write(to: &writer)
    } catch {
      Answer.error(error.message).write(to: &writer)
    }
    return
  }
  let name = String(decoding: UnsafeBufferPointer(start: request.name, count: request.nameCount), as: UTF8.self)
  Answer.error("this worker has no tool \(name); declare it in `tools`").write(to: &writer)
}
