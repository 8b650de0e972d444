// What a server answered to a `tools/call`, read for people and for exit codes.

internal import JSON

package struct ToolReply {
  package enum Kind {
    case result(isError: Bool)
    case protocolError(String)
    /// Not a JSON-RPC answer at all.
    case notMCP
  }

  package let kind: Kind
  /// The bytes of `result`, as they came.
  package let resultBytes: [UInt8]
  /// The text blocks of the result, one after the other; other blocks as one line that says what they are.
  package let text: String

  package init(_ answer: [UInt8]) {
    guard let document = try? JSONDocument(answer) else {
      (kind, resultBytes, text) = (.notMCP, [], "")
      return
    }
    let root = document.root
    if let error = root["error"] {
      let message = error["message"]?.string ?? "an error without a message"
      let code = error["code"]?.int.map { " (\($0))" } ?? ""
      (kind, resultBytes, text) = (.protocolError(message + code), [], "")
      return
    }
    let bytes = answer.span
    guard let result = root["result"], result.isObject,
      let range = JSONScanner.valueRange(forKey: "result", in: JSONScanner.root(of: bytes), of: bytes)
    else {
      (kind, resultBytes, text) = (.notMCP, [], "")
      return
    }
    kind = .result(isError: result["isError"]?.bool ?? false)
    resultBytes = JSONScanner.copy(range, of: bytes)
    var lines: [String] = []
    if var blocks = result["content"]?.elements {
      while let block = blocks.next() {
        if let text = block["text"]?.string {
          lines.append(text)
        } else {
          lines.append("[\(block["type"]?.string ?? "block")]")
        }
      }
    }
    text = lines.joined(separator: "\n")
  }

  /// The data of the last event of a stream: the answer comes after its notifications (2026-07-28,
  /// basic/transports/streamable-http).
  package static func lastEvent(_ stream: [UInt8]) -> [UInt8] {
    var last: [UInt8] = []
    var current: [UInt8] = []
    for line in stream.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty {
        if !current.isEmpty { last = current }
        current = []
      } else if line.starts(with: Array("data:".utf8)) {
        let data = line.dropFirst(5)
        current.append(contentsOf: data.first == 0x20 ? data.dropFirst() : data)
      }
    }
    return current.isEmpty ? last : current
  }
}
