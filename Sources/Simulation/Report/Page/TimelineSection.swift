// The run on a time axis, with the faults marked on it.

struct TimelineSection {
  let report: SimulationReport

  var markup: Markup {
    guard !report.timeline.isEmpty || !report.faults.isEmpty else { return "" }
    let time = TimelinePoints(report)
    let faults = report.faults.prefix(ReportLimits.faults)
    return """
      <section id="timeline"><h2>The run, and what each fault cost</h2>
      <p class="lede">\(Self.lede(report, time))</p>
      \(report.timeline.isEmpty ? "" : figure(time, Array(faults)))
      \(FaultTable(faults: Array(faults), total: report.faults.count).markup)</section>
      """
  }

  private static func lede(_ report: SimulationReport, _ time: TimelinePoints) -> String {
    let each =
      time.width == 1
      ? "Calls by the second in which they ended."
      : "Calls by when they ended; each point is \(Figures.seconds(Double(time.width))), its times the worst second’s."
    return report.faults.isEmpty
      ? each + " No fault was injected." : each + " Shaded spans are faults, by their number in the table."
  }

  private func figure(_ time: TimelinePoints, _ faults: [FaultRow]) -> Markup {
    let times = time.points.flatMap { [$0.p50, $0.p99].compactMap { $0 } }
    let axis = LogAxis(times.filter { $0 > 0 }.min() ?? 1, times.max() ?? 1)
    let hasFailures = time.points.contains { $0.failed > 0 }
    let mostCalls = time.points.map(\.calls).max() ?? 0
    let mostFailed = Double(time.points.map(\.failed).max() ?? 0)
    let calls = Self.plot(
      "Calls a second", 90, [("calls", Self.steps(time, { $0.calls }, mostCalls))],
      [(0, "0"), (100, Figures.rounded(mostCalls.rounded()))])
    let failed: Markup =
      hasFailures
      ? Self.plot(
        "Failed calls", 60, [("failed", Self.steps(time, { Double($0.failed) }, mostFailed))],
        [(0, "0"), (100, Figures.rounded(mostFailed))])
      : ""
    let latency = Self.plot(
      "<i class=\"line p50\"></i> p50 <i class=\"line p99\"></i> p99, ms, logarithmic", 150,
      [("line99", Self.line(time, axis) { $0.p99 }), ("line50", Self.line(time, axis) { $0.p50 })],
      axis.ticks(finer: 2.4).map { (axis.position($0) * 100, LogAxis.label($0)) })
    let ticks = AxisLabels.markup(time.ticks.map { (time.position($0), Figures.seconds($0)) })
    return """
      <figure class="timeline" data-width="\(time.width)" data-end="\(time.end)" data-points="\(time.data)">
      \(Self.badges(faults, time))
      <div class="plots">\(Self.bands(faults, time))\(calls)\(failed)\(latency)<div class="cursor" hidden></div></div>
      \(ticks)<p class="readout" role="status"></p></figure>
      """
  }

  /// Lines and areas in a box of 100 by 100, stretched to the plot; labels stand in its left margin.
  private static func plot(
    _ title: Markup, _ height: Int, _ paths: [(name: Markup, path: Markup)], _ labels: [(place: Double, text: String)]
  ) -> Markup {
    let grid = labels.map { "M0 \(100 - $0.place)H100" as Markup }.joined()
    let drawn = paths.map { "<path class=\"\($0.name)\" d=\"\($0.path)\"/>" as Markup }.joined()
    let names = labels.map { "<span style=\"top:\(100 - $0.place)%\">\($0.text)</span>" as Markup }.joined()
    return """
      <h3><span>\(title)</span></h3><div class="plot" style="height:\(height)px">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" \
      aria-hidden="true"><path class="grid" d="\(grid)"/>\(drawn)</svg>\(names)</div>
      """
  }

  private static func steps(_ time: TimelinePoints, _ value: (TimelinePoints.Point) -> Double, _ most: Double) -> Markup
  {
    guard most > 0, let first = time.points.first else { return "" }
    var path: Markup = "M\(fine(time.position(Double(first.second)))) 100"
    for point in time.points {
      let value = value(point)
      // One failure beside thousands is still to be seen.
      let height = value > 0 ? max(value / most * 100, 2) : 0
      path += "V\(100 - height)H\(fine(time.position(Double(point.second + time.width))))"
    }
    return path + "V100Z"
  }

  private static func line(_ time: TimelinePoints, _ axis: LogAxis, _ value: (TimelinePoints.Point) -> Double?)
    -> Markup
  {
    var path: Markup = ""
    var isDown = false
    for point in time.points {
      guard let value = value(point) else {
        isDown = false
        continue
      }
      let x = fine(time.position(Double(point.second) + Double(time.width) / 2))
      path += "\(isDown ? "L" : "M" as Markup)\(x) \(100 - axis.position(value) * 100)"
      isDown = true
    }
    return path
  }

  /// Two decimals: a plot of a thousand pixels is stretched from a hundred units.
  private static func fine(_ value: Double) -> Markup {
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100)\(fraction == 0 ? "" : fraction < 10 ? ".0\(fraction)" : ".\(fraction)" as Markup)"
  }

  private static func span(_ fault: FaultRow, _ time: TimelinePoints) -> (start: Double, width: Double) {
    let start = time.position(fault.startSeconds.isFinite ? fault.startSeconds : 0)
    let end = fault.endSeconds.map { time.position($0.isFinite ? $0 : time.end) } ?? 100
    return (start, max(end - start, 0))
  }

  private static func bands(_ faults: [FaultRow], _ time: TimelinePoints) -> Markup {
    faults.map { fault -> Markup in
      let span = span(fault, time)
      return "<div class=\"band\" style=\"left:\(fine(span.start))%;width:\(fine(span.width))%\"></div>"
    }.joined()
  }

  /// Numbers over the spans, in as many rows as keep them apart on a narrow screen.
  private static func badges(_ faults: [FaultRow], _ time: TimelinePoints) -> Markup {
    let room = 8.0
    var ends: [Double] = []
    var badges: Markup = ""
    for (index, fault) in faults.enumerated() {
      let span = span(fault, time)
      let middle = min(max(span.start + span.width / 2, room / 2), 100 - room / 2)
      let row = ends.firstIndex { middle - room / 2 >= $0 } ?? ends.count
      if row == ends.count { ends.append(0) }
      ends[row] = middle + room / 2
      badges += "<span class=\"badge\" style=\"left:\(fine(middle))%;top:\(row * 22)px\">\(index + 1)</span>"
    }
    return faults.isEmpty
      ? "" : "<div class=\"badges\" aria-hidden=\"true\" style=\"height:\(ends.count * 22 + 2)px\">\(badges)</div>"
  }
}
