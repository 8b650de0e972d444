// The links of one loop to other nodes: plain HTTP/1.1 over the loop's own sockets, TLS over libcurl.
public import EventLoop

/// Sends requests to other nodes over kept-alive connections. Confined to its loop's thread; one for each loop.
///
///     let links = LinkPool(loop: loop)
///     let exchange = links.send(request, to: target, receiver: reader)
///
/// Cost of a request on a connection that is there: one object, one write, one read; no timer is armed and no clock is
/// read, and the answer's bytes are not copied. Redirects are never followed, and nothing is sent twice but what
/// certainly did not leave this machine. A pool lives until ``close()``.
public final class LinkPool: @unchecked Sendable {
  public struct Statistics: Sendable, Equatable {
    public internal(set) var requests: UInt64 = 0
    /// Requests that went out on a connection that had carried another one.
    public internal(set) var reused: UInt64 = 0
    public internal(set) var connectionsOpened: UInt64 = 0
    public internal(set) var connectFailures: UInt64 = 0
  }

  public let loop: EventLoop
  public let limits: LinkLimits
  public internal(set) var statistics = Statistics()
  /// Where a request's head is put together.
  var out: [UInt8] = []
  private(set) var isClosed = false
  /// Kept for every target ever asked, with the addresses that its name led to: targets are the operator's, and few.
  private var routes: [LinkTarget: LinkRoute] = [:]
  private var timer: LoopTimer?
  /// When the timer fires, in the loop's time.
  private var wakesAt = UInt64.max

  let lookUp: @Sendable (String, UInt16) -> LinkLookup
  private let certificates: String?
  private var upstreams: UpstreamPool?
  var secure: [ObjectIdentifier: SecureLink] = [:]

  /// - parameter certificates: a file of PEM certificates that `https` targets are verified by **instead of** the
  ///   system's; nil trusts the system's.
  public convenience init(loop: EventLoop, limits: LinkLimits = LinkLimits(), certificates: String? = nil) {
    self.init(loop: loop, limits: limits, certificates: certificates) { LinkLookup.ofSystem($0, port: $1) }
  }

  /// - parameter lookUp: called on a thread that may block.
  init(
    loop: EventLoop, limits: LinkLimits, certificates: String?,
    lookUp: @escaping @Sendable (String, UInt16) -> LinkLookup
  ) {
    self.loop = loop
    self.limits = limits
    self.certificates = certificates
    self.lookUp = lookUp
    timer = loop.makeTimer { [weak self] in self?.sweep() }
  }

  /// Connections that are open to plain targets, those that carry a request included.
  public var openConnections: Int { routes.values.reduce(0) { $0 + $1.connections.count } }
  /// Of those, how many are unused.
  public var idleConnections: Int { routes.values.reduce(0) { $0 + $1.idleCount } }
  /// Requests that wait for a connection.
  public var waitingRequests: Int { routes.values.reduce(0) { $0 + $1.waiting } }
  /// Places that requests hold in queues, those that were cancelled there included.
  var queuedRequests: Int { routes.values.reduce(0) { $0 + $1.queued } }

  /// Sends a request. On the loop.
  ///
  /// Nothing is told to `receiver` before this returns. The receiver is held until its end was told or the exchange was
  /// cancelled; an exchange that nobody holds goes on.
  @discardableResult
  public func send(_ request: LinkRequest, to target: LinkTarget, receiver: any LinkReceiver) -> LinkExchange {
    let route = route(to: target)
    let exchange = LinkExchange(request, route: route, receiver: receiver)
    statistics.requests += 1
    if let problem = request.problem {
      later { exchange.end(.failure(problem)) }
    } else if isClosed {
      later { exchange.fail(.cancelled, "is not asked any more: the node stops") }
    } else if request.deadline <= loop.loopTime {
      later { exchange.fail(.timedOut, "was not asked: the deadline had passed") }
    } else {
      wake(at: request.deadline)
      if target.isSecure { sendSecurely(exchange) } else { route.take(exchange) }
    }
    return exchange
  }

  /// Ends every exchange with `cancelled` and closes every connection. Idempotent. Before the loop stops.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    timer?.cancel()
    timer = nil
    for route in routes.values { route.close() }
    for link in secure.values { link.fail(.cancelled, "is not asked any more: the node stops") }
    upstreams?.close()
  }

  private func route(to target: LinkTarget) -> LinkRoute {
    if let route = routes[target] { return route }
    let route = LinkRoute(target: target, pool: self)
    routes[target] = route
    return route
  }

  func later(_ body: @escaping () -> Void) {
    loop.execute { [box = Confined(body)] in box.value() }
  }

  // MARK: TLS

  private func sendSecurely(_ exchange: LinkExchange) {
    let pool: UpstreamPool
    if let upstreams {
      pool = upstreams
    } else {
      do {
        // Targets are the operator's: every address may be one.
        pool = try UpstreamPool(
          loop: loop, policy: AddressPolicy(allowed: ["0.0.0.0/0", "::/0"]), certificates: certificates)
      } catch {
        return later { exchange.fail(.tlsFailed, "cannot be asked: \(error.message)") }
      }
      upstreams = pool
    }
    let link = SecureLink(exchange, links: self, pool: pool)
    secure[ObjectIdentifier(link)] = link
    link.start()
  }

  // MARK: Time

  /// Makes sure that the pool looks at its deadlines no later than then.
  @inline(__always)
  func wake(at time: UInt64) {
    if time < wakesAt { arm(time) }
  }

  private func arm(_ time: UInt64) {
    wakesAt = time
    let now = loop.now
    timer?.arm(afterMilliseconds: time > now ? (time - now + 999_999) / 1_000_000 : 0)
  }

  private func sweep() {
    wakesAt = .max
    let now = loop.now
    var next = UInt64.max
    for route in routes.values { next = min(next, route.sweep(now: now)) }
    for link in secure.values {
      if link.deadline <= now {
        link.fail(.timedOut, "had not answered before the deadline")
      } else {
        next = min(next, link.deadline)
      }
    }
    if next != .max, !isClosed { wake(at: next) }
  }
}
