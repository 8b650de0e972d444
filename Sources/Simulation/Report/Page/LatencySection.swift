// How long calls took: a small distribution for each tool and region, all on one time axis.

struct LatencySection {
  let report: SimulationReport

  private static let bins = 48

  var markup: Markup {
    var tools: [(name: String, rows: [ToolRow])] = []
    for row in report.tools {
      if let place = tools.firstIndex(where: { $0.name == row.tool }) {
        tools[place].rows.append(row)
      } else {
        tools.append((row.tool, [row]))
      }
    }
    guard !tools.isEmpty else { return "" }
    let shown = tools.prefix(ReportLimits.tools)
    return """
      <section id="latency"><h2>How long calls took</h2>
      <p class="lede">By tool and by the region of the callers. All panels share one logarithmic axis in milliseconds; each is
      drawn to its own height. Lines mark p50 and p99.</p>
      <div class="switch"><input type="radio" name="time" id="whole" checked><label for="whole">Whole time</label>\
      <input type="radio" name="time" id="above"><label for="above">Above the links’ delay</label>
      \(series(shown.map { $0 }, "whole", \.latency))\(series(shown.map { $0 }, "above", \.aboveLinks))</div>
      \(Markup.leftOut(tools.count - shown.count, "tool"))
      \(table)</section>
      """
  }

  private func series(
    _ tools: [(name: String, rows: [ToolRow])], _ name: String, _ time: KeyPath<ToolRow, LatencySummary>
  ) -> Markup {
    let axis = LogAxis(tools.flatMap { $0.rows.map { $0[keyPath: time] } })
    let groups = tools.map { tool -> Markup in
      let whole = tool.rows.filter(\.region.isEmpty)
      let regions = tool.rows.filter { !$0.region.isEmpty }
      let shown = (whole + regions).prefix(ReportLimits.regions + whole.count)
      let rest = tool.rows.count - shown.count
      let panels = shown.map { Self.panel($0, $0[keyPath: time], axis) }.joined()
      return """
        <h3>\(Figures.name(tool.name))\(Self.outcome(whole.first))</h3><div class="multiples">\(panels)</div>\
        \(Markup.leftOut(rest, "region", "in the table and the report’s JSON"))
        """
    }.joined()
    return "<div class=\"series \(name)\">\(groups)</div>"
  }

  private static func outcome(_ row: ToolRow?) -> Markup {
    guard let row else { return "" }
    var parts = [Figures.plural(row.calls, "call")]
    if row.toolErrors > 0 { parts.append(Figures.plural(row.toolErrors, "tool error")) }
    if row.failed > 0 {
      parts.append("\(Figures.count(row.failed)) failed (\(Figures.share(row.failed, of: row.calls)))")
    }
    parts += row.codes.prefix(ReportLimits.failureCodes).map { "\(Figures.name($0.code)) \(Figures.count($0.count))" }
    return " <span class=\"quiet\">\(parts.joined(separator: " · "))</span>"
  }

  private static func panel(_ row: ToolRow, _ time: LatencySummary, _ axis: LogAxis) -> Markup {
    let region = row.region.isEmpty ? "all regions" : Figures.name(row.region)
    let figures: Markup = """
      <p class="figures"><span>p50 <b>\(Figures.milliseconds(time.p50))</b></span> \
      <span>p95 <b>\(Figures.milliseconds(time.p95))</b></span> <span>p99 <b>\(Figures.milliseconds(time.p99))</b></span></p>
      """
    let label =
      "\(Figures.name(row.tool)), \(region): p50 \(Figures.duration(time.p50)), p99 \(Figures.duration(time.p99))"
    let grid = axis.ticks().map { tick -> Markup in "M\(axis.position(tick) * 100) 0V40" }.joined()
    let p50 = axis.position(time.p50) * 100
    let p99 = axis.position(time.p99) * 100
    return """
      <figure class="multiple\(row.region.isEmpty ? " strong" : "")"><figcaption><b>\(region)</b> \
      <span class="quiet">\(Figures.rounded(row.calls))</span></figcaption>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="\(label)"><path class="grid" d="\(grid)"/>\
      <path class="shape" d="\(shape(time.histogram, axis))"/>\
      \(row.calls > 0 ? "<path class=\"p50\" d=\"M\(p50) 0V40\"/><path class=\"p99\" d=\"M\(p99) 0V40\"/>" : "" as Markup)</svg>
      \(AxisLabels.markup(axis.labels))\(figures)</figure>
      """
  }

  /// Counts in bins of the axis, as steps. What is beyond the axis is in its end bins.
  private static func shape(_ buckets: [LatencyBucket], _ axis: LogAxis) -> Markup {
    var counts = [UInt64](repeating: 0, count: bins)
    for bucket in buckets {
      // The bound is the bucket's upper one; its middle is a bucket's half width lower.
      let place = Int(axis.position(bucket.upToMilliseconds / 1.013) * Double(bins))
      counts[min(max(place, 0), bins - 1)] += bucket.count
    }
    guard let most = counts.max(), most > 0 else { return "" }
    var path: Markup = ""
    var isOpen = false
    for (index, count) in counts.enumerated() {
      if count == 0 {
        if isOpen { path += "V40Z" }
        isOpen = false
        continue
      }
      let x = Double(index) / Double(bins) * 100
      if !isOpen { path += "M\(x) 40" }
      isOpen = true
      // A call in a million is still to be seen.
      path += "V\(40 - max(Double(count) / Double(most) * 37, 0.8))H\(x + 100 / Double(bins))"
    }
    return isOpen ? path + "V40Z" : path
  }

  private var table: Markup {
    var table = DataTable(
      "Latency by tool and region",
      [
        .text("Tool"), .text("Region"), .number("Calls"), .number("Failed"), .number("p50"), .number("p95"),
        .number("p99"), .number("max"), .number("above links p50"), .number("above links p95"),
      ])
    for row in report.tools.prefix(ReportLimits.tools * (ReportLimits.regions + 1)) {
      table.add([
        "\(Figures.name(row.tool))", "\(row.region.isEmpty ? "all" : Figures.name(row.region))",
        "\(Figures.count(row.calls))", "\(Figures.count(row.failed))", "\(Figures.milliseconds(row.latency.p50))",
        "\(Figures.milliseconds(row.latency.p95))", "\(Figures.milliseconds(row.latency.p99))",
        "\(Figures.milliseconds(row.latency.max))",
        "\(Figures.milliseconds(row.aboveLinks.p50))", "\(Figures.milliseconds(row.aboveLinks.p95))",
      ])
    }
    return "<details><summary>The same as a table, in milliseconds</summary>\(table.markup)</details>"
  }
}
