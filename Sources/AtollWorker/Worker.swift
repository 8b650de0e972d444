// A worker: the type that carries the table of tools, and the tools in it.

/// A worker lists its tools; mark it `@main`.
///
/// The table is built once, when the worker is packaged, and is part of the memory image that every call starts from:
/// it costs a call nothing.
public protocol Worker {
  /// The tools by the names that the manifest declares.
  static var tools: [Tool] { get }
}

extension Worker {
  /// Entry of a reactor's `_initialize`: builds the table.
  public static func main() {
    install(tools)
  }
}

/// One tool: its name and what it does.
public struct Tool: Sendable {
  /// What a tool does with its arguments. A thrown `ToolError` becomes a result with `isError`.
  public typealias Body = @Sendable (Arguments, Context) throws(ToolError) -> Answer

  /// Two kinds, and not one closure around another: an instance pays for the first call through each function pointer.
  private enum Kind {
    case plain(@Sendable (Arguments) throws(ToolError) -> Answer)
    case withContext(Body)
  }

  let name: StaticString
  private let kind: Kind

  /// Declares a tool that looks at its arguments only.
  public init(_ name: StaticString, _ body: @escaping @Sendable (Arguments) throws(ToolError) -> Answer) {
    self.name = name
    kind = .plain(body)
  }

  /// Declares a tool that also looks at the context of its call.
  public init(_ name: StaticString, _ body: @escaping Body) {
    self.name = name
    kind = .withContext(body)
  }

  @inline(__always)
  func callAsFunction(_ arguments: Arguments, _ context: Context) throws(ToolError) -> Answer {
    switch kind {
    case .plain(let body): try body(arguments)
    case .withContext(let body): try body(arguments, context)
    }
  }
}

/// Why a tool could not do what it was asked: the text that the model reads, and can act on.
public struct ToolError: Error, Sendable {
  public let message: String

  public init(_ message: String) {
    self.message = message
  }
}

/// The arguments of a call: the object that the caller sent, read where it lies.
public typealias Arguments = JSONObject

/// What the host says about the call beside its arguments.
public struct Context {
  let request: BytePointer

  /// The `context` object of the request; empty where the host sent none. Found when it is asked for.
  public var members: JSONObject {
    let start = skipSpace(request)
    guard let value = JSONObject(start: start, root: start)["context"], value.kind == .object else { return .empty }
    return JSONObject(start: value.start, root: value.start)
  }

  /// Tells a client that asked for it how far the call is. A message too long for one report is left out.
  ///
  /// Every report is a host call and counts against `[limits] host_calls`.
  public func progress(_ done: Double, of total: Double? = nil, _ message: String? = nil) {
    var writer = JSONWriter(capacity: 128)
    Self.report(done, total, message, to: &writer)
    if writer.count > Limits.progressBytesMax {
      writer.clear()
      Self.report(done, total, nil, to: &writer)
    }
    Host.progress(writer.base, writer.count)
    writer.free()
  }

  static func report(_ done: Double, _ total: Double?, _ message: String?, to writer: inout JSONWriter) {
    writer.object {
      $0.member("progress", done)
      if let total { $0.member("total", total) }
      if let message { $0.member("message", message) }
    }
  }
}
