// Where a node hands a guest's request in: one client a loop.
public import EventLoop

/// Sends guests' requests to the upstreams that they were granted. Confined to its loop's thread.
///
///     let pool = try UpstreamPool(loop: loop, policy: .publicOnly)
///     let client = UpstreamClient(loop: loop, pool: pool, health: health)
///     let exchange = client.start(request, of: grants, deadline: end, budget: budget, receiver: reader)
public final class UpstreamClient: @unchecked Sendable {
  public let loop: EventLoop
  public let pool: UpstreamPool
  public let health: UpstreamHealth

  /// - parameters:
  ///   - pool: of this loop.
  ///   - health: one for all loops of the node.
  public init(loop: EventLoop, pool: UpstreamPool, health: UpstreamHealth) {
    precondition(pool.loop === loop, "a pool belongs to one loop: make one for each")
    self.loop = loop
    self.pool = pool
    self.health = health
  }

  /// Sends a request, with its retries and redirects. On the loop.
  ///
  /// Nothing is told to `receiver` before this returns, not even that the request was denied. The receiver is held
  /// until its end was told or the exchange was cancelled. An exchange that nobody holds goes on.
  ///
  /// - parameters:
  ///   - grants: of the worker that asks.
  ///   - deadline: the end of the call, as `loop.now` tells it, in nanoseconds.
  ///   - budget: what the responses of this call may still bring in; shared by the call's exchanges.
  /// - returns: what `resume()`s, cancels, and knows whether anything was sent.
  @discardableResult
  public func start(
    _ request: UpstreamRequest, of grants: UpstreamGrants, deadline: UInt64, budget: ByteBudget,
    receiver: any UpstreamReceiver
  ) -> UpstreamExchange {
    let exchange = UpstreamExchange(
      client: self, grants: grants, deadline: deadline, budget: budget, receiver: receiver)
    loop.execute { [box = Confined(request)] in exchange.begin(box.value) }
    return exchange
  }
}
