// What is wrong where at a time: the faults of a scenario, looked up in its topology.
internal import Manifests
internal import Placement

/// All faults of a run. Known from the start and never changed, so that any part of the model may ask about any other
/// part's state at any time.
struct FaultSchedule: Sendable {
  struct Fault: Sendable {
    let kind: ScenarioFault.Kind
    let target: String
    /// In nanoseconds; `.max`: to the end of the run.
    let start: UInt64
    let end: UInt64
    let factor: Double
    let skewMilliseconds: Int64
    let share: Double
    /// Sites that it strikes; of a partition, those on one side.
    let sites: [Int]
    /// Of a partition: the sites on the other side; nil: all the others.
    let others: [Int]?
    /// The store or dependency that it strikes.
    let place: Int?

    func isOn(_ time: UInt64) -> Bool { start <= time && time < end }
  }

  let faults: [Fault]
  /// Faults of nodes and links, by site.
  private let bySite: [[Int]]

  static let none = FaultSchedule(faults: [], bySite: [])

  var isEmpty: Bool { faults.isEmpty }

  private init(faults: [Fault], bySite: [[Int]]) {
    self.faults = faults
    self.bySite = bySite
  }

  init(_ scenario: [ScenarioFault], _ topology: Topology) throws(SimulationError) {
    var faults: [Fault] = []
    for fault in scenario { faults.append(try Fault(fault, topology)) }
    self.faults = faults
    bySite = topology.sites.indices.map { site in
      faults.indices.filter { index in
        let fault = faults[index]
        return fault.sites.contains(site) || fault.kind == .partition && (fault.others?.contains(site) ?? true)
      }
    }
  }

  private func first(_ site: Int, _ time: UInt64, _ kind: ScenarioFault.Kind) -> Fault? {
    guard !bySite.isEmpty else { return nil }
    for index in bySite[site] where faults[index].kind == kind && faults[index].isOn(time) { return faults[index] }
    return nil
  }

  func isDead(_ site: Int, at time: UInt64) -> Bool { first(site, time, .kill) != nil }

  /// The pause that a site is in.
  func pause(_ site: Int, at time: UInt64) -> Fault? { first(site, time, .pause) }

  /// How many times slower a site computes.
  func slowness(_ site: Int, at time: UInt64) -> Double { first(site, time, .slow)?.factor ?? 1 }

  func skew(_ site: Int, at time: UInt64) -> Int64 { first(site, time, .clockSkew)?.skewMilliseconds ?? 0 }

  /// When something passes between two sites again; nil where it passes now.
  func cutEnd(_ a: Int, _ b: Int, at time: UInt64) -> UInt64? {
    guard !bySite.isEmpty, a != b else { return nil }
    var end: UInt64?
    for index in bySite[a] {
      let fault = faults[index]
      guard fault.kind == .partition, fault.isOn(time) else { continue }
      let isOnOneSide = { (site: Int) in fault.sites.contains(site) }
      let isOnOther = { (site: Int) in fault.others?.contains(site) ?? !fault.sites.contains(site) }
      guard isOnOneSide(a) && isOnOther(b) || isOnOneSide(b) && isOnOther(a) else { continue }
      end = max(end ?? 0, fault.end)
    }
    return end
  }

  func isStoreDown(_ store: Int, at time: UInt64) -> Bool {
    faults.contains { $0.kind == .kvDown && $0.place == store && $0.isOn(time) }
  }

  /// The part of calls to a dependency that fail.
  func errorShare(of dependency: Int, at time: UInt64) -> Double {
    faults.first { $0.kind == .upstreamErrors && $0.place == dependency && $0.isOn(time) }?.share ?? 0
  }

  /// Whether anything is wrong with a site, or between it and others, that a probe could notice.
  func isStruck(_ site: Int, at time: UInt64) -> Bool {
    first(site, time, .kill) != nil || first(site, time, .pause) != nil || first(site, time, .partition) != nil
  }
}

extension FaultSchedule.Fault {
  init(_ fault: ScenarioFault, _ topology: Topology) throws(SimulationError) {
    kind = fault.kind
    target = fault.target
    start = UInt64(fault.atMilliseconds) * 1_000_000
    end = fault.forMilliseconds.map { UInt64(fault.atMilliseconds + $0) * 1_000_000 } ?? .max
    factor = fault.factor
    skewMilliseconds = Int64(fault.skewMilliseconds)
    share = fault.percent / 100
    switch fault.kind {
    case .kill, .pause, .slow, .clockSkew:
      sites = try Self.sites(fault.target, fault, topology)
      others = nil
      place = nil
    case .partition:
      let sides = fault.target.split(separator: " to ").map(String.init)
      sites = try Self.sites(sides[0], fault, topology)
      others = sides.count > 1 ? try Self.sites(sides[1], fault, topology) : nil
      place = nil
    case .kvDown:
      sites = []
      others = nil
      place = try Self.place(fault, among: topology.stores.map(\.name), called: "store")
    case .upstreamErrors:
      sites = []
      others = nil
      place = try Self.place(fault, among: topology.dependencies.map(\.name), called: "dependency")
    }
  }

  private static func sites(
    _ name: String, _ fault: ScenarioFault, _ topology: Topology
  ) throws(SimulationError) -> [Int] {
    if let site = topology.site(named: name) { return [site] }
    let region = topology.sites.indices.filter { topology.sites[$0].region == name }
    guard region.isEmpty else { return region }
    let regions = Set(topology.sites.map(\.region)).sorted().joined(separator: ", ")
    throw SimulationError(
      .scenario,
      "the fault `\(fault.kind.rawValue)` is to strike `\(name)`, and the topology has no such site or region; "
        + "name a site, or one of the regions \(regions)")
  }

  private static func place(
    _ fault: ScenarioFault, among names: [String], called kind: String
  ) throws(SimulationError) -> Int {
    if let place = names.firstIndex(of: fault.target) { return place }
    throw SimulationError(
      .scenario,
      "the fault `\(fault.kind.rawValue)` is to strike `\(fault.target)`, and the topology has no such \(kind); "
        + (names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"))
  }
}
