// Texts as the ABI hands them to the SDK, and answers as strings.
import Testing

@testable import AtollWorker

/// A text followed by the zero bytes that the scanner relies on. It lives as long as the test process, as a request
/// lives as long as its call.
func padded(_ text: String) -> UnsafePointer<UInt8> {
  let bytes = Array(text.utf8)
  let target = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + padding)
  target.update(from: bytes, count: bytes.count)
  (target + bytes.count).initialize(repeating: 0, count: padding)
  return UnsafePointer(target)
}

func object(_ text: String) -> JSONObject {
  let start = padded(text)
  return JSONObject(start: start, root: start)
}

/// The value of member `v` of `{"v": …}`.
func value(_ text: String) throws -> JSONValue {
  try #require(object(#"{"v":"# + text + "}")["v"])
}

func written(_ body: (inout JSONWriter) -> Void) -> String {
  var writer = JSONWriter(capacity: 1)  // so that it has to grow
  body(&writer)
  defer { writer.free() }
  return String(decoding: UnsafeBufferPointer(start: writer.base, count: writer.count), as: UTF8.self)
}

func answered(_ request: String, _ tools: [Tool]) -> String {
  written { answer(padded(request), tools: tools, to: &$0) }
}

/// What a throwing read says.
func message<Value>(_ body: () throws(ToolError) -> Value) -> String? {
  do throws(ToolError) {
    _ = try body()
    return nil
  } catch {
    return error.message
  }
}
