// Upstreams that lie, stall, break off and flood: each ends with the error that guests are told of.
import EventLoop
import Foundation
import Glibc
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct HostileUpstreamTests {
  @Test(arguments: [
    ("short", UpstreamError.Code.protocol), ("chunk-short", .protocol), ("reset-mid", .reset), ("reset", .reset),
    ("silent-close", .reset), ("http09", .protocol), ("garbage", .protocol), ("huge-header", .protocol),
    ("many-headers", .protocol), ("endless-header", .protocol), ("endless-interim", .protocol),
    ("endless-trailer", .protocol),
    ("negative-length", .protocol), ("bad-gzip", .protocol), ("ten-gb", .tooLarge), ("endless", .tooLarge),
    ("bomb", .tooLarge), ("nothing-packed", .tooLarge),
  ])
  func eachEndsWithItsError(_ path: String, _ code: UpstreamError.Code) async throws {
    let server = try TestServer.shared.get()
    try await withHarness { harness in
      let before = residentBytes()
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/\(path)?key=query-secret"),
        try grant(server.url, headers: [.init("Authorization", Secret("Bearer sesame"))]),
        budget: 2 << 20)
      #expect(got.code == code, "\(path): \(String(describing: got.error))")
      #expect(got.error?.message.contains("`api`") == true && got.error?.upstream == "api")
      for text in [String(reflecting: got), String(describing: got.error), got.error?.message ?? ""] {
        #expect(!text.contains("sesame"))
      }
      #expect(got.error?.message.contains("query-secret") == false)
      #expect(got.body.count <= 2 << 20)
      // Other tests run meanwhile and hold tens of megabytes.
      #expect(residentBytes() - before < 400 << 20)
      let next = await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), try grant(server.url))
      #expect(next.text == "hello")
    }
  }

  /// Two lengths that contradict each other are how answers are smuggled (RFC 9112, 6.3).
  @Test func aSecondLengthDoesNotSmuggle() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/two-lengths"), try grant(server.url))
      #expect(got.code == .protocol || got.text == "hello")
      #expect(try await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), grant(server.url)).text == "hello")
    }
  }

  /// The length is known before the body: nothing of it is read.
  @Test func aLengthBeyondTheBudgetEndsBeforeTheHead() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ten-gb"), try grant(server.url), budget: 1 << 20)
      #expect(got.code == .tooLarge && got.head == nil && got.body.isEmpty)
      #expect(got.error?.message.contains("limits.upstream") == true)
    }
  }

  @Test func theBudgetIsForAllResponsesOfACall() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant(server.url)
      let budget = Confined(ByteBudget(bytes: 250_000))
      var codes: [String] = []
      for _ in 0..<3 {
        let got = await harness.fetch(UpstreamRequest(url: "upstream://api/bytes?n=100000"), grants, shared: budget)
        codes.append(got.code?.rawValue ?? "ok")
      }
      #expect(codes == ["ok", "ok", "too_large"])
    }
  }

  /// Where nobody listens, where nobody answers, and where the answer does not end.
  @Test func eachPartHasItsTimeout() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let head = await harness.fetch(
        UpstreamRequest(url: "upstream://api/slow-head"), try grant(server.url, firstByte: 200))
      #expect(head.code == .timeout && head.milliseconds >= 200 && head.milliseconds < 1500)
      #expect(head.error?.message.contains("first-byte") == true && head.wereBytesSent)
      let body = await harness.fetch(
        UpstreamRequest(url: "upstream://api/slow-body"), try grant(server.url, whole: 300))
      #expect(body.code == .timeout && body.status == 200 && body.milliseconds >= 300 && body.milliseconds < 1500)
      let guest = await harness.fetch(
        UpstreamRequest(url: "upstream://api/slow-head", timeoutMilliseconds: 150), try grant(server.url))
      #expect(guest.code == .timeout && guest.milliseconds < 1000 && guest.error?.message.contains("150 ms") == true)
      let call = await harness.fetch(
        UpstreamRequest(url: "upstream://api/slow-head"), try grant(server.url), milliseconds: 150)
      #expect(call.code == .timeout && call.milliseconds < 1000 && call.error?.message.contains("wall_ms") == true)
    }
  }

  @Test func aConnectionThatIsNotTakenTimesOut() async throws {
    // A listener whose queue is full takes no connection: the kernel drops what comes.
    let listener = try FullListener()
    defer { listener.close() }
    try await withHarness { harness in
      let got = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ok"), try grant("http://127.0.0.1:\(listener.port)", connect: 300))
      #expect(got.code == .timeout && got.milliseconds >= 290 && got.milliseconds < 2000)
      #expect(got.error?.message.contains("connected to within 300 ms") == true && !got.wereBytesSent)
    }
  }

  @Test func aClosedPortIsConnectFailed() async throws {
    try await withHarness { harness in
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/ok"), try grant("http://127.0.0.1:1"))
      #expect(got.code == .connectFailed && !got.wereBytesSent)
      let unknown = await harness.fetch(
        UpstreamRequest(url: "upstream://api/ok"), try grant("http://no-such-name.invalid"))
      #expect(unknown.code == .connectFailed && unknown.error?.message.contains("no-such-name.invalid") == true)
    }
  }

  /// A lookup is a thread: a hundred requests for one name start one.
  @Test func aNameIsLookedUpOnce() async throws {
    let server = try TestServer.hostile()
    try await withHarness { harness in
      let grants = try grant("http://localhost:\(server.port)")
      let failing = try grant("http://no-such-name.invalid")
      let all = await harness.fetchAll(
        (0..<100).map { (UpstreamRequest(url: "upstream://api/ok"), $0 % 2 == 0 ? grants : failing) })
      let codes = all.map { $0.code?.rawValue ?? $0.text }
      #expect(codes.filter { $0 == "hello" }.count == 50)
      #expect(codes.filter { $0 == "connect_failed" }.count == 50)
      #expect(await harness.statistics().transfers == 0)
    }
  }
}

/// Listens and takes nothing, with a queue that is full.
private final class FullListener {
  let port: Int
  private var descriptors: [Int32] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 0) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    try #require(bound)
    port = Int(UInt16(bigEndian: address.sin_port))
    descriptors = [listener]
    for _ in 0..<8 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, size) }
      }
      descriptors.append(client)
    }
  }

  func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}

/// What of this process lies in memory.
func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
  return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
