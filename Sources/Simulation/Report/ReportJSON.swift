// The report as JSON: everything that is in it, in the order of the model.

import JSON

extension SimulationReport {
  /// One compact object. The same report gives the same bytes.
  public var json: [UInt8] {
    var writer = JSONWriter(reserving: 64 << 10)
    writer.object {
      $0.member("scenario", scenario)
      $0.member("mode", mode.rawValue)
      // A reader whose numbers are doubles would round it.
      $0.member("seed", String(seed))
      $0.member("seconds", seconds)
      $0.member("calls", calls)
      $0.member("passed", passed)
      $0.rows("sites", sites) { $0.write($1) }
      $0.rows("populations", populations) { $0.write($1) }
      $0.rows("tools", tools) { $0.write($1) }
      $0.rows("placement", placement) { $0.write($1) }
      $0.rows("comparison", comparison) { $0.write($1) }
      $0.rows("faults", faults) { $0.write($1) }
      $0.rows("timeline", timeline) { $0.write($1) }
      $0.rows("checks", checks) { $0.write($1) }
      $0.rows("validation", validation) { $0.write($1) }
    }
    return writer.bytes
  }
}

extension JSONWriter {
  fileprivate mutating func object(_ members: (inout JSONWriter) -> Void) {
    beginObject()
    members(&self)
    endObject()
  }

  fileprivate mutating func rows<Row>(_ name: String, _ rows: [Row], _ members: (inout JSONWriter, Row) -> Void) {
    key(name)
    beginArray()
    for row in rows { object { members(&$0, row) } }
    endArray()
  }

  /// `null` for what did not happen.
  fileprivate mutating func member(_ name: String, optional value: Double?) {
    key(name)
    if let value { number(value) } else { null() }
  }

  fileprivate mutating func write(_ site: SiteRow) {
    member("name", site.name)
    member("tier", site.tier.rawValue)
    member("region", site.region)
    member("jurisdiction", site.jurisdiction)
    member("latitude", site.latitude)
    member("longitude", site.longitude)
    member("ran", site.ran)
    member("forwarded", site.forwarded)
    member("refused", site.refused)
  }

  fileprivate mutating func write(_ population: PopulationRow) {
    member("name", population.name)
    member("region", population.region)
    member("latitude", population.latitude)
    member("longitude", population.longitude)
    member("calls", population.calls)
  }

  fileprivate mutating func write(_ tool: ToolRow) {
    member("tool", tool.tool)
    member("region", tool.region)
    member("calls", tool.calls)
    member("ok", tool.ok)
    member("tool_errors", tool.toolErrors)
    member("failed", tool.failed)
    write("latency_ms", tool.latency)
    write("above_links_ms", tool.aboveLinks)
    rows("codes", tool.codes) {
      $0.member("code", $1.code)
      $0.member("count", $1.count)
    }
  }

  private mutating func write(_ name: String, _ latency: LatencySummary) {
    key(name)
    object {
      $0.member("p50", latency.p50)
      $0.member("p90", latency.p90)
      $0.member("p95", latency.p95)
      $0.member("p99", latency.p99)
      $0.member("max", latency.max)
      // Pairs: the upper bound and the calls. Objects would be most of the file.
      $0.key("histogram")
      $0.beginArray()
      for bucket in latency.histogram {
        $0.beginArray()
        $0.number(bucket.upToMilliseconds)
        $0.integer(bucket.count)
        $0.endArray()
      }
      $0.endArray()
    }
  }

  fileprivate mutating func write(_ placement: PlacementRow) {
    member("tool", placement.tool)
    key("sites")
    beginArray()
    for site in placement.sites { string(site) }
    endArray()
    member("summary", placement.summary)
    rows("reasons", placement.reasons) {
      $0.member("rule", $1.rule)
      $0.member("text", $1.text)
    }
  }

  fileprivate mutating func write(_ variant: VariantRow) {
    member("name", variant.name)
    member("calls", variant.calls)
    member("p50_ms", variant.p50)
    member("p95_ms", variant.p95)
    member("p99_ms", variant.p99)
    member("failed", variant.failed)
    member("violations", variant.violations)
  }

  fileprivate mutating func write(_ fault: FaultRow) {
    member("kind", fault.kind)
    member("target", fault.target)
    member("start_s", fault.startSeconds)
    member("end_s", optional: fault.endSeconds)
    member("failed_calls", fault.failedCalls)
    member("slow_calls", fault.slowCalls)
    member("recovered_after_ms", optional: fault.recoveredAfterMilliseconds)
    member("note", fault.note)
  }

  fileprivate mutating func write(_ second: TimelineRow) {
    member("second", second.second)
    member("calls", second.calls)
    member("failed", second.failed)
    member("p50_ms", second.p50)
    member("p99_ms", second.p99)
  }

  fileprivate mutating func write(_ check: CheckRow) {
    member("name", check.name)
    member("passed", check.passed)
    member("detail", check.detail)
  }

  fileprivate mutating func write(_ row: ValidationRow) {
    member("tool", row.tool)
    member("region", row.region)
    member("live_p50_ms", row.liveP50)
    member("virtual_p50_ms", row.virtualP50)
    member("live_p95_ms", row.liveP95)
    member("virtual_p95_ms", row.virtualP95)
    member("within", row.within)
  }
}
