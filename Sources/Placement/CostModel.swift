// What a call costs its caller in time, by the site where it runs.
internal import Manifests

/// Expected milliseconds of calls in one topology. Queueing is not in it: that is the simulator's.
public struct CostModel: Sendable {
  public let topology: Topology

  public init(_ topology: Topology) { self.topology = topology }

  /// The parts of one figure, in milliseconds.
  public struct Cost: Sendable, Equatable {
    /// To the site and back, bytes included.
    public var network = 0.0
    /// Nodes on the way.
    public var forwarding = 0.0
    public var service = 0.0
    public var state = 0.0
    public var dependencies = 0.0

    public var total: Double { network + forwarding + service + state + dependencies }
  }

  /// What happens at the site itself, whoever asks: computing, and waiting for state and dependencies.
  ///
  /// Operations on the store follow each other. A session is loaded before the call and written behind it. Nil where the
  /// tool needs a store and the topology has none for it.
  public func atSite(_ tool: ToolProfile, _ site: Int) -> Cost? {
    var cost = Cost()
    cost.service = tool.service(atSpeed: topology.sites[site].speed)
    for dependency in tool.dependencies {
      guard let place = topology.dependency(named: dependency.name) else { continue }
      let other = topology.dependencies[place]
      let path = topology.path(from: site, to: other.site)
      let exchange = path.exchange(out: PlacementAssumptions.operationBytes, back: dependency.answerBytes.value)
      cost.dependencies += dependency.calls.value * (exchange + other.serviceMilliseconds)
    }
    guard tool.keepsState else { return cost }
    guard let index = topology.store(for: tool.wish.jurisdictions) else { return nil }
    let toPrimary = operation(from: site, at: topology.stores[index].site)
    let sessionOperations = tool.hasSession ? 2.0 : 0
    cost.state =
      tool.keyValueReads.value * (tool.readsReplicas ? readRoundTrip(store: index, from: site) : toPrimary)
      + (tool.keyValueWrites.value + sessionOperations) * toPrimary
    return cost
  }

  /// One operation on the nearest copy of a store.
  public func readRoundTrip(store: Int, from site: Int) -> Double {
    operation(from: site, at: readSite(store: store, from: site))
  }

  private func operation(from site: Int, at store: Int) -> Double {
    topology.path(from: site, to: store)
      .exchange(out: PlacementAssumptions.operationBytes, back: PlacementAssumptions.operationBytes)
  }

  /// Where a read of a store goes that may be behind.
  public func readSite(store: Int, from site: Int) -> Int {
    let store = topology.stores[store]
    return store.replicas.map(\.site).reduce(store.site) { best, other in
      topology.path(from: site, to: other).roundTrip < topology.path(from: site, to: best).roundTrip ? other : best
    }
  }

  /// A call from a population that enters at one site and runs at another.
  public func call(_ tool: ToolProfile, population: Int, entry: Int, site: Int) -> Cost? {
    guard var cost = atSite(tool, site) else { return nil }
    let first = topology.path(fromPopulation: population, to: entry)
    cost.network = first.exchange(out: tool.requestBytes.value, back: tool.answerBytes.value)
    if entry != site { cost = cost.adding(forward(tool, from: entry, to: site)) }
    return cost
  }

  /// What one node more costs, and its link.
  public func forward(_ tool: ToolProfile, from: Int, to: Int) -> Cost {
    var cost = Cost()
    let path = topology.path(from: from, to: to)
    cost.network = path.exchange(out: tool.requestBytes.value, back: tool.answerBytes.value)
    cost.forwarding = PlacementAssumptions.forwardMilliseconds
    return cost
  }
}

extension CostModel.Cost {
  func adding(_ other: Self) -> Self {
    var sum = self
    sum.network += other.network
    sum.forwarding += other.forwarding
    sum.service += other.service
    sum.state += other.state
    sum.dependencies += other.dependencies
    return sum
  }
}
