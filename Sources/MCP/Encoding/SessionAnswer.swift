// The handle of a session in an answer: in the structured part where that is an object, else as a text of its own.
internal import JSON

extension GuestAnswer {
  /// This answer with the handle as a member of its structured part; nil where there is none to put it into, or it is
  /// there. Data of the guest's own under that name would be taken for the host's, so it does not go out.
  func withSession(_ root: JSONValue, at range: Range<Int>) throws(BrokenAnswer) -> GuestAnswer? {
    guard let session, !isSessionStructured, tool.outputSchema == nil || tool.outputIsObject else { return nil }
    var place = range
    if root.isObject, root.count == 1, root["result"] != nil {
      guard let result = JSONScanner.valueRange(forKey: "result", in: range, of: bytes.span),
        let structured = JSONScanner.valueRange(forKey: "structuredContent", in: result, of: bytes.span)
      else { return nil }
      place = structured
    }
    guard bytes[place.lowerBound] == UInt8(ascii: "{") else { return nil }
    guard JSONScanner.valueRange(forKey: SessionSchema.argument, in: place, of: bytes.span) == nil else {
      throw brokenContract(note: "its structured answer has a member `session`, which the node writes")
    }
    // Handles are base64url: nothing in them is escaped.
    return GuestAnswer(
      bytes: ObjectBytes.adding(#""session":"\#(session)""#, to: place, of: bytes), call: call, session: session,
      isSessionStructured: true)
  }

  /// For readers of text: where the text does not have it from the structured part.
  func writeSession(to writer: inout ResultWriter) {
    if session != nil, !isSessionStructured { writer.textBlock(sessionText) }
  }

  var sessionText: String { "session: \(session ?? "")" }
}
