// JSON-RPC answers as bytes: an id spliced in front of what is known already.
internal import JSON

private let responseStart = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
private let responseStartWithoutID = Array(#"{"jsonrpc":"2.0""#.utf8)
private let resultStart = Array(#","result":"#.utf8)

/// A result that was written before; only the id is the request's.
func resultAnswer(_ result: [UInt8], id: ArraySlice<UInt8>) -> HTTPAnswer {
  var body: [UInt8] = []
  body.reserveCapacity(responseStart.count + id.count + resultStart.count + result.count + 1)
  body.append(contentsOf: responseStart)
  body.append(contentsOf: id)
  body.append(contentsOf: resultStart)
  body.append(contentsOf: result)
  body.append(UInt8(ascii: "}"))
  return .json(body)
}

/// An error; without an id where none could be read (2026-07-28, basic/index, "Error Responses").
func errorAnswer(
  _ refusal: Refusal, id: ArraySlice<UInt8>?, fields: [(name: String, value: String)] = [], note: String? = nil
) -> HTTPAnswer {
  var body: [UInt8] = []
  body.reserveCapacity(96 + (id?.count ?? 0) + refusal.message.utf8.count + (refusal.data?.utf8.count ?? 0))
  if let id {
    body.append(contentsOf: responseStart)
    body.append(contentsOf: id)
  } else {
    body.append(contentsOf: responseStartWithoutID)
  }
  body.append(contentsOf: #","error":{"code":"#.utf8)
  JSONWriter.append(refusal.code.rawValue, to: &body)
  body.append(contentsOf: #","message":"#.utf8)
  JSONWriter.append(refusal.message, to: &body)
  if let data = refusal.data {
    body.append(contentsOf: #","data":"#.utf8)
    body.append(contentsOf: data.utf8)
  }
  body.append(contentsOf: "}}".utf8)
  return .json(body, status: refusal.status, fields: fields, verdict: .rpcError(refusal.code), note: note)
}

/// A caller's own text for a message: its start, where it is long.
func quoted(_ text: String) -> String {
  guard text.utf8.count > MCPLimits.quotedBytesMax else { return text }
  return String(decoding: Array(text.utf8.prefix(MCPLimits.quotedBytesMax)), as: UTF8.self) + "…"
}
