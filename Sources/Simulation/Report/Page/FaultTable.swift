// What each fault cost.

struct FaultTable {
  /// Those that are shown.
  let faults: [FaultRow]
  let total: Int

  var markup: Markup {
    guard !faults.isEmpty else { return "" }
    let hasNotes = faults.contains { !$0.note.isEmpty }
    var table = DataTable(
      "Faults and their cost",
      [
        .text("Fault"), .text("Target"), .number("From"), .number("To"), .number("Failed calls"),
        .number("Slow calls"), .number("Recovered after"),
      ] + (hasNotes ? [.text("Note")] : []))
    for (index, fault) in faults.enumerated() {
      table.add(
        [
          "<span><span class=\"badge\">\(index + 1)</span> \(Figures.name(fault.kind))</span>",
          "\(Figures.name(fault.target))",
          "\(Figures.seconds(fault.startSeconds))", "\(fault.endSeconds.map(Figures.seconds) ?? "the end")",
          "\(fault.failedCalls > 0 ? "<b class=\"bad\">\(Figures.count(fault.failedCalls))</b>" : "0" as Markup)",
          "\(Figures.count(fault.slowCalls))",
          fault.recoveredAfterMilliseconds.map { "\(Figures.duration($0))" } ?? "<b class=\"bad\">never</b>",
        ] + (hasNotes ? ["\(Figures.sentence(fault.note))"] : []))
    }
    let rest = total - faults.count
    return table.markup
      + Markup.leftOut(rest, "fault")
  }
}
