// A report of a thousand sites, and one whose names are hostile.
@testable import Simulation

extension SampleReport {
  /// Sites and populations strewn around the cities of the sample, one in fifty of them a core site.
  static func large(sites count: Int = 1_000, tools: Int = 12, seconds: Int = 3_600) -> SimulationReport {
    var random = SeededGenerator(3)
    var report = SimulationReport(
      scenario: "thousand", mode: .virtual, seed: 3, seconds: Double(seconds), calls: 10_000_000)
    for index in 0..<count {
      let city = cities[index % cities.count]
      let latitude = city.latitude + Double.random(in: -6..<6, using: &random)
      let longitude = city.longitude + Double.random(in: -8..<8, using: &random)
      report.sites.append(
        SiteRow(
          name: "\(city.name)-\(index)", tier: index % 50 == 0 ? .core : .edge, region: "region-\(index % 40)",
          jurisdiction: city.jurisdiction, latitude: latitude, longitude: longitude,
          ran: UInt64.random(in: 0..<20_000, using: &random)))
      report.populations.append(
        PopulationRow(
          name: "users-\(index)", region: "region-\(index % 40)", latitude: latitude, longitude: longitude,
          calls: 10_000))
    }
    for tool in 0..<tools {
      for region in -1..<40 {
        var time = LatencyHistogram()
        for _ in 0..<400 { time.record(milliseconds: Double.random(in: 0.5..<300, using: &random)) }
        report.tools.append(
          ToolRow(
            tool: "tool-\(tool)", region: region < 0 ? "" : "region-\(region)", calls: 400, ok: 400,
            latency: time.summary,
            aboveLinks: time.summary))
      }
      report.placement.append(
        PlacementRow(
          tool: "tool-\(tool)", sites: report.sites.map(\.name), summary: "At every site.",
          reasons: (0..<40).map { PlacementReason(rule: "rule-\($0)", text: "removes nothing") }))
    }
    report.timeline = (0..<seconds).map {
      TimelineRow(second: $0, calls: 2_777, failed: UInt64($0 % 7), p50: 10, p99: 90)
    }
    report.faults = (0..<200).map {
      FaultRow(
        kind: "kill", target: report.sites[$0].name, startSeconds: Double($0 * 17), endSeconds: Double($0 * 17 + 30))
    }
    report.checks = (0..<200).map { CheckRow(name: "check \($0)", passed: $0 != 150, detail: "counted") }
    return report
  }

  /// Every name and sentence is the given text.
  static func named(_ text: String) -> SimulationReport { named([text]) }

  /// Every name and sentence is one of these, in turn.
  static func named(_ texts: [String]) -> SimulationReport {
    var report = build(seconds: 4, callsPerTool: 300)
    var used = -1
    func next() -> String {
      used += 1
      return texts[used % texts.count]
    }
    report.scenario = next()
    for index in report.sites.indices {
      report.sites[index].name = next()
      report.sites[index].region = next()
      report.sites[index].jurisdiction = next()
    }
    for index in report.populations.indices { report.populations[index].name = next() }
    for index in report.tools.indices {
      report.tools[index].tool = next()
      if !report.tools[index].region.isEmpty { report.tools[index].region = next() }
      report.tools[index].codes = [FailureCount(code: next(), count: 1)]
    }
    for index in report.placement.indices {
      report.placement[index] = PlacementRow(
        tool: next(), sites: [report.sites[index].name, next()], summary: next(),
        reasons: [PlacementReason(rule: next(), text: next())])
    }
    for index in report.comparison.indices { report.comparison[index].name = next() }
    for index in report.faults.indices {
      report.faults[index].kind = next()
      report.faults[index].target = next()
      report.faults[index].note = next()
    }
    report.checks = [CheckRow(name: next(), passed: false, detail: next())]
    report.validation = [
      ValidationRow(
        tool: next(), region: next(), liveP50: 1, virtualP50: 2, liveP95: 0, virtualP95: .infinity, within: false)
    ]
    return report
  }

  /// What comes from a scenario's author who means ill.
  static let hostileTexts = [
    "<script>throw new Error('ran')</script>", "\" onmouseover=\"alert(1)\" x=\"", "'><img src=x onerror=alert(1)>",
    "</title></style></script><script>alert(1)</script>", "&lt;b&gt; &amp;", "${alert(1)} `\\\\` \\u003c",
    "a;b|c\n\r\t\u{2028}",
    "\u{202E}txt.exe\u{2066}", "\u{1B}[31mred\u{1B}]0;title\u{07}", "\0nul", String(repeating: "W", count: 5_000),
    "a" + String(repeating: "\u{0301}", count: 400), "",
  ]
}
