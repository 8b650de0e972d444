// From the end of a call to the bytes of its answer.
public import JSON

/// Writes the answer of a call.
///
/// A guest's answer is read with `pool` (UTF-8, depth, shape, output schema) before any of it goes out; raw slices of
/// it are then copied once. To be called on the loop that owns the pool. Never throws: a guest that answers nonsense gives
/// a tool error, and ``HTTPAnswer/note`` has the detail for the log.
public func encode(_ outcome: ToolOutcome, for call: ToolCall, pool: JSONPool) -> HTTPAnswer {
  switch outcome {
  case .answer(let bytes, let form, let session):
    return GuestAnswer(bytes: bytes, call: call, session: session).encoded(form: form, pool: pool)
  case .toolError(let text):
    return toolErrorAnswer(text, id: call.id, catalog: call.catalog, revision: call.revision)
  case .internalError(let message):
    return errorAnswer(Refusal(200, .internalError, message), id: call.id)
  case .protocolError(let code, let message):
    return errorAnswer(Refusal(200, code, message), id: call.id)
  case .overloaded(let seconds):
    return refusal(
      503, .overloaded, "The server has no room for the call now; try again in \(seconds) s.", after: seconds,
      id: call.id)
  case .rateLimited(let seconds):
    return refusal(
      429, .rateLimited, "Too many calls to this tool from here; try again in \(seconds) s.", after: seconds,
      id: call.id)
  case .relayed(let answer): return answer
  case .unserved(let why): return why.answer(id: call.id)
  }
}

private func refusal(
  _ status: Int, _ code: RPCCode, _ message: String, after seconds: Int, id: ArraySlice<UInt8>
) -> HTTPAnswer {
  errorAnswer(Refusal(status, code, message), id: id, fields: [(name: "Retry-After", value: String(max(seconds, 1)))])
}

/// `isError: true` with one text block.
func toolErrorAnswer(
  _ text: String, id: ArraySlice<UInt8>, catalog: Catalog, revision: Revision, note: String? = nil
) -> HTTPAnswer {
  var result = ResultWriter(id: id, catalog: catalog, revision: revision, reserving: text.utf8.count + 64)
  result.beginContent()
  result.textBlock(text)
  result.endContent()
  result.markError()
  return .json(result.finished(), verdict: .toolError, note: note)
}
