// A node as guests see it, for tests: a store and a session in memory, and upstreams that say what they were told to.
public import EventLoop
import Foundation
public import Sandbox

/// Plays the node for one call or several in a row. Confined to its loop.
public final class ScriptedNode: CallServices {
  public struct Entry: Sendable {
    public var value: [UInt8]
    public var version: Int
    /// Milliseconds since 1970.
    public var expires: Int?

    public init(_ text: String, version: Int = 1, expires: Int? = nil) {
      self.init(value: Array(text.utf8), version: version, expires: expires)
    }

    init(value: [UInt8], version: Int, expires: Int?) {
      self.value = value
      self.version = version
      self.expires = expires
    }
  }

  /// What an upstream does.
  public struct Reply: Sendable {
    /// The head, JSON.
    public var head: String
    public var afterMilliseconds = 0
    /// What follows the head, each so many milliseconds after the one before.
    public var pieces: [(afterMilliseconds: Int, text: String)] = []
    /// The error that the body breaks off with.
    public var breaksOffWith: String?
    /// The body is never completed.
    public var isEndless = false

    public init(
      _ status: Int, _ pieces: [(Int, String)] = [], type: String = "text/plain", url: String = "https://a.test/x"
    ) {
      head = """
        {"status":\(status),"status_text":"Fine","headers":[["content-type","\(type)"],["x-a","1"],["x-a","2"]],\
        "url":"\(url)","redirected":\(status == 203),"upstream":"a"}
        """
      self.pieces = pieces.map { ($0.0, $0.1) }
    }

    public static func failure(_ code: String, _ message: String = "it failed", more: String = "", after: Int = 0)
      -> Reply
    {
      var reply = Reply(0)
      reply.head = #"{"error":{"code":"\#(code)","message":"\#(message)","upstream":"a"\#(more)}}"#
      reply.afterMilliseconds = after
      return reply
    }

    public func after(_ milliseconds: Int) -> Reply {
      var reply = self
      reply.afterMilliseconds = milliseconds
      return reply
    }

    public func breakingOff(with code: String) -> Reply {
      var reply = self
      reply.breaksOffWith = #"{"error":{"code":"\#(code)","message":"the body broke off","upstream":"a"}}"#
      return reply
    }

    public var endless: Reply {
      var reply = self
      reply.isEndless = true
      return reply
    }
  }

  public let loop: EventLoop
  /// By namespace and key. Versions never restart.
  public var store: [String: [String: Entry]] = [:]
  public var session: Entry?
  /// By url; what is asked for more often gets the last one again.
  public var upstreams: [String: [Reply]] = [:]
  /// All requests in their order: the capability's module, the head, the bytes.
  public private(set) var requests: [(module: String, head: [String: Any], body: [UInt8])] = []
  /// The namespace that a request without one means.
  public var standardNamespace = "notes"
  /// So many writes meet another call's that came before them.
  public var conflicts = 0
  /// Every operation of the store and the session fails with `state_unavailable`.
  public var isDown = false
  /// What every operation of the store and the session takes.
  public var stateMilliseconds = 0
  public private(set) var cancelled = 0
  public private(set) var underWay = 0
  public private(set) var mostAtOnce = 0
  private var versions = 0

  public init(loop: EventLoop) { self.loop = loop }

  public func start(_ capability: Capabilities, request: [UInt8], _ operation: GuestOperation) {
    let end = request.firstIndex(of: 0) ?? request.count
    let head = (try? JSONSerialization.jsonObject(with: Data(request[..<end]))) as? [String: Any] ?? [:]
    let body = Array(request[min(end + 1, request.count)...])
    let module = capability == .kv ? "kv" : capability == .session ? "session" : "fetch"
    requests.append((module, head, body))
    underWay += 1
    mostAtOnce = max(mostAtOnce, underWay)
    operation.onCancel { [self] in
      cancelled += 1
      underWay -= 1
      return false
    }
    operation.describe(.unsafe, target: module)
    if capability == .fetch { return fetch(head, operation) }
    let answer =
      isDown
      ? Self.error("state_unavailable", "the store does not answer; try again later")
      : capability == .kv ? keyValue(head, body) : sessionState(head, body)
    later(stateMilliseconds) { [self] in
      guard operation.isLive else { return }
      underWay -= 1
      operation.complete(answer)
    }
  }

  private func later(_ milliseconds: Int, _ body: @escaping () -> Void) {
    if milliseconds == 0 { return body() }
    _ = loop.timer(afterMilliseconds: UInt64(milliseconds), body)
  }

  private static func error(_ code: String, _ message: String) -> [UInt8] {
    Array(#"{"error":{"code":"\#(code)","message":"\#(message)"}}"#.utf8)
  }

  // MARK: State

  /// Nil where the condition of a write holds.
  private func conflict(_ head: [String: Any], _ old: Entry?) -> [UInt8]? {
    let isMet =
      head["if"] as? String == "absent"
      ? old == nil : (head["if_version"] as? String).map { $0 == old.map { "\($0.version)" } } ?? true
    return isMet ? nil : Self.error("conflict", "another call wrote meanwhile; get it again")
  }

  private func write(_ value: [UInt8], expires: Int? = nil) -> Entry {
    versions += 1
    return Entry(value: value, version: versions, expires: expires)
  }

  private func meetAnother(_ entry: inout Entry?) {
    guard conflicts > 0 else { return }
    conflicts -= 1
    entry = write(entry?.value ?? Array("1".utf8))
  }

  private func keyValue(_ head: [String: Any], _ body: [UInt8]) -> [UInt8] {
    let name = head["namespace"] as? String ?? standardNamespace
    guard let key = head["key"] as? String ?? (head["op"] as? String == "list" ? "" : nil), name != "forbidden" else {
      return Self.error("denied", "the namespace is not granted")
    }
    let old = store[name]?[key]
    switch head["op"] as? String {
    case "get":
      guard let old else { return Array(#"{"found":false}"#.utf8) }
      let expires = old.expires.map { ",\"expires_ms\":\($0)" } ?? ""
      return Array("{\"found\":true,\"version\":\"\(old.version)\"\(expires)}\0".utf8) + old.value
    case "put":
      meetAnother(&store[name, default: [:]][key])
      if let conflict = conflict(head, store[name]?[key]) { return conflict }
      let life = (head["ttl_ms"] as? Int).map { Int(Date().timeIntervalSince1970 * 1000) + $0 }
      let new = write(body, expires: life)
      store[name, default: [:]][key] = new
      return Array("{\"version\":\"\(new.version)\"}".utf8)
    case "delete":
      if let conflict = conflict(head, old) { return conflict }
      store[name]?[key] = nil
      return Array("{\"deleted\":\(old != nil)}".utf8)
    case "list":
      let after = head["cursor"] as? String ?? "", prefix = head["prefix"] as? String ?? ""
      let all = (store[name] ?? [:]).filter { $0.key.hasPrefix(prefix) && $0.key > after }.sorted { $0.key < $1.key }
      let page = all.prefix(head["limit"] as? Int ?? 100)
      let keys = page.map { #"{"key":"\#($0.key)","version":"\#($0.value.version)"}"# }.joined(separator: ",")
      let cursor = page.count < all.count ? ",\"cursor\":\"\(page.last?.key ?? "")\"" : ""
      return Array("{\"keys\":[\(keys)]\(cursor)}".utf8)
    default: return Self.error("bad_request", "no such op")
    }
  }

  private func sessionState(_ head: [String: Any], _ body: [UInt8]) -> [UInt8] {
    switch head["op"] as? String {
    case "get":
      guard let session else { return Array(#"{"found":false}"#.utf8) }
      return Array("{\"found\":true,\"version\":\"\(session.version)\"}\0".utf8) + session.value
    case "put":
      meetAnother(&session)
      if let conflict = conflict(head, session) { return conflict }
      session = write(body)
      return Array("{\"version\":\"\(versions)\"}".utf8)
    case "delete":
      defer { session = nil }
      return Array("{\"deleted\":\(session != nil)}".utf8)
    default: return Self.error("bad_request", "no such op")
    }
  }

  // MARK: Upstreams

  private func fetch(_ head: [String: Any], _ operation: GuestOperation) {
    let url = head["url"] as? String ?? ""
    guard let reply = upstreams[url]?.first else {
      underWay -= 1
      return operation.complete(Self.error("denied", "no upstream has this address"))
    }
    if upstreams[url]!.count > 1 { upstreams[url]!.removeFirst() }
    later(reply.afterMilliseconds) { [self] in
      guard operation.isLive else { return }
      if reply.head.hasPrefix(#"{"error""#) {
        underWay -= 1
        return operation.complete(Array(reply.head.utf8))
      }
      operation.append(Array(reply.head.utf8) + [0])
      send(reply, from: 0, operation)
    }
  }

  private func send(_ reply: Reply, from index: Int, _ operation: GuestOperation) {
    guard index < reply.pieces.count else {
      guard !reply.isEndless, operation.isLive else { return }
      underWay -= 1
      guard let why = reply.breaksOffWith else { return operation.finish() }
      return operation.breakOff(Array(why.utf8), outcome: .failed("reset"))
    }
    later(reply.pieces[index].afterMilliseconds) { [self] in
      guard operation.isLive else { return }
      operation.append(Array(reply.pieces[index].text.utf8))
      send(reply, from: index + 1, operation)
    }
  }
}
