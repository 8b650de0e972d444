// Everybody who plays in a live run: stores, dependencies, nodes, clients, and who reaches whom where.

internal import EventLoop
internal import Glibc
internal import HTTPClient
internal import Manifests
internal import Placement

/// The processes and servers of a run, started in order. Confined to the run's loop.
final class LiveCast {
  private let stage: LiveStage
  private let network: LiveNetwork
  private let processes: LiveProcesses
  private let folder: RunFolder
  private let alarms: Alarms
  private var ports = LivePorts()
  private var stores: [(process: LiveProcess, address: SocketAddress)] = []
  /// By store and replica.
  private var replicas: [[SocketAddress]] = []
  private var dependencies: [(server: DependencyServer, address: SocketAddress)] = []
  private var nodePorts: [UInt16] = []
  private var sites: [LiveSite] = []
  /// Where each population reaches each site.
  private var accesses: [[SocketAddress]] = []

  /// Of the run's stores.
  private let password = String((0..<32).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })

  private var topology: Topology { stage.topology }
  private var loop: EventLoop { alarms.loop }

  init(
    _ stage: LiveStage, network: LiveNetwork, processes: LiveProcesses, folder: RunFolder, alarms: Alarms
  ) {
    self.stage = stage
    self.network = network
    self.processes = processes
    self.folder = folder
    self.alarms = alarms
  }

  func close() { for dependency in dependencies { dependency.server.close() } }

  /// Starts all of it: when this returns, every node answers.
  func start(_ options: LiveOptions) async throws(SimulationError) {
    let program: String
    if let given = options.program { program = given } else { program = try Programs.thisOne() }
    try await startStores(options)
    for (index, dependency) in topology.dependencies.enumerated() {
      let server = DependencyServer(
        dependency.name, serviceMilliseconds: options.isInstant ? 0 : dependency.serviceMilliseconds,
        answer: dependency.answer, alarms: alarms,
        seed: stage.scenario.seed &+ UInt64(index))
      dependencies.append((server, try server.listen()))
    }
    var workers: [String] = []
    for (index, worker) in stage.workers.enumerated() {
      let path = try RunFolder.wrapping { () throws(FileError) in try Files.real(worker) }
      workers.append(path)
      try await processes.run(NodeProgram.build(path, path: program, folder: folder.path, number: index))
    }
    try await startNodes(program, workers)
  }

  // MARK: Stores

  private func startStores(_ options: LiveOptions) async throws(SimulationError) {
    guard !topology.stores.isEmpty else { return }
    let path = try Programs.find(
      RedisProgram.names, path: options.searchPath, install: "install it (Debian: apt install redis-server)")
    for store in topology.stores {
      let port = try ports.take(on: loop)
      let process = try await processes.start(
        redis("store", path, port: port, in: "store-\(store.name)"), ready: RedisProgram.ready)
      stores.append((process, .loopback(port: port)))
      var copies: [SocketAddress] = []
      for replica in store.replicas {
        let way = try await network.replication(
          from: replica.site, to: store.site, lagMilliseconds: replica.lagMilliseconds, .loopback(port: port))
        let port = try ports.take(on: loop)
        _ = try await processes.start(
          redis(
            "replica", path, port: port, in: "store-\(store.name)-\(topology.sites[replica.site].name)",
            follows: way.port), ready: RedisProgram.ready)
        copies.append(.loopback(port: port))
      }
      replicas.append(copies)
    }
  }

  private func redis(
    _ name: String, _ path: String, port: UInt16, in place: String, follows primary: UInt16? = nil
  ) throws(SimulationError) -> LiveProcess.Program {
    let folder = try self.folder.folder(place)
    let configuration = try self.folder.write(
      RedisProgram.configuration(port: port, folder: folder, password: password, follows: primary),
      to: "\(place)/\(RedisProgram.configurationName)")
    return RedisProgram.program(named: name, path: path, configuration: configuration, folder: folder)
  }

  private func url(of store: SocketAddress) -> String { "redis://:\(password)@\(store)" }

  // MARK: Nodes

  private func startNodes(_ program: String, _ workers: [String]) async throws(SimulationError) {
    for _ in topology.sites { nodePorts.append(try ports.take(on: loop)) }
    // Each node answers to the addresses by which it is reached.
    var hosts = [[String]](repeating: [], count: topology.sites.count)
    var views: [[String?]] = []
    for from in topology.sites.indices {
      var nodes: [String?] = []
      for to in topology.sites.indices {
        let address = try await network.way(from: from, to: to, .loopback(port: nodePorts[to]), isNode: true)
        nodes.append("http://\(address)")
        if from != to { hosts[to].append("\(address)") }
      }
      views.append(nodes)
    }
    for population in topology.populations.indices {
      var reached: [SocketAddress] = []
      for site in topology.sites.indices {
        let address = try await network.access(
          population: population, site: site, .loopback(port: nodePorts[site]))
        hosts[site].append("\(address)")
        reached.append(address)
      }
      accesses.append(reached)
    }
    let keys = Self.keyText()
    var programs: [LiveProcess.Program] = []
    var clocks: [ClockFile] = []
    for site in topology.sites.indices {
      let name = topology.sites[site].name
      let place = try folder.folder("node-\(name)")
      let clock = try ClockFile("\(place)/clock")
      clocks.append(clock)
      programs.append(
        NodeProgram.program(
          NodeProgram.Settings(
            site: name, port: nodePorts[site],
            topology: try folder.write(
              try await view(from: site, nodes: views[site]), to: "node-\(name)/topology.toml"),
            hosts: hosts[site], upstreams: try await upstreams(from: site), capacity: topology.sites[site].capacity,
            workers: workers, secrets: stage.secrets, keys: keys, clockFile: clock.path, folder: place), path: program))
    }
    let started = try await processes.start(programs, ready: NodeProgram.ready)
    for (site, process) in started.enumerated() {
      sites.append(
        LiveSite(site, name: topology.sites[site].name, process: process, clock: clocks[site], alarms: alarms))
    }
  }

  /// A key of the run's own, as ATOLL_KEYS has them: 32 random bytes in base64, of whose last letter only four bits count.
  private static func keyText() -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let last = letters.indices.filter { $0 % 4 == 0 }.randomElement() ?? 0
    return String((0..<42).map { _ in letters.randomElement() ?? "A" }) + "\(letters[last])="
  }

  /// The topology with its addresses as one site's node reaches them.
  private func view(from site: Int, nodes: [String?]) async throws(SimulationError) -> String {
    var urls: [String?] = []
    for (index, store) in topology.stores.enumerated() {
      urls.append(url(of: try await network.way(from: site, to: store.site, stores[index].address)))
    }
    return TopologyText(topology.file, nodes: nodes, stores: urls) { store, replica in
      topology.stores[store].replicas[replica].site == site ? url(of: replicas[store][replica]) : nil
    }.text
  }

  /// The dependencies that workers ask for, as a site's node reaches them.
  private func upstreams(from site: Int) async throws(SimulationError) -> [(name: String, url: String)] {
    var urls: [(name: String, url: String)] = []
    let used = Set(stage.world.tools.flatMap { $0.dependencies.map(\.place) })
    for place in used.sorted() {
      let dependency = topology.dependencies[place]
      let address = try await network.way(from: site, to: dependency.site, dependencies[place].address)
      urls.append((dependency.name, "http://\(address)"))
    }
    return urls
  }

  // MARK: Clients and faults

  func clients() async throws(SimulationError) -> [LiveClients] {
    var clients: [LiveClients] = []
    let world = stage.world
    for population in topology.populations.indices where world.rates[population] > 0 {
      // The mix as sums, and the shares that they are sums of.
      let sums = world.mixes[population]
      guard sums.last ?? 0 > 0 else { continue }
      let shares = sums.indices.map { sums[$0] - ($0 == 0 ? 0 : sums[$0 - 1]) }
      var reached: [Access] = []
      for site in topology.sites(nearestTo: population) {
        do throws(LinkError) {
          reached.append(Access(site: site, target: try LinkTarget("http://\(accesses[population][site])")))
        } catch {
          throw SimulationError(.network, error.message)
        }
      }
      clients.append(
        LiveClients(
          population: population, accesses: reached,
          arrivals: Arrivals(
            callsPerSecond: world.rates[population], shares: shares, seed: stage.scenario.seed,
            stream: UInt64(population)), seed: stage.scenario.seed &+ UInt64(population)))
    }
    return clients
  }

  func faults(_ timeline: FaultTimeline) -> LiveFaults {
    LiveFaults(
      timeline, sites: sites, stores: stores.map(\.process), dependencies: dependencies.map(\.server), network: network,
      processes: processes, alarms: alarms)
  }

  // MARK: What is left

  /// Operations in the sessions of all stores.
  func operations() async throws(SimulationError) -> [String: Int] {
    var all: [String: Int] = [:]
    for store in stores {
      all.merge(try await SessionAudit.operations(in: url(of: store.address), on: loop), uniquingKeysWith: +)
    }
    return all
  }

  /// What each node has logged, over all its starts.
  func logs() async throws(SimulationError) -> [NodeLog] {
    // A node writes its log behind its answers.
    do { try await loop.sleep(milliseconds: LiveLimits.settleMilliseconds) } catch {
      throw SimulationError(.process, "the run was interrupted")
    }
    var logs: [NodeLog] = []
    for site in sites {
      var log = NodeLog()
      for file in site.process.outputs { try log.read(file: file) }
      logs.append(log)
    }
    return logs
  }
}
