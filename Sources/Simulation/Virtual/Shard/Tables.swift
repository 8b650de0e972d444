// What a shard asks for all the time, in arrays of its own: threads that share an array count its references together.
internal import Manifests
internal import Placement

/// Copies of what is small in a world.
struct Tables {
  let duration: UInt64
  let timeout: UInt64
  let requestCost: ServiceTime
  let forwardCost: ServiceTime
  let storeCost: ServiceTime
  let isManifest: Bool
  let shardOfSite: [Int]
  let storeCount: Int
  let storeSites: [Int]
  let replicaSites: [[Int]]
  let dependencySites: [Int]
  let dependencyNanoseconds: [UInt64]
  let regionOfPopulation: [Int]
  let sessionGroupOfTool: [Int]
  /// Tool by tool of each site, whether it may read the tool's arguments.
  private let readable: [Bool]
  private let tools: Int

  init(_ world: World) {
    let topology = world.topology
    duration = world.duration
    timeout = world.timeout
    requestCost = world.costs.request
    forwardCost = world.costs.forward
    storeCost = world.costs.store
    isManifest = world.planner.policy == .manifest
    shardOfSite = world.shards.ofSite.map { $0 }
    storeCount = topology.stores.count
    storeSites = topology.stores.map(\.site)
    replicaSites = topology.stores.map { $0.replicas.map(\.site) }
    dependencySites = topology.dependencies.map(\.site)
    dependencyNanoseconds = topology.dependencies.map { UInt64($0.serviceMilliseconds * 1e6) }
    regionOfPopulation = world.regionOfPopulation.map { $0 }
    sessionGroupOfTool = world.sessionGroupOfTool.map { $0 }
    let count = world.tools.count
    tools = count
    readable = topology.sites.indices.flatMap { site in
      (0..<count).map { !world.tools[$0].isBound || world.mayRead($0, at: site) }
    }
  }

  func mayRead(_ tool: Int, at site: Int) -> Bool { readable[site * tools + tool] }

  /// Where an operation on a store goes.
  func site(ofStore store: Int, replica: Int) -> Int {
    replica < 0 ? storeSites[store] : replicaSites[store][replica]
  }
}
