// Requests to the upstreams of the manifest, `[[upstreams]]`.

/// Why an upstream gave no answer.
public struct FetchError: Error, Sendable {
  /// One of docs/abi.md: `timeout`, `connect_failed`, `circuit_open`, `denied`, ….
  public let code: String
  /// A sentence that says what to do.
  public let message: String
  /// The name of the upstream, where it is known.
  public let upstream: String?
  /// After how long it may be asked again, where that is known.
  public let retryAfterMilliseconds: Int64?

  public init(code: String, message: String, upstream: String? = nil, retryAfterMilliseconds: Int64? = nil) {
    self.code = code
    self.message = message
    self.upstream = upstream
    self.retryAfterMilliseconds = retryAfterMilliseconds
  }
}

extension ToolError {
  /// The caller reads the code and the message: `timeout: shop-a …`.
  public init(_ error: FetchError) { self.init("\(error.code): \(error.message)") }
}

/// What an upstream answers; in a tool, its error becomes one of the tool.
///
///     let answer = try orToolError(fetching: fetch("upstream://rates/today"))
public func orToolError<Value>(fetching body: @autoclosure () throws(FetchError) -> Value) throws(ToolError) -> Value {
  do throws(FetchError) { return try body() } catch { throw ToolError(error) }
}

extension Result where Failure == FetchError {
  /// The value, or the error as one of the tool.
  public var orToolError: Success {
    get throws(ToolError) {
      switch self {
      case .success(let value): return value
      case .failure(let error): throw ToolError(error)
      }
    }
  }
}

/// Asks upstreams: one with `fetch(_:)`, several at once with `Fetch.all(_:)`.
public enum Fetch {
  public struct Request {
    /// Below the `url` of an upstream, or `upstream://NAME/path?query`.
    public var url: String
    public var method: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// For the whole exchange; the upstream's own `timeout_ms` where it is nil.
    public var timeoutMilliseconds: Int?

    public init(
      _ url: String, method: String = "GET", headers: [(name: String, value: String)] = [], body: [UInt8] = [],
      timeoutMilliseconds: Int? = nil
    ) {
      self.url = url
      self.method = method
      self.headers = headers
      self.body = body
      self.timeoutMilliseconds = timeoutMilliseconds
    }
  }

  /// An answer, whatever its status.
  public struct Response {
    public let status: Int
    public let statusText: String
    /// Names in lower case, in the upstream's order.
    public let headers: [(name: String, value: String)]
    /// Where it came from in the end.
    public let url: String
    public let isRedirected: Bool
    public let upstream: String
    public let body: [UInt8]

    /// Whether the status is 200 to 299.
    public var isOK: Bool { status >= 200 && status < 300 }
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// A view of the body as JSON, which stays valid for the whole call; nil for what is no single JSON value.
    public var json: JSONValue? { jsonView(of: body) }

    /// The first header of a name in lower case.
    public func header(_ name: String) -> String? {
      headers.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
  }

  /// Asks all of them at once, and waits for the last: what fails is a part of the answer. More than 64 take turns.
  /// - Returns: as many as there were requests, in their order.
  public static func all(_ requests: [Request]) -> [Result<Response, FetchError>] {
    var parts: [Part] = []
    for request in requests { parts.append(Part(request)) }
    var begun = 0
    while begun < parts.count || parts.contains(where: { $0.handle >= 0 }) {
      while begun < parts.count {
        guard parts[begun].start() || !parts.contains(where: { $0.handle >= 0 }) else { break }
        begun += 1
      }
      guard parts.contains(where: { $0.handle >= 0 }) else { continue }
      let ready = Host.wait(-1)
      guard let index = parts.firstIndex(where: { $0.handle == ready && ready >= 0 }) else { break }
      parts[index].read()
    }
    return parts.map { $0.result ?? .failure(FetchError(code: "reset", message: "the node gave no answer; try again")) }
  }
}

/// Asks an upstream, and waits for the whole answer.
public func fetch(_ request: Fetch.Request) throws(FetchError) -> Fetch.Response {
  switch Fetch.all([request])[0] {
  case .success(let response): return response
  case .failure(let error): throw error
  }
}

public func fetch(_ url: String) throws(FetchError) -> Fetch.Response { try fetch(Fetch.Request(url)) }

/// One request of several. A class, since what it reads grows where it lies.
private final class Part {
  let request: Fetch.Request
  /// -1 where nothing is under way.
  private(set) var handle: Int32 = -1
  private(set) var result: Result<Fetch.Response, FetchError>?
  private var answer = HostAnswer()

  init(_ request: Fetch.Request) { self.request = request }

  /// - Returns: false where too many handles are held.
  func start() -> Bool {
    var writer = JSONWriter(capacity: Limits.requestBytesAtStart + request.body.count)
    writer.object {
      $0.member("method", request.method)
      $0.member("url", request.url)
      $0.key("headers")
      $0.array { list in
        for header in request.headers {
          list.array {
            $0.value(header.name)
            $0.value(header.value)
          }
        }
      }
      if let timeout = request.timeoutMilliseconds { $0.member("timeout_ms", timeout) }
    }
    if !request.body.isEmpty {
      writer.byte(0)
      request.body.withUnsafeBufferPointer { writer.append($0) }
    }
    let started = Host.startFetch(writer.base, writer.count)
    writer.free()
    switch started {
    case 0...: handle = started
    case HostCode.tooManyHandles:
      result = .failure(FetchError(code: "too_many", message: "64 operations are held; finish some before this one"))
      return false
    case HostCode.tooLarge:
      result = .failure(
        FetchError(code: "too_large", message: "a request has at most 1 MiB and 64 KiB, head and body"))
    default:
      result = .failure(
        FetchError(
          code: "denied", message: "the node does not grant this (\(started)); see `[[upstreams]]` in atoll.toml"))
    }
    return true
  }

  /// Reads all that is there.
  func read() {
    while true {
      answer.reserve(Limits.answerBytesAtStart)
      let got = answer.readMore(handle)
      if got > 0 { continue }
      if got == HostCode.inFlight { return }
      if got == HostCode.brokeOff {
        answer.clear()
        while answer.readMore(handle) > 0 { answer.reserve(Limits.answerBytesAtStart) }
      }
      Host.drop(handle)
      handle = -1
      result = answer.read { head, bytes in Self.result(head, bytes, request.url) }
      return
    }
  }

  private static func result(
    _ head: JSONObject, _ bytes: UnsafeBufferPointer<UInt8>, _ url: String
  ) -> Result<Fetch.Response, FetchError> {
    guard let status = head.hostNumber("status") else {
      let why = head["error"].map { JSONObject(start: $0.start, root: $0.start) } ?? .empty
      return .failure(
        FetchError(
          code: why.hostTextIfPresent("code") ?? "reset",
          message: why.hostTextIfPresent("message") ?? "\(url) gave no answer that can be read; try again",
          upstream: why.hostTextIfPresent("upstream"), retryAfterMilliseconds: why.hostNumber("retry_after_ms")))
    }
    var headers: [(name: String, value: String)] = []
    if let list = head["headers"], list.kind == .array {
      for pair in JSONArray(start: list.start, root: list.start) where pair.kind == .array {
        var texts = JSONArray(start: pair.start, root: pair.start).makeIterator()
        guard let name = try? texts.next()?.string(), let value = try? texts.next()?.string() else { continue }
        headers.append((name, value))
      }
    }
    return .success(
      Fetch.Response(
        status: Int(truncatingIfNeeded: status), statusText: head.hostText("status_text"), headers: headers,
        url: head.hostText("url"), isRedirected: head.hostTruth("redirected"), upstream: head.hostText("upstream"),
        body: Array(bytes)))
  }
}
