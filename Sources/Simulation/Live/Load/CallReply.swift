// What became of one call, read from its answer.

internal import HTTPClient
internal import JSON
internal import MCP

/// The end of a call, as its client sees it.
enum CallReply: Equatable {
  case ok(session: String?)
  /// The tool, or its node in the tool's place, says that it could not be done.
  case toolError(session: String?, isSessionRefused: Bool)
  /// Nobody may run it where it was asked; these sites may be asked.
  case misdirected(sites: [String])
  case failed(code: String)

  init(_ answer: LinkAnswer) {
    let isStream = answer.value("content-type")?.hasPrefix("text/event-stream") == true
    self.init(status: answer.status, body: isStream ? ToolReply.lastEvent(answer.body) : answer.body)
  }

  init(status: Int, body: [UInt8]) {
    guard let document = try? JSONDocument(body) else {
      self = .failed(code: "http_\(status)")
      return
    }
    let root = document.root
    if let error = root["error"] {
      if status == 421, let data = error["data"], let sites = Self.sites(data) {
        self = .misdirected(sites: sites)
      } else {
        self = .failed(code: Self.name(of: error["code"]?.int, status))
      }
      return
    }
    guard let result = root["result"], result.isObject else {
      self = .failed(code: "http_\(status)")
      return
    }
    let said = Self.texts(result)
    let session = result["structuredContent"]?["session"]?.string ?? Self.handle(in: said)
    if result["isError"]?.bool == true {
      self = .toolError(session: session, isSessionRefused: said.contains { $0.hasPrefix("session_refused") })
    } else {
      self = .ok(session: session)
    }
  }

  /// A node answers so to a tool that its site may not have the arguments of; nil where the answer is another 421.
  private static func sites(_ data: borrowing JSONValue) -> [String]? {
    guard var elements = data["sites"]?.elements else { return nil }
    var names: [String] = []
    while let site = elements.next() {
      if let name = site["name"]?.string { names.append(name) }
    }
    return names
  }

  private static func texts(_ result: borrowing JSONValue) -> [String] {
    guard var blocks = result["content"]?.elements else { return [] }
    var texts: [String] = []
    while let block = blocks.next() {
      if let text = block["text"]?.string { texts.append(text) }
    }
    return texts
  }

  /// The handle where there is no structured part to hold it (docs/sessions.md).
  private static func handle(in texts: [String]) -> String? {
    let mark = "session: "
    return texts.last { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
  }

  /// The error codes of a node by name, so that a report can be read (docs/protocol.md).
  private static func name(of code: Int?, _ status: Int) -> String {
    switch code {
    case -31503: "overloaded"
    case -31429: "rate_limited"
    case -31502: "answer_lost"
    case -31504: "no_site"
    case -31421: "misdirected"
    case -31403: "forward_refused"
    case -31413: "too_large"
    case -32602: "invalid_params"
    case -32603: "internal_error"
    case let code?: "rpc_\(code)"
    case nil: "http_\(status)"
    }
  }
}
