// The server of one loop: listeners, connections, the sweep of deadlines, the drain.

public import EventLoop

/// Serves HTTP/1.1 on one loop. Confined to that loop; a node has one for each of its loops.
///
/// Cost per request beside the parsing: one task, one write; no timer is armed and no clock is read.
public final class HTTPServer: @unchecked Sendable {
  private let loop: EventLoop
  private let hosts: HostPolicy
  private let core: HTTPCore
  private var listeners: [TCPListener] = []
  private var sweeper: LoopTimer?
  private var sweptAt: UInt64 = 0

  /// - parameter refusalField: one more line for what the server refuses itself, by status, before the service has
  ///   heard of the request: for clients that must know that it was not begun.
  public init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), hosts: HostPolicy, service: any HTTPService,
    refusalField: ((_ status: Int) -> HTTPHeader?)? = nil
  ) {
    self.loop = loop
    self.hosts = hosts
    var judge: ((RequestHead, SocketAddress) -> HTTPRefusal?)?
    if service.judgesHeads { judge = { service.refusal(of: HTTPHeadView($0, peer: $1)) } }
    core = HTTPCore(
      limits: limits, isConfined: { loop.isOnLoop }, later: { loop.execute($0) }, judge: judge,
      refusalField: refusalField
    ) { exchange in
      let task = loop.spawn {
        await service.answer(exchange)
        exchange.answerReturned()
      }
      exchange.attach(task)
    }
  }

  /// Connections that are open, those being refused or closed included.
  public var openConnections: Int { core.connections.count }
  /// Requests whose answer or whose task is not complete.
  public var liveExchanges: Int { core.liveExchanges }
  public var isDraining: Bool { core.isDraining }
  public var counters: HTTPCounters { core.counters }
  /// Addresses that are listened on.
  public var addresses: [SocketAddress] { listeners.map(\.address) }

  /// Listens on one more address and returns it, port 0 resolved. On the loop.
  ///
  /// - throws: ``HTTPServerError`` when the address is taken or not ours; its message says what to change.
  @discardableResult
  public func listen(
    on address: SocketAddress, sharing: TCPListener.Sharing = .exclusive
  ) throws(HTTPServerError) -> SocketAddress {
    // The rules need the port, which port 0 gets only by listening; nothing is accepted before this turn ends.
    let rules = RulesBox()
    let listener: TCPListener
    do {
      listener = try TCPListener(loop: loop, address: address, sharing: sharing) { [weak self] connection in
        guard let self, let rules = rules.rules else { return connection.close() }
        self.accept(connection, rules)
      }
    } catch {
      throw HTTPServerError(.cannotListen, error.message, cause: error)
    }
    let bound = listener.address
    let host = bound.family == .ipv6 ? "[\(bound.host)]" : bound.host
    rules.rules = HostRules(hosts, listening: Authority(host: host, port: bound.port))
    listeners.append(listener)
    core.isListening = true
    return bound
  }

  /// Ends gracefully: accepts what waits in the accept queues, closes the listeners, answers every request that has
  /// come with `Connection: close`, and calls `done` when no connection and no exchange is left. On the loop.
  ///
  /// A connection that has sent nothing since it was accepted, or since its last answer, is kept for
  /// ``HTTPLimits/drainQuietMilliseconds``: its request may be on the way. After
  /// ``HTTPLimits/drainTimeoutMilliseconds`` what is still open is cut off.
  public func drain(_ done: @escaping () -> Void) {
    if !core.isDraining {
      var open = listeners.count
      core.isListening = open > 0
      for listener in listeners {
        listener.drain { [weak self, core] in
          self?.listeners.removeAll { $0 === listener }
          open -= 1
          if open == 0 { core.isListening = false }
        }
      }
    }
    core.drain { [weak self] in
      self?.stopSweeping()
      done()
    }
  }

  /// Closes the listeners and cuts every connection off. On the loop.
  public func close() {
    for listener in listeners { listener.close() }
    listeners = []
    core.isListening = false
    core.abortAll()
    stopSweeping()
  }

  private func accept(_ connection: TCPConnection, _ rules: HostRules) {
    startSweeping()
    guard let machine = core.open(connection, peer: connection.peer, rules: rules) else { return }
    connection.onBytes = { machine.receive($0) }
    connection.onEnd = { machine.ended($0) }
    connection.onDrained = { machine.drained() }
  }

  // MARK: Time

  /// Sweeps as long as there are connections: a server without any does not wake its loop.
  private func startSweeping() {
    guard sweeper == nil else { return }
    sweptAt = loop.now
    sweeper = loop.timer(afterMilliseconds: core.tick, repeatMilliseconds: core.tick) { [weak self] in self?.sweep() }
  }

  private func sweep() {
    let now = loop.now
    core.sweep(elapsedMilliseconds: (now - sweptAt) / 1_000_000)
    sweptAt = now
    if core.connections.isEmpty, !core.isDraining { stopSweeping() }
  }

  private func stopSweeping() {
    sweeper?.cancel()
    sweeper = nil
  }
}

/// Rules that a listener's callback reads and that exist only once it listens.
private final class RulesBox {
  var rules: HostRules?
}
