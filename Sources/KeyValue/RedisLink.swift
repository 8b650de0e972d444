// hiredis on the loop: one connection, bytes in, replies out. The only file of the adapter with hiredis' pointers.
internal import CHiredis
internal import CRedisTLS
internal import EventLoop

/// One connection to one address, for as long as it lasts. Confined to its loop.
///
/// Nothing is told from inside a call of the owner, and nothing after ``close()``.
final class RedisLink: @unchecked Sendable {
  enum Event {
    /// The socket is connected; requests may be sent, which begins TLS where it is wanted.
    case connected
    /// To the oldest request without one.
    case reply(RedisReply)
    /// It is over, and why. Requests without a reply get none.
    case failed(String)
  }

  private let loop: EventLoop
  private let security: RedisSecurity?
  private let tell: (Event) -> Void
  private var context: UnsafeMutablePointer<redisAsyncContext>?
  private var session: UnsafeMutableRawPointer?
  /// Why TLS could not even begin.
  private var refusal: String?
  private var watch: DescriptorWatch?
  /// What hiredis asks to be told of.
  private var wanted: DescriptorWatch.Events = []
  /// What hiredis told within the call that is under way.
  private var events: [Event] = []
  private var isOver = false

  /// Begins to connect; `tell` hears how it went.
  init(loop: EventLoop, address: SocketAddress, security: RedisSecurity?, tell: @escaping (Event) -> Void) {
    self.loop = loop
    self.security = security
    self.tell = tell
    connect(to: address)
  }

  deinit { assert(context == nil, "a link is closed before it is dropped") }

  private func connect(to address: SocketAddress) {
    // hiredis resolves names itself, and blocks; an address passes without.
    context = address.host.withCString { host in
      var options = redisOptions()
      options.type = Int32(REDIS_CONN_TCP.rawValue)
      options.options = REDIS_OPT_NOAUTOFREE | REDIS_OPT_SET_SOCK_CLOEXEC
      options.endpoint.tcp.ip = host
      options.endpoint.tcp.port = Int32(address.port)
      return redisAsyncConnectWithOptions(&options)
    }
    guard let context, context.pointee.err == 0 else { return later { $0.finish() } }
    do {
      watch = try DescriptorWatch(loop: loop, descriptor: context.pointee.c.fd) { [weak self] events in
        guard let self else { return }
        if events.contains(.writable) { self.handle(redisAsyncHandleWrite) }
        // A read also finds out what failed.
        if !events.isDisjoint(with: [.readable, .failed]) { self.read() }
      }
    } catch {
      return later { $0.finish("\(error)") }
    }
    let link = Unmanaged.passUnretained(self).toOpaque()
    context.pointee.data = link
    context.pointee.ev.data = link
    context.pointee.ev.addRead = { RedisLink.of($0).wanted.insert(.readable) }
    context.pointee.ev.delRead = { RedisLink.of($0).wanted.remove(.readable) }
    context.pointee.ev.addWrite = { RedisLink.of($0).wanted.insert(.writable) }
    context.pointee.ev.delWrite = { RedisLink.of($0).wanted.remove(.writable) }
    context.pointee.ev.cleanup = { RedisLink.of($0).wanted = [] }
    redisAsyncSetConnectCallbackNC(context) { context, status in
      if status == REDIS_OK { RedisLink.of(context?.pointee.data).becameConnected() }
    }
    watch?.interest = wanted
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> RedisLink {
    Unmanaged<RedisLink>.fromOpaque(data!).takeUnretainedValue()
  }

  private func becameConnected() {
    if let security, let context {
      (session, refusal) = security.begin(on: &context.pointee.c)
    }
    events.append(.connected)
  }

  /// Sends a request; it goes to the kernel before this returns, as far as the kernel takes it.
  func send(_ request: [UInt8]) {
    guard let context, !isOver else { return }
    let status = request.withUnsafeBytes { bytes in
      redisAsyncFormattedCommand(
        context,
        { context, reply, _ in
          guard let reply else { return }
          let value = RedisReply(UnsafePointer(reply.assumingMemoryBound(to: redisReply.self)))
          RedisLink.of(context?.pointee.data).events.append(.reply(value))
        }, nil, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard status == REDIS_OK else { return later { $0.finish() } }
    // A socket that is full tells when it is not.
    if watch?.interest.contains(.writable) != true {
      redisAsyncHandleWrite(context)
      watch?.interest = wanted
      if context.pointee.err != 0 { later { $0.finish() } }
    }
  }

  /// Reads once, and on while a reply is incomplete: hiredis takes 16 KiB at a time.
  private func read() {
    for _ in 0..<64 {
      guard let context, context.pointee.err == 0 else { return }
      handle(redisAsyncHandleRead)
      guard let reader = self.context?.pointee.c.reader, reader.pointee.len > reader.pointee.pos else { return }
    }
  }

  /// Lets hiredis do something, then tells what came of it: no owner is called from inside hiredis.
  private func handle(_ act: (UnsafeMutablePointer<redisAsyncContext>?) -> Void) {
    guard let context, !isOver else { return }
    act(context)
    watch?.interest = wanted
    var told: [Event] = []
    swap(&told, &events)
    for event in told where !isOver { tell(event) }
    if context == self.context, context.pointee.err != 0 { finish() }
  }

  private func finish(_ reason: String? = nil) {
    guard !isOver else { return }
    isOver = true
    let reason = reason ?? problem()
    tell(.failed(reason))
  }

  private func problem() -> String {
    guard let context else { return "no memory is left" }
    if security != nil, context.pointee.c.flags & REDIS_CONNECTED != 0, context.pointee.err == REDIS_ERR_IO,
      let words = refusal ?? RedisSecurity.problem(of: session)
    {
      return "TLS: \(words)"
    }
    guard let words = context.pointee.errstr, words.pointee != 0 else { return "the connection broke" }
    return String(cString: words)
  }

  private func later(_ body: @escaping @Sendable (RedisLink) -> Void) {
    loop.execute { [self] in body(self) }
  }

  /// Gives everything back. Idempotent.
  func close() {
    isOver = true
    events = []
    watch?.close()
    watch = nil
    guard let context else { return }
    self.context = nil
    session = nil
    redisAsyncFree(context)
  }
}

/// TLS of one backend: what its connections trust and whom they expect. Any thread.
final class RedisSecurity: @unchecked Sendable {
  private let context: UnsafeMutableRawPointer
  private let name: String

  init(name: String, authorities: String?) throws(KeyValueError) {
    var words = [CChar](repeating: 0, count: 256)
    let made = words.withUnsafeMutableBufferPointer { buffer in
      if let authorities {
        credis_tls_make(name, authorities, buffer.baseAddress, buffer.count)
      } else {
        credis_tls_make(name, nil, buffer.baseAddress, buffer.count)
      }
    }
    guard let made else {
      let source = authorities.map { "the file `\($0)`" } ?? "the system's certificates"
      throw KeyValueError(.configuration, "TLS to Redis is not possible with \(source): \(Self.text(words))")
    }
    context = made
    self.name = name
  }

  deinit { credis_tls_release(context) }

  /// The session, or why there is none.
  func begin(on connection: UnsafeMutablePointer<redisContext>) -> (UnsafeMutableRawPointer?, String?) {
    var words = [CChar](repeating: 0, count: 256)
    let session = words.withUnsafeMutableBufferPointer {
      credis_tls_begin(context, name, connection, $0.baseAddress, $0.count)
    }
    return (session, session == nil ? Self.text(words) : nil)
  }

  static func problem(of session: UnsafeMutableRawPointer?) -> String? {
    var words = [CChar](repeating: 0, count: 256)
    words.withUnsafeMutableBufferPointer { credis_tls_problem(session, $0.baseAddress, $0.count) }
    return words[0] == 0 ? nil : text(words)
  }

  private static func text(_ words: [CChar]) -> String {
    String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
