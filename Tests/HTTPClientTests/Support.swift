// What the suites of this module share: servers that are started and stopped, certificates, a client that waits.
import EventLoop
import Foundation
import Glibc
import Synchronization
import Testing

@testable import HTTPClient

/// Every test runs in an environment that would lead libcurl astray if it listened to it.
enum Surroundings {
  static let hostile: Void = {
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY"] {
      setenv(name, "http://127.0.0.1:9", 1)
    }
    // What the command's client asks goes past the proxy; upstreams listen to neither.
    setenv("NO_PROXY", "localhost", 1)
    setenv("no_proxy", "localhost", 1)
    let home = temporaryFolder + "/home"
    try? FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try? "default login thief password netrc-password\n".write(
      toFile: home + "/.netrc", atomically: true, encoding: .utf8)
    setenv("HOME", home, 1)
  }()

  static let temporaryFolder: String = {
    var template = Array((NSTemporaryDirectory() + "/upstreams-XXXXXX").utf8CString)
    let folder = String(cString: mkdtemp(&template))
    atexit { try? FileManager.default.removeItem(atPath: Surroundings.temporaryFolder) }
    return folder
  }()

  static let servers = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("servers")
    .path
}

/// A process that a test starts and ends. By posix_spawn, with pipes that no other child inherits: a server ends when
/// its standard input does.
struct Child: Sendable {
  let process: pid_t
  let input: Int32
  let output: Int32

  init(_ arguments: [String]) throws {
    var down: [Int32] = [0, 0]
    var up: [Int32] = [0, 0]
    // One at a time: between the pipe and its flag, another child would inherit it.
    Self.starting.lock()
    defer { Self.starting.unlock() }
    try #require(pipe(&down) == 0 && pipe(&up) == 0)
    for descriptor in down + up { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down[0], 0)
    posix_spawn_file_actions_adddup2(&actions, up[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    close(down[0])
    close(up[1])
    try #require(status == 0, "\(arguments[0]) cannot be started: \(String(cString: strerror(status)))")
    (self.process, input, output) = (process, down[1], up[0])
  }

  private static let starting = NSLock()

  /// Everything up to a line break or the end.
  func line() -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 10 { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func end() {
    close(input)
    close(output)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }
}

/// A server in a process of its own, on a free port; ends with the test.
final class TestServer: Sendable {
  let port: Int
  private let child: Child

  init(_ arguments: [String]) throws {
    _ = Surroundings.hostile
    let child = try Child(arguments)
    guard let port = Int(child.line()) else {
      child.end()
      throw UpstreamConfigurationError("the server did not start: \(arguments)")
    }
    (self.child, self.port) = (child, port)
  }

  deinit { child.end() }

  static func hostile(host: String = "127.0.0.1", certificate: String? = nil) throws -> TestServer {
    let tls = certificate.map { [Certificates.folder + "/\($0).pem", Certificates.folder + "/\($0).key"] } ?? []
    return try TestServer(["python3", Surroundings.servers + "/hostile.py", host] + tls)
  }

  /// One for all cases of a parameterised test.
  static let shared = Result { try hostile() }

  static func http2() throws -> TestServer {
    try TestServer([
      "node", Surroundings.servers + "/h2.js", Certificates.folder + "/good.pem", Certificates.folder + "/good.key",
    ])
  }

  var url: String { "http://127.0.0.1:\(port)" }
}

/// Certificates made by openssl: a CA, and one good, expired, for another name, and signed by itself.
enum Certificates {
  static let authority = folder + "/ca.pem"
  static let folder: String = {
    let folder = Surroundings.temporaryFolder + "/certificates"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let script = """
      set -e; cd '\(folder)'
      key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
      key ca; openssl req -x509 -new -key ca.key -subj /CN=Test -days 30 -out ca.pem
      key self; openssl req -x509 -new -key self.key -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 30 -out self.pem
      touch index; echo 01 > serial
      printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nunique_subject=no\\ncopy_extensions=copy\\n[p]\\ncommonName=supplied\\n' > ca.conf
      sign() { key $1; openssl req -new -key $1.key -subj "/CN=$2" -addext "subjectAltName=$3" -out $1.csr
        openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in $1.csr -out $1.pem -startdate 20200101000000Z -enddate $4 -notext; }
      sign good localhost DNS:localhost,IP:127.0.0.1 20400101000000Z
      sign expired localhost DNS:localhost,IP:127.0.0.1 20210101000000Z
      sign wrong other.example DNS:other.example 20400101000000Z
      """
    let child = try? Child(["/bin/bash", "-c", script])
    while child?.line().isEmpty == false {}
    child?.end()
    return folder
  }()
}

/// What came of one request.
struct Fetched: Sendable {
  var head: UpstreamHead?
  var body: [UInt8] = []
  var error: UpstreamError?
  var milliseconds: UInt64 = 0
  var wereBytesSent = false
  var text: String { String(decoding: body, as: UTF8.self) }
  var status: Int? { head?.status }
  var code: UpstreamError.Code? { error?.code }
}

/// Reads everything at once, or as much as it is told to.
final class Collector: UpstreamReceiver, @unchecked Sendable {
  var fetched = Fetched()
  var heads = 0
  var ends = 0
  var readsByItself = true
  var exchange: UpstreamExchange?
  var onEnd: (() -> Void)?
  var onHead: (() -> Void)?
  var onBytes: (() -> Void)?

  func head(_ head: UpstreamHead) {
    heads += 1
    fetched.head = head
    onHead?()
  }
  func bytes(_ bytes: RawSpan) {
    // An endless body is read and not kept.
    if fetched.body.count < 64 << 20 { bytes.withUnsafeBytes { fetched.body.append(contentsOf: $0) } }
    if readsByItself { exchange?.resume() }
    onBytes?()
  }
  func end(_ result: Result<Void, UpstreamError>) {
    ends += 1
    if case .failure(let error) = result { fetched.error = error }
    fetched.wereBytesSent = exchange?.wereBytesSent ?? false
    exchange = nil
    onEnd?()
  }
}

/// A client on a loop of its own. Every member is for any thread.
final class Harness: Sendable {
  let loop: EventLoop
  let health: UpstreamHealth
  let client: UpstreamClient

  init(
    allowed: [String] = ["127.0.0.0/8", "::1"], certificates: String? = nil, health: UpstreamHealth = UpstreamHealth()
  ) throws {
    _ = Surroundings.hostile
    loop = try EventLoop()
    self.health = health
    let pool = try UpstreamPool(loop: loop, policy: AddressPolicy(allowed: allowed), certificates: certificates)
    client = UpstreamClient(loop: loop, pool: pool, health: health)
    loop.start(name: "upstreams")
  }

  /// Runs `body` on the loop and waits for what it hands over.
  func on<T: Sendable>(_ body: @escaping @Sendable (@escaping @Sendable (T) -> Void) -> Void) async -> T {
    await withCheckedContinuation { continuation in loop.execute { body { continuation.resume(returning: $0) } } }
  }

  func fetch(
    _ request: UpstreamRequest, _ grants: UpstreamGrants, milliseconds: UInt64 = 50_000, budget: Int = 64 << 20,
    shared: Confined<ByteBudget>? = nil
  ) async -> Fetched {
    await on { done in
      self.start(
        request, grants, milliseconds: milliseconds, budget: shared?.value ?? ByteBudget(bytes: budget), done)
    }
  }

  /// All side by side.
  func fetchAll(_ requests: [(UpstreamRequest, UpstreamGrants)], milliseconds: UInt64 = 50_000) async -> [Fetched] {
    await on { done in
      let gathered = Gathered()
      for (request, grants) in requests {
        self.start(request, grants, milliseconds: milliseconds, budget: ByteBudget(bytes: 64 << 20)) { got in
          gathered.all.append(got)
          if gathered.all.count == requests.count { done(gathered.all) }
        }
      }
    }
  }

  private final class Gathered: @unchecked Sendable { var all: [Fetched] = [] }

  /// On the loop.
  @discardableResult
  func start(
    _ request: UpstreamRequest, _ grants: UpstreamGrants, milliseconds: UInt64 = 50_000, budget: ByteBudget,
    collector: Collector = Collector(), _ done: @escaping @Sendable (Fetched) -> Void
  ) -> UpstreamExchange {
    let began = loop.now
    let exchange = client.start(
      request, of: grants, deadline: began + milliseconds * 1_000_000, budget: budget, receiver: collector)
    collector.exchange = exchange
    collector.onEnd = { [loop] in
      collector.fetched.milliseconds = (loop.now - began) / 1_000_000
      #expect(collector.ends == 1 && collector.heads <= 1)
      done(collector.fetched)
    }
    return exchange
  }

  func statistics() async -> UpstreamPool.Statistics { await on { $0(self.client.pool.statistics) } }

  /// Closes pool and loop; nothing may be left open.
  func end() async {
    await on { done in
      self.client.pool.close()
      done(())
    }
    loop.stop()
    loop.join()
    #expect(loop.closedCleanly)
  }
}

/// Runs `body` with a client and ends it.
func withHarness<T>(
  allowed: [String] = ["127.0.0.0/8", "::1"], certificates: String? = nil, health: UpstreamHealth = UpstreamHealth(),
  _ body: (Harness) async throws -> T
) async throws -> T {
  let harness = try Harness(allowed: allowed, certificates: certificates, health: health)
  do {
    let answer = try await body(harness)
    await harness.end()
    return answer
  } catch {
    await harness.end()
    throw error
  }
}

/// One upstream named `api`.
func grant(
  _ url: String, methods: Set<String> = UpstreamRequest.methods, headers: [Upstream.Header] = [],
  connect: UInt64 = 10_000,
  firstByte: UInt64 = 20_000, whole: UInt64 = 40_000, retries: Int = 0, redirects: Int = 5
) throws -> UpstreamGrants {
  var timeouts = Upstream.Timeouts()
  timeouts.connect = connect
  timeouts.firstByte = firstByte
  timeouts.whole = whole
  return try UpstreamGrants(
    worker: "test",
    [
      Upstream(
        name: "api", url: url, methods: methods, headers: headers, timeouts: timeouts, retries: retries,
        redirects: redirects)
    ])
}

/// The descriptors that this process has open.
func openDescriptors() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1 }
