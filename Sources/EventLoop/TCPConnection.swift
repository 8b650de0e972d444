// One TCP connection: reading, back-pressure, its end.
internal import CUV
internal import Glibc

/// One TCP connection. Confined to its loop's thread; the loop keeps it alive until it is closed.
///
/// No callback is made from inside a call of the owner, and none after ``close()`` but ``onClosed``.
public final class TCPConnection: @unchecked Sendable {
  public let loop: EventLoop
  public let peer: SocketAddress
  /// Bytes that came in. They lie in the loop's shared buffer and are gone when the call returns.
  public var onBytes: ((UnsafeRawBufferPointer) -> Void)?
  /// The peer sends no more: `nil` for a proper end (we may still write), an error for a reset. Called at most once;
  /// reading must have been started for an end to be seen. A write that fails after a proper end is not told here:
  /// it sets ``failure``, drops what is unsent and calls ``onDrained``.
  public var onEnd: ((LoopError?) -> Void)?
  /// What was queued has all gone to the kernel, or was dropped because the connection failed. Not called for a write
  /// that left nothing in ``unsentBytes``.
  public var onDrained: (() -> Void)?
  /// The connection is gone and its descriptor is free.
  public var onClosed: (() -> Void)?
  /// Why nothing can be sent any more.
  public private(set) var failure: LoopError?
  public private(set) var isClosed = false
  /// Has the peer ended its side, properly or not?
  public private(set) var hasEnded = false

  private let memory: UnsafeMutablePointer<cuv_connection_t>
  private var isReading = false
  private var wantsFinish = false
  private var hasFinished = false
  private var isWriting = false
  private var inFlight = OutgoingBytes()
  private var pending = OutgoingBytes()
  private var linger: LoopTimer?

  private var stream: UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(memory).assumingMemoryBound(to: uv_stream_t.self)
  }
  private var tcp: UnsafeMutablePointer<uv_tcp_t> {
    UnsafeMutableRawPointer(memory).assumingMemoryBound(to: uv_tcp_t.self)
  }

  /// Takes over a connected descriptor; negative for a connection that is still to be made.
  init(loop: EventLoop, descriptor: Int32, peer: SocketAddress) throws(LoopError) {
    self.loop = loop
    self.peer = peer
    memory = .makeHandle()
    uv_tcp_init(loop.uv, tcp)
    memory.pointee.tcp.data = Unmanaged.passRetained(self).toOpaque()
    guard descriptor >= 0 else { return }
    let status = uv_tcp_open(tcp, descriptor)
    guard status == 0 else {
      Glibc.close(descriptor)
      close()
      throw LoopError(uv: status, "the connection from \(peer) could not be taken over")
    }
  }

  /// The socket's descriptor, for tests and for socket options; negative when closed.
  var descriptor: Int32 {
    guard !isClosed else { return -1 }
    var descriptor: Int32 = -1
    uv_fileno(memory.handle, &descriptor)
    return descriptor
  }

  // MARK: Reading

  /// Begins or resumes reading. Nothing happens after the peer has ended.
  public func startReading() {
    loop.assertConfined()
    guard !isReading, !isClosed, !hasEnded else { return }
    isReading = true
    uv_read_start(
      stream,
      { handle, _, buffer in
        let slab = borrow(handle!.pointee.data, as: TCPConnection.self).loop.readSlab
        buffer!.pointee = uv_buf_init(slab.baseAddress!.assumingMemoryBound(to: CChar.self), UInt32(slab.count))
      },
      { stream, count, buffer in
        let connection = borrow(stream!.pointee.data, as: TCPConnection.self)
        if count > 0 {
          connection.onBytes?(UnsafeRawBufferPointer(start: buffer!.pointee.base, count: count))
        } else if count < 0 {
          connection.ended(Int32(count))
        }
      })
  }

  /// Stops reading; the kernel's buffer fills and the peer has to wait. An end is not noticed meanwhile.
  public func pauseReading() {
    loop.assertConfined()
    guard isReading, !isClosed else { return }
    isReading = false
    uv_read_stop(stream)
  }

  private func ended(_ status: Int32) {
    isReading = false
    uv_read_stop(stream)
    if status == Int32(UV_EOF.rawValue) {
      hasEnded = true
      if linger != nil { return close() }
      onEnd?(nil)
    } else {
      fail(status)
      tellFailure()
    }
  }

  // MARK: Writing

  /// How many bytes the kernel has not taken yet.
  public var unsentBytes: Int {
    pending.count + (isWriting && !isClosed ? Int(uv_stream_get_write_queue_size(stream)) : 0)
  }

  /// Sends `bytes`: what the kernel takes goes out at once without a copy, the rest is copied and queued.
  ///
  /// Nothing bounds the queue: look at ``unsentBytes`` and wait for ``onDrained``. Ignored once the connection is
  /// closed, failed or shut down.
  public func write(_ bytes: UnsafeRawBufferPointer) {
    write(head: bytes, body: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  public func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

  public func write(_ bytes: RawSpan) { bytes.withUnsafeBytes { write($0) } }

  /// Sends two pieces with one system call.
  public func write(head: [UInt8], body: [UInt8]) {
    head.withUnsafeBytes { head in body.withUnsafeBytes { write(head: head, body: $0) } }
  }

  /// Sends two pieces with one system call.
  public func write(head: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) {
    loop.assertConfined()
    guard failure == nil, !isClosed, !wantsFinish, head.count + body.count > 0 else { return }
    var sent = 0
    if !isWriting {
      let result = cuv_try_write(stream, head.baseAddress, head.count, body.baseAddress, body.count)
      if result >= 0 {
        sent = Int(result)
        if sent == head.count + body.count { return }
      } else if result != UV_EAGAIN.rawValue {
        fail(result)
        return loop.later { self.tellFailure() }
      }
    }
    pending.append(UnsafeRawBufferPointer(rebasing: head[min(sent, head.count)...]))
    pending.append(UnsafeRawBufferPointer(rebasing: body[max(0, sent - head.count)...]))
    if !isWriting { writePending() }
  }

  /// Gives everything that is queued to libuv as one write; what is queued meanwhile goes into the other buffer.
  private func writePending() {
    swap(&inFlight, &pending)
    isWriting = true
    var buffer = uv_buf_t(base: inFlight.start?.assumingMemoryBound(to: CChar.self), len: inFlight.count)
    let status = uv_write(&memory.pointee.write, stream, &buffer, 1) { request, status in
      borrow(request!.pointee.handle.pointee.data, as: TCPConnection.self).wrote(status)
    }
    guard status == 0 else {
      isWriting = false
      fail(status)
      return loop.later { self.tellFailure() }
    }
  }

  private func wrote(_ status: Int32) {
    isWriting = false
    inFlight.removeAll()
    guard !isClosed else { return }
    if status < 0 {
      fail(status)
      tellFailure()
    } else if !pending.isEmpty {
      writePending()
    } else {
      finishIfWanted()
      onDrained?()
    }
  }

  // MARK: The end

  /// Sends FIN once everything queued has gone out. Reading goes on. Idempotent; later writes are ignored.
  public func shutdown() {
    loop.assertConfined()
    wantsFinish = true
    finishIfWanted()
  }

  private func finishIfWanted() {
    guard wantsFinish, !hasFinished, !isWriting, pending.isEmpty, failure == nil, !isClosed else { return }
    hasFinished = true
    // A failure here means that the peer is gone, which reading or the linger timer will tell.
    _ = cuv_finish(descriptor)
    if linger != nil, hasEnded { close() }
  }

  /// Ends the connection properly: sends what is queued, then FIN, then throws away what still comes in until the
  /// peer ends, then closes. A peer that neither takes anything nor ends for `milliseconds` is closed on, as is one
  /// that needs more than ``LoopLimits/lingerRounds`` times that.
  ///
  /// Closing at once while the peer still sends makes the kernel reset the connection, and the reset can destroy an
  /// answer that the peer has not read (RFC 9112, 9.6). From here on only ``onClosed`` is called.
  public func finish(lingerMilliseconds milliseconds: UInt64 = LoopLimits.lingerMilliseconds) {
    loop.assertConfined()
    guard !isClosed, linger == nil else { return }
    onEnd = nil
    onDrained = nil
    onBytes = { _ in }
    if failure != nil { return close() }
    var unread = unreadBytes
    var rounds = 0
    linger = loop.timer(afterMilliseconds: milliseconds, repeatMilliseconds: max(1, milliseconds)) { [weak self] in
      guard let self else { return }
      rounds += 1
      let left = self.unreadBytes
      // The round in which the last byte arrives is progress too: the peer gets one more to read it and to end.
      if left >= unread || rounds >= LoopLimits.lingerRounds { return self.close() }
      unread = left
    }
    shutdown()
    startReading()
  }

  /// What the peer's kernel has not taken. Our own takes megabytes ahead, so ``unsentBytes`` may stand still for long
  /// while a slow peer reads.
  private var unreadBytes: Int { unsentBytes + max(0, Int(cuv_unacknowledged(descriptor))) }

  /// Closes at once: what is unsent is dropped. Idempotent. The memory is freed when libuv is done with it.
  public func close() { close(reset: false) }

  /// Closes at once with a RST, so that neither side waits for the other. For peers that misbehave.
  public func reset() { close(reset: true) }

  private func close(reset: Bool) {
    loop.assertConfined()
    guard !isClosed else { return }
    isClosed = true
    isReading = false
    linger?.cancel()
    linger = nil
    onBytes = nil
    onEnd = nil
    onDrained = nil
    pending.removeAll()
    let closed: uv_close_cb = { handle in
      let connection = Unmanaged<TCPConnection>.fromOpaque(handle!.pointee.data).takeRetainedValue()
      UnsafeMutableRawPointer(handle!).deallocate()
      let onClosed = connection.onClosed
      connection.onClosed = nil
      onClosed?()
    }
    if !reset || uv_tcp_close_reset(tcp, closed) != 0 { uv_close(memory.handle, closed) }
  }

  private func fail(_ status: Int32) {
    guard failure == nil else { return }
    failure = LoopError(uv: status, "the connection with \(peer) is lost")
    pending.removeAll()
    if isReading {
      isReading = false
      uv_read_stop(stream)
    }
  }

  private func tellFailure() {
    guard !isClosed else { return }
    if linger != nil { return close() }
    if hasEnded {
      onDrained?()
    } else {
      hasEnded = true
      onEnd?(failure)
    }
  }
}

// MARK: Connecting

extension TCPConnection {
  /// Connects to `address`. Any thread; the connection belongs to `loop`.
  ///
  /// - throws: ``LoopError``, for example `ECONNREFUSED`; `ECANCELED` when the loop stops first.
  public static func connect(to address: SocketAddress, on loop: EventLoop) async throws(LoopError) -> TCPConnection {
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<TCPConnection, LoopError>, Never>) in
      let begin: @Sendable () -> Void = {
        TCPConnection.connect(to: address, on: loop) { continuation.resume(returning: $0) }
      }
      if loop.isOnLoop { begin() } else { loop.execute(begin) }
    }
    return try result.get()
  }

  /// Connects to `address` and tells how it went, always in a later callback. On the loop.
  ///
  /// - returns: the connection on its way, to be used for nothing but ``close()``: that gives the attempt up, which is
  ///   then told as `ECANCELED`. Nil where the loop has stopped.
  @discardableResult
  public static func connect(
    to address: SocketAddress, on loop: EventLoop, _ told: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) -> TCPConnection? {
    loop.assertConfined()
    guard !loop.isTearingDown, let connection = try? TCPConnection(loop: loop, descriptor: -1, peer: address) else {
      let error = LoopError(.canceled, message: "no connection to \(address): the loop has stopped")
      loop.later { told(.failure(error)) }
      return nil
    }
    let attempt = Attempt(connection: connection, told: told)
    let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    request.initialize(to: uv_connect_t())
    request.pointee.data = Unmanaged.passRetained(attempt).toOpaque()
    let status = address.withCAddress {
      uv_tcp_connect(request, connection.tcp, $0) { request, status in
        let attempt = Unmanaged<Attempt>.fromOpaque(request!.pointee.data).takeRetainedValue()
        request!.deallocate()
        attempt.end(status)
      }
    }
    if status != 0 {
      Unmanaged.passUnretained(attempt).release()
      request.deallocate()
      loop.later { attempt.end(status) }
    }
    return connection
  }

  /// A connection on its way.
  private final class Attempt {
    private let connection: TCPConnection
    private let told: (Result<TCPConnection, LoopError>) -> Void

    init(connection: TCPConnection, told: @escaping (Result<TCPConnection, LoopError>) -> Void) {
      self.connection = connection
      self.told = told
    }

    func end(_ status: Int32) {
      guard status == 0 else {
        connection.close()
        return told(.failure(LoopError(uv: status, "no connection to \(connection.peer)")))
      }
      uv_tcp_nodelay(connection.tcp, 1)
      told(.success(connection))
    }
  }
}
