// The links of a topology between the processes of a live run, and which address is whose.

internal import EventLoop
internal import Placement

/// All relays of a run: one for each way that is used. Confined to the run's loop.
final class LiveNetwork {
  let relays: RelayNetwork
  private let topology: Topology
  /// Whether every way takes no time: to measure what everything else costs.
  private let isInstant: Bool
  private var links: [SitePair: RelayNetwork.Link] = [:]
  /// Links beside those of the topology that are cut with them: of a replica to its store.
  private var companions: [SitePair: [RelayNetwork.Link]] = [:]
  /// Relays by the site whose node they lead to.
  private var toNodes: [Int: [RelayNetwork.Relay]] = [:]

  init(_ topology: Topology, seed: UInt64, isInstant: Bool) throws(SimulationError) {
    self.topology = topology
    self.isInstant = isInstant
    do throws(LoopError) { relays = try RelayNetwork(seed: seed) } catch {
      throw SimulationError(.network, "no relays can be had: \(error.message)")
    }
  }

  func stop() { relays.stop() }

  // MARK: Ways

  /// Where something at one site is reached from another; where both are one, there is nothing between.
  func way(
    from: Int, to: Int, _ target: SocketAddress, isNode: Bool = false
  ) async throws(SimulationError) -> SocketAddress {
    guard from != to else { return target }
    let pair = SitePair(from, to)
    let link: RelayNetwork.Link
    if let known = links[pair] {
      link = known
    } else {
      let shape = shape(topology.path(from: pair.low, to: pair.high))
      link = await relays.makeLink(forward: shape, backward: shape)
      links[pair] = link
    }
    return try await relay(over: link, from == pair.low ? .forward : .backward, target, node: isNode ? to : nil)
  }

  private func shape(_ path: Path) -> LinkShape { LinkShape(isInstant ? .here : path) }

  /// Where the clients of a population reach the node of a site.
  func access(population: Int, site: Int, _ target: SocketAddress) async throws(SimulationError) -> SocketAddress {
    let shape = shape(topology.path(fromPopulation: population, to: site))
    return try await relay(over: await relays.makeLink(forward: shape, backward: shape), .forward, target, node: site)
  }

  /// Where a replica reaches the store that it follows. What the store tells it is late by the lag; a lag that the way's
  /// own delay exceeds is that delay.
  func replication(
    from replica: Int, to store: Int, lagMilliseconds: Double, _ target: SocketAddress
  ) async throws(SimulationError) -> SocketAddress {
    let path = topology.path(from: replica, to: store)
    let link = await relays.makeLink(
      forward: LinkShape(oneWayMilliseconds: path.milliseconds),
      backward: LinkShape(oneWayMilliseconds: max(lagMilliseconds, path.milliseconds)))
    if replica != store { companions[SitePair(replica, store), default: []].append(link) }
    return try await relay(over: link, .forward, target, node: nil)
  }

  private func relay(
    over link: RelayNetwork.Link, _ direction: RelayNetwork.Direction, _ target: SocketAddress, node: Int?
  ) async throws(SimulationError) -> SocketAddress {
    do throws(LoopError) {
      let relay = try await relays.listen(over: link, direction, to: target)
      if let node { toNodes[node, default: []].append(relay) }
      return relay.address
    } catch {
      throw SimulationError(.network, "no relay can be had: \(error.message)")
    }
  }

  // MARK: Faults

  /// Nobody listens at the site any more.
  func refuse(node site: Int) async { for relay in toNodes[site] ?? [] { await relays.refuse(relay) } }

  func accept(node site: Int) async throws(SimulationError) {
    do throws(LoopError) { for relay in toNodes[site] ?? [] { try await relays.accept(relay) } } catch {
      throw SimulationError(.network, "a site that starts again cannot be reached: \(error.message)")
    }
  }

  func setCut(_ pair: SitePair, _ isCut: Bool) async {
    for link in [links[pair]].compactMap({ $0 }) + (companions[pair] ?? []) {
      if isCut { await relays.cut(link) } else { await relays.heal(link) }
    }
  }
}

extension LinkShape {
  /// One way of a topology.
  init(_ path: Path) {
    self.init(
      oneWayMilliseconds: path.milliseconds, jitterMilliseconds: path.jitterMilliseconds, loss: path.loss,
      bitsPerSecond: path.megabitsPerSecond * 1e6)
  }
}
