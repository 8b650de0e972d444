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

  /// Names a relay of one network.
  public struct Relay: Sendable, Hashable {
    fileprivate let index: Int
    public let address: SocketAddress
  }

  /// Which way over the link a relay's connections are made.
  public enum Direction: Sendable {
    case forward, backward

    var opposite: Direction { self == .forward ? .backward : .forward }
  }

  let loop: EventLoop
  // Confined to the loop from here on.
  private var links: [RelayLink] = []
  private var gates: [RelayGate] = []
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
  /// bytes wait for the round trip instead. A target that refuses the connection is a reset, a round trip later, which its
  /// caller cannot tell from one that broke off: see ``refuse(_:)``.
  ///
  /// - throws: ``LoopError`` when no port or descriptor is left.
  public func listen(
    over link: Link, _ direction: Direction = .forward, to target: SocketAddress
  ) async throws(LoopError) -> Relay {
    let listening: Result<Relay, LoopError> = await onLoop { network in
      let gate = RelayGate(over: network.links[link.index], direction, to: target, in: network)
      do throws(LoopError) { try gate.open() } catch { return .failure(error) }
      network.gates.append(gate)
      network.links[link.index].gates.append(gate)
      return .success(Relay(index: network.gates.count - 1, address: gate.address))
    }
    return try listening.get()
  }

  /// Refuses new connections, at once, as a machine does on which nothing listens any more: their callers know that
  /// nothing was begun. For a target that was killed; its open connections end by themselves.
  public func refuse(_ relay: Relay) async { await onLoop { $0.gates[relay.index].close() } }

  /// Takes connections again, at the same address. Idempotent.
  ///
  /// - throws: ``LoopError`` when somebody else has taken the port meanwhile.
  public func accept(_ relay: Relay) async throws(LoopError) {
    let opened: Result<Void, LoopError> = await onLoop { network in
      do throws(LoopError) { return .success(try network.gates[relay.index].open()) } catch { return .failure(error) }
    }
    try opened.get()
  }

  // MARK: Changing

  /// Stops every byte on the link. Connections stay and wait; new ones wait to be made, as if their first packet was lost.
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

  var isFull: Bool { links.reduce(0) { $0 + $1.connections.count } >= LiveLimits.relayedConnections }

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
