// What a tool answers, and how it is written as the result of `tools/call`.

/// The answer of a tool.
public struct Answer {
  enum Body {
    case text(Text)
    case structured((inout JSONWriter) -> Void)
    case content([Content])
    case error(String)
  }

  let body: Body

  /// One block of text.
  public static func text(_ text: Text) -> Answer {
    Answer(body: .text(text))
  }

  @_disfavoredOverload
  public static func text(_ text: String) -> Answer {
    Answer(body: .text(Text(text)))
  }

  /// A JSON value, written by `body`: the structured content, and the same as text for clients that read only that.
  public static func json(_ body: @escaping (inout JSONWriter) -> Void) -> Answer {
    Answer(body: .structured(body))
  }

  /// A JSON object, whose members `body` writes; short for `.json { $0.object { … } }`.
  public static func object(_ body: @escaping (inout JSONWriter) -> Void) -> Answer {
    Answer(body: .structured { $0.object(body) })
  }

  /// A JSON tree as structured content, and the same as text.
  public static func json(_ tree: JSON) -> Answer {
    Answer(body: .structured { $0.value(tree) })
  }

  /// Several blocks: text, images, audio.
  public static func content(_ blocks: [Content]) -> Answer {
    Answer(body: .content(blocks))
  }

  /// A result with `isError`: the tool was understood and could not do it. The same as throwing a `ToolError`.
  public static func error(_ message: String) -> Answer {
    Answer(body: .error(message))
  }

  /// Writes the explicit form, `{"result": <CallToolResult>}`.
  func write(to writer: inout JSONWriter) {
    switch body {
    case .text(let text):
      writer.raw(#"{"result":{"content":[{"type":"text","text":"#)
      text.write(to: &writer)
      writer.raw("}]}}")
    case .structured(let body):
      writer.raw(#"{"result":{"structuredContent":"#)
      let start = writer.count
      body(&writer)
      if writer.count == start { writer.raw("null") }
      let end = writer.count
      writer.raw(#","content":[{"type":"text","text":"#)
      writer.quote(start..<end)
      writer.raw("}]}}")
    case .content(let blocks):
      writer.raw(#"{"result":{"content":["#)
      for block in blocks { block.write(to: &writer) }
      writer.raw("]}}")
    case .error(let message):
      writer.raw(#"{"result":{"isError":true,"content":[{"type":"text","text":"#)
      writer.string(message)
      writer.raw("}]}}")
    }
  }
}

/// One block of an answer.
public struct Content {
  enum Body {
    case text(String)
    case binary(type: StaticString, mimeType: String, base64: String)
    case link(uri: String, name: String)
  }

  let body: Body

  public static func text(_ text: String) -> Content {
    Content(body: .text(text))
  }

  public static func image(base64: String, mimeType: String) -> Content {
    Content(body: .binary(type: "image", mimeType: mimeType, base64: base64))
  }

  public static func audio(base64: String, mimeType: String) -> Content {
    Content(body: .binary(type: "audio", mimeType: mimeType, base64: base64))
  }

  /// A link to a resource that the client may fetch.
  public static func link(uri: String, name: String) -> Content {
    Content(body: .link(uri: uri, name: name))
  }

  func write(to writer: inout JSONWriter) {
    writer.object {
      switch body {
      case .text(let text):
        $0.member("type", "text")
        $0.member("text", text)
      case .binary(let type, let mimeType, let base64):
        $0.key("type")
        $0.string(type)
        $0.member("mimeType", mimeType)
        $0.member("data", base64)
      case .link(let uri, let name):
        $0.member("type", "resource_link")
        $0.member("uri", uri)
        $0.member("name", name)
      }
    }
  }
}
