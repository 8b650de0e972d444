// Heads of operations, as hostile guests write them.
import HTTPClient
import JSON
import KeyValue
import Testing

@testable import Nodes

@Suite struct OperationHeadTests {
  private let pool = JSONPool(bytes: 1 << 20)

  private func kv(_ head: String, _ body: [UInt8]? = nil, granted: [String] = ["notes", "drafts"]) throws(OperationProblem)
    -> KVOperation
  {
    try KVOperation(
      OperationRequest(Array(head.utf8) + (body.map { [0] + $0 } ?? [])), granted: granted, pool: pool)
  }

  @Test func everyOperationIsRead() throws {
    #expect(
      try kv(#"{"op":"get","namespace":"notes","key":"a\u0062"}"#).operation
        == KeyValueOperation(namespace: "notes", .get(key: Array("ab".utf8))))
    #expect(
      try kv(#"{"op":"put","namespace":"drafts","key":"a","ttl_ms":5,"if":"absent"}"#, [0, 1, 0]).operation
        == KeyValueOperation(
          namespace: "drafts", .put(key: [97], value: [0, 1, 0], timeToLive: 5, condition: .absent)))
    #expect(
      try kv(#"{"op":"put","namespace":"notes","key":"a","if_version":"18446744073709551615"}"#).operation
        == KeyValueOperation(namespace: "notes", .put(key: [97], value: [], timeToLive: nil, condition: .version(.max))))
    #expect(
      try kv(#"{"key":"a","op":"delete","namespace":"notes"}"#).operation
        == KeyValueOperation(namespace: "notes", .delete(key: [97], condition: .none)))
    #expect(
      try kv(#"{"op":"list","namespace":"notes"}"#).operation
        == KeyValueOperation(namespace: "notes", .list(prefix: [], cursor: nil, limit: 100)))
    #expect(
      try kv(#"{"op":"list","prefix":"a/","cursor":"a/9","limit":7}"#, granted: ["only"]).operation
        == KeyValueOperation(namespace: "only", .list(prefix: Array("a/".utf8), cursor: Array("a/9".utf8), limit: 7)))
  }

  /// The short way and the long way must not differ: each head is read as it is, and with white space in it.
  @Test(arguments: [
    (#"{"op":"get","namespace":"notes","key":"a"}"#, "notes", "a"), (#"{"op":"get","namespace":"drafts","key":"é/ü"}"#, "drafts", "é/ü"),
    (#"{"op":"get","namespace":"notes","key":"a\\b"}"#, "notes", #"a\b"#),
  ])
  func aGetIsReadTheSameEitherWay(_ head: String, _ namespace: String, _ key: String) throws {
    let wanted = KeyValueOperation(namespace: namespace, .get(key: Array(key.utf8)))
    #expect(try kv(head).operation == wanted)
    #expect(try kv(head.replacing(":", with: " : ")).operation == wanted)
    #expect(try kv(head, []).operation == wanted)
    let alone = #"{"op":"get","key":"k"}"#
    #expect(try kv(alone, granted: ["notes"]).operation == KeyValueOperation(namespace: "notes", .get(key: [0x6B])))
  }

  @Test(arguments: [
    #"{"op":"get","key":"a"}"#, #"{"op":"get","namespace":"note","key":"a"}"#, #"{"op":"get","namespace":"notes","key":"a"}x"#,
    #"{"op":"get","namespace":"notes","key":"a""#, #"{"op":"get","namespace":"notes","key":"a","key":"b"}"#,
    #"{"op":"get","namespace":"notes""key":"a"}"#, "{\"op\":\"get\",\"namespace\":\"notes\",\"key\":\"a\nb\"}",
  ])
  func whatOnlyLooksLikeAGetIsNoShortcut(_ head: String) {
    if let read = try? kv(head) { #expect(read.operation == KeyValueOperation(namespace: "notes", .get(key: [0x62]))) } }

  @Test(arguments: [
    ("", "bad_request", "not JSON"), ("[]", "bad_request", "must be a JSON object"), ("{", "bad_request", "not JSON"),
    (#"{"op":"get","namespace":"notes"}"#, "bad_request", "`key` is missing"),
    (#"{"op":"get","key":"a"}"#, "bad_request", "several namespaces are granted (notes, drafts)"),
    (#"{"op":"get","key":"a","namespace":"_sessions"}"#, "denied", "`kv` under `[permissions]`"),
    (#"{"op":"get","key":"a","namespace":"notes\u0000"}"#, "denied", "not granted"),
    (#"{"op":"steal","key":"a","namespace":"notes"}"#, "bad_request", "`op` must be"),
    (#"{"op":"get","key":5,"namespace":"notes"}"#, "bad_request", "`key` must be a string"),
    (#"{"op":"put","key":"a","namespace":"notes","ttl_ms":-1}"#, "bad_request", "`ttl_ms`"),
    (#"{"op":"put","key":"a","namespace":"notes","ttl_ms":1.5}"#, "bad_request", "`ttl_ms` must be a whole number"),
    (#"{"op":"put","key":"a","namespace":"notes","if":"present"}"#, "bad_request", "`if` may be absent only"),
    (#"{"op":"put","key":"a","namespace":"notes","if":"absent","if_version":"1"}"#, "bad_request", "one condition only"),
    (#"{"op":"put","key":"a","namespace":"notes","if_version":"-1"}"#, "bad_request", "`if_version`"),
    (#"{"op":"delete","key":"a","namespace":"notes","if":"absent"}"#, "bad_request", "one condition only"),
    (#"{"op":"get","key":"a","namespace":"notes","ttl":5}"#, "bad_request", "kv knows no member `ttl`"),
    (#"{"op":"get","key":[[[[1]]]],"namespace":"notes"}"#, "bad_request", "nested"),
  ])
  func aWrongHeadIsOneClearError(_ head: String, _ code: String, _ words: String) {
    let problem = #expect(throws: OperationProblem.self) { try kv(head) }
    #expect(problem?.code == code)
    #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
  }

  @Test func sessionsTakeOneValue() throws {
    func session(_ head: String, _ body: [UInt8] = []) throws(OperationProblem) -> SessionOperation {
      try SessionOperation(OperationRequest(Array(head.utf8) + [0] + body), pool: pool)
    }
    guard case .put(let data, .version(7)) = try session(#"{"op":"put","if_version":"7"}"#, [1, 0, 2]) else {
      Issue.record("not a put")
      return
    }
    #expect(data == [1, 0, 2])
    for head in [#"{"op":"get","if":"absent"}"#, #"{"op":"list"}"#, #"{"op":"put","key":"a"}"#, "7"] {
      #expect(throws: OperationProblem.self) { _ = try session(head) }
    }
  }

  @Test func fetchesNameURLMethodAndHeaders() throws {
    func fetch(_ head: String, _ body: [UInt8] = []) throws(OperationProblem) -> UpstreamRequest {
      try UpstreamRequest(OperationRequest(Array(head.utf8) + [0] + body), pool: pool)
    }
    let request = try fetch(
      #"{"url":"https://a/b","method":"POST","headers":[["x","1"],["x","2"]],"timeout_ms":5}"#, [9])
    #expect(request.url == "https://a/b")
    #expect(request.method == "POST")
    #expect(request.headers.map(\.value) == ["1", "2"])
    #expect(request.timeoutMilliseconds == 5)
    #expect(request.body == [9])
    #expect(try fetch(#"{"url":"https://a/b"}"#).body == nil)
    #expect(try fetch(#"{"url":"https://a/b"}"#).method == "GET")
    for head in [
      "{}", #"{"url":5}"#, #"{"url":"u","headers":{"a":"b"}}"#, #"{"url":"u","headers":[["a"]]}"#,
      #"{"url":"u","headers":[["a",1]]}"#, #"{"url":"u","timeout_ms":0}"#, #"{"url":"u","redirect":"follow"}"#,
    ] {
      #expect(throws: OperationProblem.self) { _ = try fetch(head) }
    }
  }

  @Test func answersAreHeadsAndValues() {
    #expect(KeyValueAnswer.entry(nil).guestAnswer == Array(#"{"found":false}"#.utf8))
    #expect(
      KeyValueAnswer.entry(KeyValueEntry(value: [0, 255], version: 12, expires: 99)).guestAnswer
        == Array(#"{"found":true,"version":"12","expires_ms":99}"#.utf8) + [0, 0, 255])
    #expect(KeyValueAnswer.written(version: 8).guestAnswer == Array(#"{"version":"8"}"#.utf8))
    #expect(KeyValueAnswer.deleted(true).guestAnswer == Array(#"{"deleted":true}"#.utf8))
    let listing = KeyValueListing(key: Array("a\"".utf8), version: 1, expires: nil)
    #expect(
      KeyValueAnswer.page([listing], isLast: false).guestAnswer
        == Array(#"{"keys":[{"key":"a\"","version":"1"}],"cursor":"a\""}"#.utf8))
    #expect(
      KeyValueAnswer.page([listing], isLast: true).guestAnswer
        == Array(#"{"keys":[{"key":"a\"","version":"1"}]}"#.utf8))
  }
}
