// What the connections of one server on one loop share: limits, clock, buffers, counts. It knows no socket.

import EventLoop

/// Counts since the server began. Read by metrics.
public struct HTTPCounters: Sendable, Equatable {
  public var connections = 0
  /// Connections past ``HTTPLimits/connections``.
  public var refusedConnections = 0
  /// Requests that were complete and well-formed.
  public var requests = 0
  /// Requests refused before a service answered them, by status.
  public var refusals: [Int: Int] = [:]
  /// Calls whose client left before the answer was complete.
  public var disconnects = 0
  /// Connections cut off because their client did not read, or not fast enough.
  public var stalls = 0
  /// Connections cut off because all of them together had more than ``HTTPLimits/unsentBytesTotal`` unsent.
  public var unsentAborts = 0
}

/// The shared state of one loop's connections. Confined to its loop.
final class HTTPCore: @unchecked Sendable {
  let limits: HTTPLimits
  let tick: UInt64
  let writer = ResponseWriter()
  /// Starts the service on an exchange.
  let run: (HTTPExchange) -> Void
  /// Asks the service about a head; nil where it does not look at heads.
  let judge: ((RequestHead, SocketAddress) -> HTTPRefusal?)?
  /// One more line for what is refused before the service has heard of it.
  let refusalField: ((_ status: Int) -> HTTPHeader?)?
  /// For assertions only.
  let isConfined: () -> Bool
  /// Runs something in a later turn of the loop.
  let later: (@escaping @Sendable () -> Void) -> Void

  private(set) var date = DateHeader()
  /// Milliseconds in which the loop was really turning: it advances by at most two ticks a sweep, so that a blocked
  /// loop or a stopped process does not make its clients late.
  private(set) var clock: UInt64 = 0
  private(set) var connections: [HTTPConnection] = []
  private(set) var liveExchanges = 0
  private(set) var isDraining = false
  /// Bytes of all request bodies in memory.
  private(set) var heldBytes = 0
  /// Bytes of all answers that the kernel has not taken, as each connection knew them at its last write or sweep.
  private(set) var unsentBytes = 0
  var counters = HTTPCounters()
  var refusedOpen = 0
  private var drainDeadline: UInt64 = .max
  private var onDrained: (() -> Void)?
  /// Whether something besides connections must end before a drain is done: the listeners.
  var isListening = false { didSet { checkDrained() } }

  /// The connection whose answers are collected in ``out`` until its input is used up.
  private(set) var corked: HTTPConnection?
  var out: [UInt8] = []
  /// Where an answer is put together while another connection is corked.
  var loose: [UInt8] = []

  init(
    limits: HTTPLimits, isConfined: @escaping () -> Bool = { true },
    later: @escaping (@escaping @Sendable () -> Void) -> Void,
    judge: ((RequestHead, SocketAddress) -> HTTPRefusal?)? = nil,
    refusalField: ((_ status: Int) -> HTTPHeader?)? = nil, run: @escaping (HTTPExchange) -> Void
  ) {
    self.limits = limits
    self.run = run
    self.judge = judge
    self.refusalField = refusalField
    self.isConfined = isConfined
    self.later = later
    tick = limits.tickMilliseconds
    date.update()
  }

  /// When something that starts now is late: never early, because the clock may lag by one tick.
  @inline(__always)
  func deadline(after milliseconds: UInt64) -> UInt64 {
    let (sum, overflow) = clock.addingReportingOverflow(milliseconds.addingReportingOverflow(tick).partialValue)
    return overflow || milliseconds > UInt64.max - tick ? .max : sum
  }

  // MARK: Connections

  /// Takes a new connection in. Past the ceiling it is told 503 and closed; nil where not even that.
  func open(_ transport: any HTTPTransport, peer: SocketAddress, rules: HostRules) -> HTTPConnection? {
    let isRefused = connections.count - refusedOpen >= limits.connections
    if isRefused {
      counters.refusedConnections += 1
      guard refusedOpen < limits.refusedConnections else {
        transport.close()
        return nil
      }
    }
    if connections.isEmpty { date.update() }
    counters.connections += 1
    let connection = HTTPConnection(core: self, transport: transport, peer: peer, rules: rules)
    connection.slot = connections.count
    connections.append(connection)
    if isRefused {
      refusedOpen += 1
      connection.refuse(.tooManyConnections)
    } else {
      connection.begin()
    }
    return connection
  }

  func remove(_ connection: HTTPConnection) {
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.slot] = last
      last.slot = connection.slot
    }
    if connection.isRefused { refusedOpen -= 1 }
    checkDrained()
  }

  // MARK: Exchanges

  func begin(_ exchange: HTTPExchange) {
    liveExchanges += 1
    run(exchange)
  }

  func exchangeEnded() {
    liveExchanges -= 1
    checkDrained()
  }

  /// Request bodies that arrive, wait or are being answered take that many bytes more.
  func held(_ bytes: Int) { heldBytes += bytes }

  /// A connection has that many bytes more unsent; where that is too much for all together, the worst is cut off.
  func unsent(_ bytes: Int) {
    unsentBytes += bytes
    if bytes > 0, unsentBytes > limits.unsentBytesTotal { relieve() }
  }

  /// Cuts off the connections with the most unsent bytes until the rest is within the limit: one client that asks for
  /// large answers and reads none must not cost the others theirs.
  private func relieve() {
    // The kernel may have taken a lot since they were counted.
    for connection in connections { connection.recountUnsent() }
    while unsentBytes > limits.unsentBytesTotal,
      let worst = connections.max(by: { $0.countedUnsent < $1.countedUnsent }), worst.countedUnsent > 0
    {
      counters.unsentAborts += 1
      worst.abort()
    }
  }

  func unsentCorrected(by bytes: Int) { unsentBytes += bytes }

  func count(_ status: Int) {
    counters.refusals[status, default: 0] += 1
  }

  // MARK: Output

  /// Collects a connection's answers; false where another one's are being collected.
  func cork(_ connection: HTTPConnection) -> Bool {
    guard corked == nil else { return false }
    corked = connection
    return true
  }

  func uncork() {
    corked = nil
    // One large answer must not keep its buffer for ever.
    if out.capacity > 256 * 1024 { out = [] }
    if loose.capacity > 256 * 1024 { loose = [] }
  }

  // MARK: Time and end

  /// Advances the clock by what passed since the last sweep and lets every connection look at its deadlines.
  func sweep(elapsedMilliseconds: UInt64) {
    clock += min(elapsedMilliseconds, 2 * tick)
    date.update()
    // Backwards: a connection that ends moves the last one, which was looked at already, into its place.
    var index = connections.count - 1
    while index >= 0 {
      if index < connections.count { connections[index].checkDeadlines() }
      index -= 1
    }
    if clock >= drainDeadline { abortAll() }
  }

  /// Lets what is under way end, and calls `done` once nothing is left.
  func drain(_ done: @escaping () -> Void) {
    let first = !isDraining
    isDraining = true
    let earlier = onDrained
    onDrained = {
      earlier?()
      done()
    }
    if first {
      drainDeadline = deadline(after: limits.drainTimeoutMilliseconds)
      for connection in connections { connection.drainBegan() }
    }
    checkDrained()
  }

  /// Cuts every connection off.
  func abortAll() {
    for connection in connections { connection.abort() }
  }

  private func checkDrained() {
    guard isDraining, connections.isEmpty, liveExchanges == 0, !isListening, let done = onDrained else { return }
    onDrained = nil
    done()
  }
}
