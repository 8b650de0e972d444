// The network of a live run: links between places, made of TCP relays on loopback that share one loop and one timer.

public import EventLoop

/// Links with delay, jitter, loss and bandwidth (``LinkModel``), each crossed by any number of relays. A relay listens on
/// a loopback port of its own and passes the bytes of each connection on to its target, and back, when the model says.
///
/// One thread, which is this network's own, does all relaying. What it adds by itself is the time in which that thread
/// gets to run: under 0.1 ms there and back at the median on a quiet machine of two cores. All members may be called from any thread but
/// after ``stop()``.
public final class RelayNetwork: @unchecked Sendable {
  /// Names a link of one network.
  public struct Link: Sendable, Hashable {
    fileprivate let index: Int
  }

  /// Which way over the link a relay's connections are made.
  public enum Direction: Sendable {
    case forward, backward

    var opposite: Direction { self == .forward ? .backward : .forward }
  }

  let loop: EventLoop
  // Confined to the loop from here on.
  private var links: [RelayLink] = []
  private var listeners: [TCPListener] = []
  private var timer: PreciseTimer?
  private var due = DueQueue<RelayStream>()
  var generator: SplitMix64
  /// Streams whose sender waits until less is under way over all links.
  private var crowded: [RelayStream] = []
  private(set) var relayedBytes = 0
  private var isTurning = false

  /// - throws: ``LoopError`` when no descriptor is left for its loop.
  public init(seed: UInt64) throws(LoopError) {
    generator = SplitMix64(seed: seed)
    loop = try EventLoop()
    timer = try PreciseTimer(loop: loop) { self.turn() }
    loop.start(name: "relays")
  }

  /// Closes every relay and every connection through one, and waits for the thread to end. Once, and always: until then
  /// the thread keeps the network.
  public func stop() {
    loop.stop()
    loop.join()
    timer = nil
  }

  // MARK: Making

  /// A link between two places that nothing crosses yet.
  public func makeLink(forward: LinkShape, backward: LinkShape) async -> Link {
    await onLoop { network in
      network.links.append(RelayLink(LinkModel(forward), LinkModel(backward)))
      return Link(index: network.links.count - 1)
    }
  }

  /// Listens on a free loopback port: who connects to it reaches `target` over the link.
  ///
  /// The relay accepts at once, before anything has crossed the link: a caller's `connect` costs no time, and its first
  /// bytes wait for the round trip instead. A target that refuses the connection is a reset, a round trip later.
  ///
  /// - throws: ``LoopError`` when no port or descriptor is left.
  public func listen(
    over link: Link, _ direction: Direction = .forward, to target: SocketAddress
  ) async throws(LoopError) -> SocketAddress {
    let listening: Result<SocketAddress, LoopError> = await onLoop { network in
      do throws(LoopError) {
        let state = network.links[link.index]
        let listener = try TCPListener(loop: network.loop, address: .loopback(port: 0)) { connection in
          guard network.links.reduce(0, { $0 + $1.connections.count }) < LiveLimits.relayedConnections else {
            return connection.reset()
          }
          RelayedConnection(connection, over: state, direction, to: target, in: network).begin()
        }
        network.listeners.append(listener)
        return .success(listener.address)
      } catch {
        return .failure(error)
      }
    }
    return try listening.get()
  }

  // MARK: Changing

  /// Stops every byte on the link; connections stay, as do those that are made meanwhile, and wait.
  ///
  /// - parameter resetting: ends the connections over the link instead, as a network does that loses its state.
  public func cut(_ link: Link, resetting: Bool = false) async {
    await onLoop { network in
      let state = network.links[link.index]
      state.isCut = true
      guard resetting else { return }
      for connection in Array(state.connections.values) { connection.abort() }
    }
  }

  /// Lets bytes pass again: what waited, and what was under way as the link was cut, is sent now.
  public func heal(_ link: Link) async {
    await onLoop { network in
      let state = network.links[link.index]
      guard state.isCut else { return }
      state.isCut = false
      // In the order in which they were made, so that the generator's numbers go to the same ones.
      for connection in state.connections.values.sorted(by: { $0.number < $1.number }) { connection.healed() }
      network.turn()
    }
  }

  /// Multiplies the link's delay, both ways, for what is sent from now on; 1 is the link's own.
  public func slow(_ link: Link, by factor: Double) async {
    precondition(factor > 0, "a link's delay is multiplied by something above 0")
    await onLoop { network in
      network.links[link.index].forward.delayFactor = factor
      network.links[link.index].backward.delayFactor = factor
    }
  }

  public func traffic(_ link: Link) async -> RelayTraffic { await onLoop { $0.links[link.index].traffic } }

  // MARK: Time

  /// The stream's first piece arrives then.
  func wake(_ stream: RelayStream, at time: UInt64) {
    due.insert(stream, at: time)
    if !isTurning { rearm() }
  }

  /// Delivers what has arrived. Nothing that it calls may come back here.
  private func turn() {
    isTurning = true
    let now = loop.now
    while let stream = due.popDue(at: now) { stream.isDue(at: now) }
    isTurning = false
    rearm()
  }

  private func rearm() {
    if let next = due.nextTime { timer?.arm(at: next) } else { timer?.disarm() }
  }

  // MARK: Bounds

  var isCrowded: Bool { relayedBytes > LiveLimits.relayedBytes }

  func wait(_ stream: RelayStream) { crowded.append(stream) }

  func took(_ bytes: Int) { relayedBytes += bytes }

  func gave(_ bytes: Int) {
    relayedBytes -= bytes
    guard !crowded.isEmpty, relayedBytes < LiveLimits.relayedBytes / 2 else { return }
    let waiting = crowded
    crowded = []
    for stream in waiting { stream.resumeIfRoom() }
  }

  private func onLoop<T: Sendable>(_ body: @escaping @Sendable (RelayNetwork) -> T) async -> T {
    if loop.isOnLoop { return body(self) }
    return await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: body(self)) }
    }
  }
}

/// What crossed a link, both ways.
public struct RelayTraffic: Sendable, Equatable {
  public var connections = 0
  public var openConnections = 0
  public var forwardBytes = 0
  public var backwardBytes = 0
  /// Pieces of which something was lost and sent again.
  public var lostPieces: UInt64 = 0
}

/// The two directions of a link, and the connections over it. Confined to the network's loop.
final class RelayLink {
  var forward: LinkModel
  var backward: LinkModel
  var isCut = false
  var connections: [ObjectIdentifier: RelayedConnection] = [:]
  var accepted = 0
  var forwardBytes = 0
  var backwardBytes = 0

  init(_ forward: LinkModel, _ backward: LinkModel) {
    self.forward = forward
    self.backward = backward
  }

  var traffic: RelayTraffic {
    RelayTraffic(
      connections: accepted, openConnections: connections.count, forwardBytes: forwardBytes,
      backwardBytes: backwardBytes, lostPieces: forward.lostPieces + backward.lostPieces)
  }

  /// When a piece that is sent now that way arrives, and what that way has carried.
  func send(
    _ bytes: Int, _ direction: RelayNetwork.Direction, at now: UInt64, behind previous: UInt64,
    using generator: inout SplitMix64
  ) -> UInt64 {
    switch direction {
    case .forward: forward.arrival(of: bytes, at: now, behind: previous, using: &generator)
    case .backward: backward.arrival(of: bytes, at: now, behind: previous, using: &generator)
    }
  }
}
