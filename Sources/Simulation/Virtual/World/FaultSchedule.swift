// What is wrong where at any time of a run: the timeline of faults, as shards ask of it.
internal import Manifests
internal import Placement

/// All faults of a run by time. Known from the start and never changed, so that any part of the model may ask about any
/// other part's state at any time. Where there are no faults a question costs one comparison.
struct FaultSchedule: Sendable {
  struct Fault: Sendable {
    let entry: FaultTimeline.Entry
    /// In nanoseconds; `.max`: to the end of the run.
    let start: UInt64
    let end: UInt64
    /// Of a partition.
    let pairs: Set<SitePair>

    var kind: ScenarioFault.Kind { entry.fault.kind }

    func isOn(_ time: UInt64) -> Bool { start <= time && time < end }
  }

  let faults: [Fault]
  /// Faults of nodes and of what lies between them, by site.
  private let bySite: [[Int]]

  init(_ timeline: FaultTimeline, sites: Int) {
    var bySite = [[Int]](repeating: [], count: sites)
    faults = timeline.entries.map { entry in
      var pairs: Set<SitePair> = []
      if case .pairs(let all) = entry.target { pairs = Set(all) }
      return Fault(
        entry: entry, start: UInt64(entry.beginMilliseconds) * 1_000_000,
        end: entry.endMilliseconds.map { UInt64($0) * 1_000_000 } ?? .max, pairs: pairs)
    }
    for (index, fault) in faults.enumerated() { for site in fault.struckSites { bySite[site].append(index) } }
    self.bySite = faults.isEmpty ? [] : bySite
  }

  var isEmpty: Bool { faults.isEmpty }

  private func any(_ site: Int, _ time: UInt64, _ kind: ScenarioFault.Kind) -> Bool {
    guard !bySite.isEmpty else { return false }
    for index in bySite[site] where faults[index].kind == kind && faults[index].isOn(time) { return true }
    return false
  }

  func isDead(_ site: Int, at time: UInt64) -> Bool { any(site, time, .kill) }

  /// When a site that stands still goes on, the last of its pauses over; nil where it does not stand still.
  func pauseEnd(_ site: Int, at time: UInt64) -> UInt64? {
    guard any(site, time, .pause) else { return nil }
    var end = time
    while any(site, end, .pause) {
      for index in bySite[site] where faults[index].kind == .pause && faults[index].isOn(end) {
        end = max(end, faults[index].end)
      }
      if end == .max { return end }
    }
    return end
  }

  /// How many times slower a site computes.
  func slowness(_ site: Int, at time: UInt64) -> Double {
    guard !bySite.isEmpty else { return 1 }
    var factor = 1.0
    for index in bySite[site] where faults[index].kind == .slow && faults[index].isOn(time) {
      factor *= faults[index].entry.fault.factor
    }
    return factor
  }

  /// How far the clock of a site is ahead, in milliseconds.
  func skew(_ site: Int, at time: UInt64) -> Int64 {
    guard !bySite.isEmpty else { return 0 }
    var skew: Int64 = 0
    for index in bySite[site] where faults[index].kind == .clockSkew && faults[index].isOn(time) {
      skew += Int64(faults[index].entry.fault.skewMilliseconds)
    }
    return skew
  }

  /// When something passes between two sites again; nil where it passes now.
  func cutEnd(_ a: Int, _ b: Int, at time: UInt64) -> UInt64? {
    guard !bySite.isEmpty, a != b else { return nil }
    var end = time
    var isCut = true
    while isCut, end < .max {
      isCut = false
      for index in bySite[a] where faults[index].isOn(end) && faults[index].pairs.contains(SitePair(a, b)) {
        end = faults[index].end
        isCut = true
        break
      }
    }
    return end == time ? nil : end
  }

  func isStoreDown(_ store: Int, at time: UInt64) -> Bool {
    faults.contains { $0.isOn(time) && $0.entry.target == .store(store) }
  }

  /// The part of the calls to a dependency that fail.
  func failingShare(of dependency: Int, at time: UInt64) -> Double {
    var share = 0.0
    for fault in faults where fault.isOn(time) && fault.entry.target == .dependency(dependency) {
      share = max(share, fault.entry.fault.percent / 100)
    }
    return share
  }

  /// Whether something is wrong with a site, or between it and others, that a probe could notice.
  func isStruck(_ site: Int, at time: UInt64) -> Bool {
    guard !bySite.isEmpty else { return false }
    return bySite[site].contains { index in
      faults[index].isOn(time) && faults[index].kind != .slow && faults[index].kind != .clockSkew
    }
  }
}

extension FaultSchedule.Fault {
  /// Sites whose node or links it strikes.
  var struckSites: [Int] {
    switch entry.target {
    case .sites(let sites): sites
    case .pairs(let pairs): Set(pairs.flatMap { [$0.low, $0.high] }).sorted()
    case .store, .dependency: []
    }
  }
}
