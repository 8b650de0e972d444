// A listening socket of one loop: accepting, sharing a port between loops, draining.
internal import CUV
internal import Glibc

/// A listening TCP socket. Confined to its loop's thread; it lasts until ``close()``, a drain, or the loop's end.
///
/// The loop polls the socket and accepts from it directly, which libuv's own listener would not allow: a drain can
/// empty the accept queue, and running out of descriptors makes the listener rest instead of spinning.
public final class TCPListener: @unchecked Sendable {
  /// Whether other loops accept on the same port.
  public enum Sharing: Sendable, Equatable {
    /// Nobody else.
    case exclusive
    /// The first loop of several. It binds without `SO_REUSEPORT`, so a port that is taken, even by a process that
    /// shares it, is an error; the option is set once the port is ours.
    case exclusiveThenShared
    /// The other loops: the port of the first one's ``TCPListener/address``.
    case joins(port: UInt16)
  }

  public let loop: EventLoop
  /// What is bound; port 0 has become the port that the kernel chose.
  public let address: SocketAddress
  /// Told when the process runs out of descriptors or socket memory and accepting rests for a moment.
  public var onExhausted: ((LoopError) -> Void)?
  /// How many connections it has accepted.
  public private(set) var accepted = 0
  public private(set) var isClosed = false
  public private(set) var isDraining = false

  private let descriptor: Int32
  private let handle: UnsafeMutablePointer<uv_poll_t>
  private let backlog: Int
  private var onConnection: ((TCPConnection) -> Void)?
  /// Told once libuv has let go of the socket; `nil` after that.
  private var onIdle: [() -> Void]? = []
  private var pause: LoopTimer?
  /// The connection of our own that fills the queue of a suspended listener, and the port it comes from.
  private var filler: Int32 = -1
  private var fillerPort: UInt16?
  /// What a drain may still accept.
  private var drainAllowance = 0

  /// Binds and listens. On the loop.
  ///
  /// - parameter onConnection: gets each connection on the loop, with `TCP_NODELAY` set and reading not started.
  /// - throws: ``LoopError``, for example `EADDRINUSE`; its message names the address.
  public init(
    loop: EventLoop, address: SocketAddress, backlog: Int32 = LoopLimits.backlogConnections,
    sharing: Sharing = .exclusive, onConnection: @escaping (TCPConnection) -> Void
  ) throws(LoopError) {
    loop.assertConfined()
    guard !loop.isTearingDown else {
      throw LoopError(.canceled, message: "\(address) is not listened on: the loop has stopped")
    }
    var wanted = address
    var joins: Int32 = 0
    if case .joins(let port) = sharing {
      wanted.port = port
      joins = 1
    }
    let descriptor = wanted.withCAddress { cuv_listen($0, backlog, joins) }
    guard descriptor >= 0 else { throw Self.refusal(descriptor, wanted) }
    var bound = sockaddr_storage()
    var status = cuv_local_address(descriptor, &bound)
    // Only after listen: two processes that start together could otherwise both get this far.
    if status >= 0, sharing == .exclusiveThenShared { status = cuv_share_port(descriptor) }
    let handle = UnsafeMutablePointer<uv_poll_t>.makeHandle()
    if status >= 0 { status = uv_poll_init(loop.uv, handle, descriptor) }
    guard status >= 0 else {
      handle.deallocate()
      Glibc.close(descriptor)
      throw LoopError(uv: status, "cannot listen on \(wanted)")
    }
    self.loop = loop
    self.address = SocketAddress(bound)
    self.descriptor = descriptor
    self.handle = handle
    self.backlog = Int(backlog)
    self.onConnection = onConnection
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    poll()
  }

  /// Stops listening at once. Connections that wait in the accept queue are reset. Idempotent.
  public func close() {
    loop.assertConfined()
    guard !isClosed else { return }
    isClosed = true
    pause?.cancel()
    pause = nil
    onConnection = nil
    onExhausted = nil
    if filler >= 0 { Glibc.close(filler) }
    // Once uv_close returns, libuv no longer polls the descriptor.
    uv_close(handle.handle) { handle in
      let listener = Unmanaged<TCPListener>.fromOpaque(handle!.pointee.data).takeRetainedValue()
      UnsafeMutableRawPointer(handle!).deallocate()
      let idle = listener.onIdle ?? []
      listener.onIdle = nil
      for told in idle { told() }
    }
    Glibc.close(descriptor)
  }

  /// Accepts every connection that waits, then stops listening, then calls `idle`, always in a later callback.
  ///
  /// The rule of a graceful shutdown: a connection counts as accepted when it stood in the accept queue as draining
  /// began. Each listener of a shared port has its own queue, so drain them all. The queue is emptied until nothing
  /// waits, some connections a turn; under a storm of new ones it ends after as many as the queue can hold, since
  /// those behind them came later. Connections that arrive between the last look and the close are reset.
  public func drain(until idle: @escaping () -> Void) {
    loop.assertConfined()
    guard onIdle != nil else { return loop.later(idle) }
    onIdle?.append(idle)
    guard !isClosed, !isDraining else { return }
    isDraining = true
    // The kernel lets one more than the backlog wait.
    drainAllowance = backlog + 1
    uv_poll_stop(handle)
    pause?.cancel()
    drainStep()
  }

  // MARK: Suspending

  /// Holds new connections off, as a network does that loses their first packet: whoever connects waits, and tries again
  /// after 1, 3, 7 seconds and so on, until ``resume()`` or its own patience ends. What waits in the accept queue is
  /// accepted first. Linux only; for networks that are simulated.
  public func suspend() {
    loop.assertConfined()
    guard !isClosed, !isDraining, filler < 0 else { return }
    uv_poll_stop(handle)
    var left = backlog + 1
    while left > 0, !isClosed, acceptOne() == .took { left -= 1 }
    guard !isClosed else { return }
    filler = cuv_fill(descriptor)
    var address = sockaddr_storage()
    guard filler >= 0, cuv_local_address(filler, &address) >= 0 else { return }
    fillerPort = SocketAddress(address).port
  }

  /// Accepts again after ``suspend()``. Idempotent.
  public func resume() {
    loop.assertConfined()
    guard !isClosed, !isDraining else { return }
    endSuspension()
    cuv_widen(descriptor, Int32(backlog))
    poll()
  }

  private func endSuspension() {
    guard filler >= 0 else { return }
    Glibc.close(filler)
    filler = -1
    // It is the first in the queue; where another connection was faster, it never got in.
    if acceptOne() != .took { fillerPort = nil }
  }

  // MARK: Accepting

  private enum Step { case took, empty, exhausted }

  private func poll() {
    uv_poll_start(handle, Int32(UV_READABLE.rawValue)) { handle, _, _ in
      let listener = borrow(handle!.pointee.data, as: TCPListener.self)
      for _ in 0..<LoopLimits.acceptsPerTurn {
        switch listener.acceptOne() {
        case .took: if listener.isClosed || listener.isDraining { return }
        case .empty: return
        case .exhausted: return listener.isDraining ? () : listener.rest { $0.poll() }
        }
      }
    }
  }

  private func drainStep() {
    guard !isClosed else { return }
    for _ in 0..<LoopLimits.acceptsPerTurn {
      guard drainAllowance > 0 else { return close() }
      switch acceptOne() {
      case .took: drainAllowance -= 1
      case .empty: return close()
      // Connections of this process end as it drains, and free descriptors.
      case .exhausted: return rest { $0.drainStep() }
      }
      if isClosed { return }
    }
    loop.later { self.drainStep() }
  }

  private func acceptOne() -> Step {
    var peer = sockaddr_storage()
    let descriptor = cuv_accept(self.descriptor, &peer)
    if descriptor >= 0 {
      if let port = fillerPort, SocketAddress(peer).port == port {
        fillerPort = nil
        Glibc.close(descriptor)
        return .took
      }
      accepted += 1
      // A connection that ended while it waited is no reason to stop.
      if let connection = try? TCPConnection(loop: loop, descriptor: descriptor, peer: SocketAddress(peer)) {
        if let onConnection { onConnection(connection) } else { connection.close() }
      }
      return .took
    }
    switch -descriptor {
    case EAGAIN: return .empty
    // Errors of the one connection at the head of the queue, which is gone now, and a signal: accept(2).
    case ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EPERM, EINTR:
      return .took
    // EMFILE, ENFILE, ENOBUFS, ENOMEM: the process or the machine is out of something.
    default:
      onExhausted?(
        LoopError(
          uv: descriptor,
          "\(address) accepts nothing for \(LoopLimits.acceptPauseMilliseconds) ms (raise `ulimit -n` if it recurs)"))
      return .exhausted
    }
  }

  /// Leaves the waiting connections in the kernel's queue for a moment; polling a ready socket would spin.
  private func rest(then next: @escaping (TCPListener) -> Void) {
    guard !isClosed else { return }
    uv_poll_stop(handle)
    pause = loop.timer(afterMilliseconds: LoopLimits.acceptPauseMilliseconds) { [weak self] in
      guard let self, !self.isClosed else { return }
      self.pause = nil
      next(self)
    }
  }

  private static func refusal(_ status: Int32, _ address: SocketAddress) -> LoopError {
    let advice =
      switch -status {
      case EADDRINUSE: "\(address) is in use: stop the process that has it, or choose another port (0 takes a free one)"
      case EACCES: "\(address) is not allowed: ports below 1024 need a privilege, choose a higher one"
      case EADDRNOTAVAIL: "\(address) is not an address of this machine: use 127.0.0.1, 0.0.0.0 or one of its own"
      case EMFILE, ENFILE: "no descriptor is left to listen on \(address): raise `ulimit -n`"
      default: "cannot listen on \(address)"
      }
    return LoopError(uv: status, advice)
  }
}
