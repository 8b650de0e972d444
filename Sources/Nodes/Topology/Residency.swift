// Residency: whose arguments this site may not have is told where to ask by the head of the request alone.

import HTTPServer
import HTTPTypes
import MCP

extension NodeLoop {
  /// Refuses a call, before its body is read, whose tool is bound to jurisdictions that this site is not in. What the
  /// header says is held against the body later, for calls that come in (docs/protocol.md, "The ladder").
  ///
  /// Only what 2026-07-28 clients send names the tool in its head; for others see `PlaceStage`.
  func misdirection(of head: borrowing HTTPHeadView) -> HTTPRefusal? {
    guard let endpoint = service.boundEndpoints.first(where: { head.pathIs($0.path) }) else { return nil }
    // With several copies the ladder would refuse the body; it must not come that far.
    let names: [ArraySlice<UInt8>]
    switch head.copies(of: "mcp-name") {
    case .none: return nil
    case .one(let value): names = [value]
    case .several(let values): names = values
    }
    for name in names {
      guard let index = endpoint.catalog.index(ofHeader: name), let why = endpoint.placements[index].misdirection else {
        continue
      }
      // Who may ask nothing here is not told where to ask.
      let isKnown =
        isNode(head.copies(of: Forward.header)) || callers.principal(of: head.copies(of: "authorization")) != nil
      return HTTPRefusal(isKnown ? why.answer() : .unauthorized)
    }
    return nil
  }

  /// Whether the sender has this topology's keys. Its call is not taken, so that is all that matters.
  private func isNode(_ header: HTTPExchange.Copies) -> Bool {
    guard case .one(let sealed) = header else { return false }
    return topology?.seal.opened(sealed) != nil
  }
}

extension HTTPRefusal {
  init(_ answer: HTTPAnswer) {
    var fields = answer.fields
    if let type = answer.contentType { fields.append((name: "Content-Type", value: type)) }
    self.init(status: HTTPResponse.Status(code: answer.status), fields: fields, body: answer.body)
  }
}

extension HTTPAnswer {
  static let unauthorized = HTTPAnswer(
    status: 401, contentType: "text/plain; charset=utf-8", fields: [(name: "WWW-Authenticate", value: "Bearer")],
    body: Array("this node answers callers that it knows: send Authorization: Bearer TOKEN\n".utf8), verdict: .refused)
}
