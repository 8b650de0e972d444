// A report as a run of the world would give it: 30 cities, 4 tools, 3 plans, faults.
@testable import Simulation

/// Made from a seed: latencies from great-circle distances, with a far site when the near one is struck.
struct SampleReport {
  struct City {
    let name: String
    let region: String
    let jurisdiction: String
    let latitude: Double
    let longitude: Double
    let weight: Double
    var isCore = false
  }

  static let cities = [
    City(
      name: "frankfurt", region: "europe", jurisdiction: "EU", latitude: 50.11, longitude: 8.68, weight: 9, isCore: true
    ),
    City(name: "london", region: "europe", jurisdiction: "UK", latitude: 51.51, longitude: -0.13, weight: 9),
    City(name: "paris", region: "europe", jurisdiction: "EU", latitude: 48.86, longitude: 2.35, weight: 7),
    City(name: "madrid", region: "europe", jurisdiction: "EU", latitude: 40.42, longitude: -3.70, weight: 4),
    City(name: "stockholm", region: "europe", jurisdiction: "EU", latitude: 59.33, longitude: 18.07, weight: 3),
    City(name: "warsaw", region: "europe", jurisdiction: "EU", latitude: 52.23, longitude: 21.01, weight: 3),
    City(name: "milan", region: "europe", jurisdiction: "EU", latitude: 45.46, longitude: 9.19, weight: 4),
    City(name: "istanbul", region: "middle-east", jurisdiction: "TR", latitude: 41.01, longitude: 28.98, weight: 4),
    City(name: "dubai", region: "middle-east", jurisdiction: "AE", latitude: 25.20, longitude: 55.27, weight: 3),
    City(name: "tel-aviv", region: "middle-east", jurisdiction: "IL", latitude: 32.09, longitude: 34.78, weight: 2),
    City(
      name: "ashburn", region: "north-america", jurisdiction: "US", latitude: 39.04, longitude: -77.49, weight: 12,
      isCore: true),
    City(name: "new-york", region: "north-america", jurisdiction: "US", latitude: 40.71, longitude: -74.01, weight: 11),
    City(name: "chicago", region: "north-america", jurisdiction: "US", latitude: 41.88, longitude: -87.63, weight: 7),
    City(name: "dallas", region: "north-america", jurisdiction: "US", latitude: 32.78, longitude: -96.80, weight: 6),
    City(
      name: "los-angeles", region: "north-america", jurisdiction: "US", latitude: 34.05, longitude: -118.24, weight: 8),
    City(name: "seattle", region: "north-america", jurisdiction: "US", latitude: 47.61, longitude: -122.33, weight: 5),
    City(name: "toronto", region: "north-america", jurisdiction: "CA", latitude: 43.65, longitude: -79.38, weight: 4),
    City(
      name: "mexico-city", region: "north-america", jurisdiction: "MX", latitude: 19.43, longitude: -99.13, weight: 3),
    City(
      name: "sao-paulo", region: "south-america", jurisdiction: "BR", latitude: -23.55, longitude: -46.63, weight: 6),
    City(
      name: "buenos-aires", region: "south-america", jurisdiction: "AR", latitude: -34.60, longitude: -58.38, weight: 3),
    City(name: "bogota", region: "south-america", jurisdiction: "CO", latitude: 4.71, longitude: -74.07, weight: 2),
    City(name: "johannesburg", region: "africa", jurisdiction: "ZA", latitude: -26.20, longitude: 28.05, weight: 3),
    City(name: "lagos", region: "africa", jurisdiction: "NG", latitude: 6.52, longitude: 3.38, weight: 3),
    City(name: "nairobi", region: "africa", jurisdiction: "KE", latitude: -1.29, longitude: 36.82, weight: 2),
    City(name: "mumbai", region: "asia", jurisdiction: "IN", latitude: 19.08, longitude: 72.88, weight: 9),
    City(
      name: "singapore", region: "asia", jurisdiction: "SG", latitude: 1.35, longitude: 103.82, weight: 7, isCore: true),
    City(name: "hong-kong", region: "asia", jurisdiction: "HK", latitude: 22.32, longitude: 114.17, weight: 5),
    City(name: "tokyo", region: "asia", jurisdiction: "JP", latitude: 35.68, longitude: 139.69, weight: 9),
    City(name: "seoul", region: "asia", jurisdiction: "KR", latitude: 37.57, longitude: 126.98, weight: 5),
    City(name: "sydney", region: "oceania", jurisdiction: "AU", latitude: -33.87, longitude: 151.21, weight: 4),
  ]

  static let regions = ["europe", "north-america", "asia", "middle-east", "south-america", "africa", "oceania"]

  static func build(seed: UInt64 = 42, seconds: Int = 120, callsPerTool: Int = 60_000) -> SimulationReport {
    var sample = SampleReport(seed: seed)
    var report = SimulationReport(
      scenario: "world", mode: .virtual, seed: seed, seconds: Double(seconds), calls: UInt64(callsPerTool * 4))
    sample.fill(&report, seconds, callsPerTool)
    return report
  }

  private var random: SeededGenerator
  private init(seed: UInt64) { random = SeededGenerator(seed) }

  private struct Work {
    let name: String
    let sites: [City]
    /// In milliseconds, of the middle call.
    let service: Double
    let summary: String
    let reasons: [PlacementReason]
  }

  private static let work: [Work] = {
    let cores = cities.filter(\.isCore)
    let european = cities.filter { $0.jurisdiction == "EU" }
    return [
      Work(
        name: "lookup", sites: cities, service: 0.4,
        summary: "At every site: a public read that 94 % of callers can be given from a cache.",
        reasons: [
          PlacementReason(rule: "jurisdiction", text: "none required: 30 of 30 sites left"),
          PlacementReason(rule: "tier", text: "auto: no site removed"),
          PlacementReason(
            rule: "cache", text: "public, 60 s: 0.94 of the calls stay at the edge, 41 ms nearer than the core"),
        ]),
      Work(
        name: "cart", sites: cities, service: 2.1,
        summary: "At every site, with its session’s state in the nearest store.",
        reasons: [
          PlacementReason(rule: "jurisdiction", text: "none required: 30 of 30 sites left"),
          PlacementReason(
            rule: "state", text: "2 reads and 1 write a call; a replica within 12 ms of 22 sites, 61 ms of the rest"),
          PlacementReason(rule: "latency", text: "p50 of 24 ms against a budget of 150 ms"),
        ]),
      Work(
        name: "orders", sites: cores, service: 6.5,
        summary: "Beside its database: three queries a call cost more than the way there.",
        reasons: [
          PlacementReason(rule: "jurisdiction", text: "none required: 30 of 30 sites left"),
          PlacementReason(
            rule: "dependencies",
            text: "orders-db in ashburn, 3 queries a call: 3 × 88 ms from frankfurt, 3 × 0.4 ms from ashburn"),
          PlacementReason(rule: "tier", text: "auto: the core sites are the cheapest by 172 ms"),
        ]),
      Work(
        name: "patients", sites: european, service: 4.2, summary: "Only in the European Union, at the six sites there.",
        reasons: [
          PlacementReason(
            rule: "jurisdiction", text: "EU: removes 24 of 30 sites, among them all of north-america and asia"),
          PlacementReason(rule: "state", text: "namespace patients is kept in frankfurt, 1 read a call"),
          PlacementReason(
            rule: "latency", text: "p50 of 19 ms in europe; 118 ms from elsewhere, which the law asks for"),
        ]),
    ]
  }()

  private mutating func fill(_ report: inout SimulationReport, _ seconds: Int, _ callsPerTool: Int) {
    var ran: [String: UInt64] = [:]
    var made: [String: UInt64] = [:]
    var bySecond = [LatencyHistogram](repeating: LatencyHistogram(), count: seconds)
    var failedBySecond = [UInt64](repeating: 0, count: seconds)
    let total = Self.cities.reduce(0) { $0 + $1.weight }
    let faults: [(kind: String, target: String, start: Double, end: Double?, note: String)] = [
      ("kill", "tokyo", 20, 45, "its callers went to seoul"),
      ("partition", "singapore–sydney", 40, 52, ""),
      ("slow", "orders-db", 70, 90, "slow: over 3 times the p99 of the seconds before"),
      ("kv down", "kv-mumbai", 100, nil, "writes are refused, reads are up to 5 s old"),
    ]
    var failedBy = [UInt64](repeating: 0, count: faults.count)
    var slowBy = [UInt64](repeating: 0, count: faults.count)
    for work in Self.work {
      var whole = Tally()
      var byRegion: [String: Tally] = [:]
      for city in Self.cities {
        let nearest = work.sites.min { Self.distance(city, $0) < Self.distance(city, $1) }!
        for _ in 0..<Int(Double(callsPerTool) * city.weight / total) {
          let at = Double.random(in: 0..<Double(seconds), using: &random)
          let link = Self.distance(city, nearest) / 1_000 * 13 + 1.6 * spread(0.25)
          var above =
            work.service * spread(0.5) + (Double.random(in: 0..<1, using: &random) < 0.02 ? 9 * spread(0.8) : 0)
          var failed = false
          for (index, fault) in faults.enumerated() where at >= fault.start && at < fault.end ?? Double(seconds) {
            let age = at - fault.start
            switch index {
            case 0 where nearest.name == "tokyo":
              failed = age < 1.4
              above += 34
            case 1 where city.name == "sydney": failed = age < 0.6
            case 2 where work.name == "orders": above *= 9
            case 3 where city.name == "mumbai" && work.name == "cart":
              failed = Double.random(in: 0..<1, using: &random) < 0.4
            default: continue
            }
            if failed { failedBy[index] += 1 } else { slowBy[index] += 1 }
          }
          let second = Int(at)
          made[city.name, default: 0] += 1
          if failed {
            failedBySecond[second] += 1
            whole.failed += 1
            byRegion[city.region, default: Tally()].failed += 1
            continue
          }
          ran[nearest.name, default: 0] += 1
          bySecond[second].record(milliseconds: link + above)
          whole.record(link, above)
          byRegion[city.region, default: Tally()].record(link, above)
        }
      }
      report.tools.append(whole.row(work.name, ""))
      report.tools += Self.regions.compactMap { region in byRegion[region].map { $0.row(work.name, region) } }
      report.placement.append(
        PlacementRow(tool: work.name, sites: work.sites.map(\.name), summary: work.summary, reasons: work.reasons))
    }
    for city in Self.cities {
      let count = ran[city.name, default: 0]
      report.sites.append(
        SiteRow(
          name: city.name, tier: city.isCore ? .core : .edge, region: city.region, jurisdiction: city.jurisdiction,
          latitude: city.latitude, longitude: city.longitude, ran: count, forwarded: city.isCore ? 0 : count / 4,
          refused: city.jurisdiction == "EU" ? 0 : count / 900))
      report.populations.append(
        PopulationRow(
          name: "users-" + city.name, region: city.region, latitude: city.latitude, longitude: city.longitude,
          calls: made[city.name, default: 0]))
    }
    report.timeline = bySecond.indices.map { second in
      TimelineRow(
        second: second, calls: bySecond[second].count + failedBySecond[second], failed: failedBySecond[second],
        p50: bySecond[second].percentile(50), p99: bySecond[second].percentile(99))
    }
    report.faults = faults.indices.map { index in
      FaultRow(
        kind: faults[index].kind, target: faults[index].target, startSeconds: faults[index].start,
        endSeconds: faults[index].end, failedCalls: failedBy[index], slowCalls: slowBy[index],
        recoveredAfterMilliseconds: [1_420, 640, 20_300, nil][index], note: faults[index].note)
    }
    let calls = report.tools.filter(\.region.isEmpty).reduce(0) { $0 + $1.calls }
    report.calls = calls
    let failed = report.tools.filter(\.region.isEmpty).reduce(0) { $0 + $1.failed }
    report.comparison = [
      VariantRow(name: "manifest", calls: calls, p50: 9.8, p95: 141, p99: 226, failed: failed, violations: 0),
      VariantRow(name: "all-edge", calls: calls, p50: 31.4, p95: 402, p99: 611, failed: 1_204, violations: 43_390),
      VariantRow(name: "all-core", calls: calls, p50: 48.2, p95: 188, p99: 262, failed: 371, violations: 38_112),
    ]
    report.checks = [
      CheckRow(name: "acknowledged writes", passed: true, detail: "41,204 of 41,204 are in the store"),
      CheckRow(name: "jurisdiction", passed: true, detail: "no call of patients left the EU"),
      CheckRow(name: "loops", passed: true, detail: "no call passed a site twice; at most 2 hops"),
      CheckRow(name: "lost calls", passed: true, detail: "each call has an answer or an error"),
    ]
    report.validation = Self.work.flatMap { work in
      ["europe", "north-america"].map { region in
        let (p50, p95) = (work.service * 1.1, work.service * 2.9)
        return ValidationRow(
          tool: work.name, region: region, liveP50: p50, virtualP50: p50 * (region == "europe" ? 0.93 : 1.08),
          liveP95: p95, virtualP95: p95 * (region == "europe" ? 1.17 : 0.86), within: true)
      }
    }
  }

  /// A factor around 1, the more to the right the larger.
  private mutating func spread(_ width: Double) -> Double {
    let sum = (0..<6).reduce(0.0) { sum, _ in sum + Double.random(in: -1..<1, using: &random) }
    var factor = 1.0
    // e to the power of a small step, six times over.
    for _ in 0..<8 { factor *= 1 + sum * width / 11 }
    return factor
  }

  /// In kilometres, near enough for a sample: degrees, those of longitude narrower towards the poles.
  private static func distance(_ one: City, _ other: City) -> Double {
    var east = (one.longitude - other.longitude).magnitude
    if east > 180 { east = 360 - east }
    let middle = (one.latitude + other.latitude) / 2 / 90
    let narrowing = 1 - 0.9 * middle * middle
    let north = one.latitude - other.latitude
    return (north * north + east * east * narrowing * narrowing).squareRoot() * 111
  }
}

private struct Tally {
  var time = LatencyHistogram()
  var above = LatencyHistogram()
  var failed: UInt64 = 0

  mutating func record(_ link: Double, _ work: Double) {
    time.record(milliseconds: link + work)
    above.record(milliseconds: work)
  }

  func row(_ tool: String, _ region: String) -> ToolRow {
    let errors = tool == "orders" ? time.count / 211 : 0
    return ToolRow(
      tool: tool, region: region, calls: time.count + failed, ok: time.count - errors, toolErrors: errors,
      failed: failed,
      latency: time.summary, aboveLinks: above.summary,
      codes: failed > 0 ? [FailureCount(code: "site_unreachable", count: failed)] : [])
  }
}
