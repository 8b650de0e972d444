// The connections to one target, the requests that wait for them, and where its name leads.
internal import EventLoop

/// One target of a pool. Confined to its loop.
///
/// Connections are used last in, first out: the one whose memory is still in the cache, and the rest grow idle and end.
final class LinkRoute {
  /// A connection that is not there yet.
  private final class Attempt {
    var socket: TCPConnection?
    let deadline: UInt64
    var tried = 1
    init(deadline: UInt64) { self.deadline = deadline }
  }

  let target: LinkTarget
  let pool: LinkPool
  let hostLine: [UInt8]
  private(set) var connections: [LinkConnection] = []
  private var idle: [LinkConnection] = []
  private var attempts: [Attempt] = []
  /// What has left it is nil; what was cancelled in it has no body any more.
  private var queue: [LinkExchange?] = []
  private var queueStart = 0
  /// Those in the queue that were not cancelled.
  private(set) var waiting = 0

  private var addresses: [SocketAddress] = []
  /// Which of them is tried first: the one that answered last.
  private var preferred = 0
  private var lookedUpAt: UInt64 = 0
  private var isLookingUp = false

  init(target: LinkTarget, pool: LinkPool) {
    self.target = target
    self.pool = pool
    hostLine = target.hostLine
    if let address = target.address { addresses = [address] }
  }

  var idleCount: Int { idle.count }

  // MARK: Requests

  func take(_ exchange: LinkExchange) {
    if waiting == 0 {
      while let connection = idle.popLast() {
        if connection.carry(exchange) {
          pool.statistics.reused += 1
          return
        }
      }
    }
    guard waiting < pool.limits.waitingPerTarget else {
      return pool.later { exchange.fail(.busy, "has \(self.waiting) requests waiting for it already: try again") }
    }
    queue.append(exchange)
    waiting += 1
    open()
  }

  /// A connection is free.
  func gaveBack(_ connection: LinkConnection) {
    while let exchange = nextWaiting() {
      if connection.carry(exchange) {
        pool.statistics.reused += 1
        return
      }
      putBack(exchange)
      return open()
    }
    connection.idleSince = pool.loop.loopTime
    idle.append(connection)
    pool.wake(at: connection.idleSince &+ pool.limits.idleMilliseconds &* 1_000_000)
  }

  func lost(_ connection: LinkConnection) {
    guard connection.slot >= 0 else { return }
    let last = connections.removeLast()
    if last !== connection {
      connections[connection.slot] = last
      last.slot = connection.slot
    }
    connection.slot = -1
    if let place = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: place) }
    open()
  }

  /// Places in the queue that are held, by those that were cancelled too.
  var queued: Int { queue.count - queueStart }

  /// An exchange that waits was cancelled; it leaves the queue when its turn comes, or with many others.
  func abandoned() {
    waiting -= 1
    compact()
  }

  /// Keeps the queue from growing by those that have left it: a target that answers nobody gives nobody a turn.
  private func compact() {
    if waiting == 0 { (queue, queueStart) = ([], 0) }
    guard queued > 2 * waiting + 64 else { return }
    queue = queue[queueStart...].filter { $0?.isWaiting == true }
    queueStart = 0
  }

  private func nextWaiting() -> LinkExchange? {
    while queueStart < queue.count {
      let exchange = queue[queueStart]
      queue[queueStart] = nil
      queueStart += 1
      if queueStart == queue.count || queueStart > 64 && queueStart * 2 > queue.count {
        queue.removeFirst(queueStart)
        queueStart = 0
      }
      if let exchange, exchange.isWaiting {
        waiting -= 1
        return exchange
      }
    }
    return nil
  }

  private func putBack(_ exchange: LinkExchange) {
    if queueStart > 0 {
      queueStart -= 1
      queue[queueStart] = exchange
    } else {
      queue.insert(exchange, at: 0)
    }
    waiting += 1
  }

  // MARK: Connections

  /// Opens connections for those that wait, as far as the ceiling allows.
  private func open() {
    guard waiting > 0, !pool.isClosed else { return }
    if target.address == nil { lookUpIfNeeded() }
    guard !addresses.isEmpty else { return }
    while attempts.count < waiting, connections.count + attempts.count < pool.limits.connectionsPerTarget {
      let attempt = Attempt(deadline: pool.loop.loopTime &+ pool.limits.connectMilliseconds &* 1_000_000)
      attempts.append(attempt)
      pool.wake(at: attempt.deadline)
      connect(attempt, to: addresses[preferred % addresses.count])
    }
  }

  private func connect(_ attempt: Attempt, to address: SocketAddress) {
    attempt.socket = TCPConnection.connect(to: address, on: pool.loop) { [self] result in
      attempt.socket = nil
      guard attempts.contains(where: { $0 === attempt }) else {
        if case .success(let socket) = result { socket.close() }
        return
      }
      switch result {
      case .success(let socket):
        attempts.removeAll { $0 === attempt }
        connected(socket)
      case .failure(let error):
        pool.statistics.connectFailures += 1
        guard attempt.tried < addresses.count, !pool.isClosed else { return failed(attempt, "\(error.code)") }
        attempt.tried += 1
        preferred = (preferred + 1) % addresses.count
        connect(attempt, to: addresses[preferred])
      }
    }
  }

  private func connected(_ socket: TCPConnection) {
    pool.statistics.connectionsOpened += 1
    let connection = LinkConnection(socket, route: self)
    connection.slot = connections.count
    connections.append(connection)
    guard let exchange = nextWaiting() else { return gaveBack(connection) }
    if !connection.carry(exchange) { exchange.fail(.reset, "broke the connection before anything was sent") }
    open()
  }

  /// No connection came of it: that is the answer to the one that has waited longest, since it was made for one.
  private func failed(_ attempt: Attempt, _ why: String) {
    attempts.removeAll { $0 === attempt }
    attempt.socket?.close()
    let exchange = nextWaiting()
    open()
    exchange?.fail(.connectFailed, "could not be connected to (\(why)): see whether it runs there")
  }

  // MARK: Names

  private func lookUpIfNeeded() {
    let isOld = pool.loop.loopTime &- lookedUpAt > pool.limits.nameMilliseconds &* 1_000_000
    guard addresses.isEmpty || isOld, !isLookingUp else { return }
    isLookingUp = true
    let (host, port) = (target.host, target.port)
    let loop = pool.loop
    let lookUp = pool.lookUp
    let box = Confined(self)
    loop.spawn {
      let found = try? await loop.work { lookUp(host, port) }
      box.value.lookedUp(found ?? .failure("the loop has stopped"))
    }
  }

  private func lookedUp(_ found: LinkLookup) {
    isLookingUp = false
    guard !pool.isClosed else { return }
    lookedUpAt = pool.loop.loopTime
    switch found {
    case .addresses(let new):
      if new != addresses { (addresses, preferred) = (new, 0) }
    case .failure(let why):
      // The old addresses are better than none.
      guard addresses.isEmpty else { break }
      while let exchange = nextWaiting() {
        exchange.fail(.connectFailed, "has a name that leads nowhere (\(why)): see whether it is right")
      }
    }
    open()
  }

  // MARK: Time and end

  /// Ends what is late. Returns when something is late next.
  func sweep(now: UInt64) -> UInt64 {
    var next = UInt64.max
    var late: [LinkExchange] = []
    for case let exchange? in queue where exchange.isWaiting {
      if exchange.request.deadline <= now { late.append(exchange) } else { next = min(next, exchange.request.deadline) }
    }
    for exchange in late {
      exchange.expire()
      waiting -= 1
    }
    compact()
    var overdue: [LinkConnection] = []
    for connection in connections {
      guard let deadline = connection.exchange?.request.deadline else { continue }
      if deadline <= now { overdue.append(connection) } else { next = min(next, deadline) }
    }
    let idleNanoseconds = pool.limits.idleMilliseconds &* 1_000_000
    // The ones that were given back first stand in front.
    while let oldest = idle.first, oldest.idleSince &+ idleNanoseconds <= now { oldest.close() }
    if let oldest = idle.first { next = min(next, oldest.idleSince &+ idleNanoseconds) }
    let slow = attempts.filter { $0.deadline <= now }
    for attempt in attempts where attempt.deadline > now { next = min(next, attempt.deadline) }
    // From here on receivers are called, who may send and cancel.
    for exchange in late { exchange.fail(.timedOut, "had no free connection before the deadline") }
    for connection in overdue where connection.exchange.map({ $0.request.deadline <= now }) == true {
      connection.fail(.timedOut, "had not answered before the deadline")
    }
    for attempt in slow where attempts.contains(where: { $0 === attempt }) {
      failed(attempt, "nobody answered for \(pool.limits.connectMilliseconds) ms")
    }
    return next
  }

  func close() {
    let attempts = attempts
    self.attempts = []
    for attempt in attempts { attempt.socket?.close() }
    while let exchange = nextWaiting() { exchange.fail(.cancelled, "is not asked any more: the node stops") }
    for connection in connections { connection.fail(.cancelled, "is not asked any more: the node stops") }
  }
}
