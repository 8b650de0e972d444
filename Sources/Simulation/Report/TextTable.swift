// Columns for a terminal.

/// Rows of cells under a head: the first column to the left, the others to the right, as wide as their widest cell. Widths
/// count characters; colour is added around a padded cell, so that it does not count.
struct TextTable {
  enum Paint: String { case red = "31", green = "32", dim = "2", bold = "1" }

  private struct Cell {
    var text: String
    var paint: Paint?
  }

  private var rows: [[Cell]] = []
  private let leading: Int
  private let coloured: Bool

  /// The first `leading` columns stand to the left.
  init(_ head: [String], leading: Int = 1, coloured: Bool) {
    self.leading = leading
    self.coloured = coloured
    rows.append(head.map { Cell(text: $0, paint: .dim) })
  }

  mutating func add(_ cells: [String], paint: [Int: Paint] = [:]) {
    rows.append(cells.enumerated().map { Cell(text: $1, paint: paint[$0]) })
  }

  /// Ends with a line break.
  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let gap = String(repeating: " ", count: widths[column] - cell.text.count)
        if column > 0 { line += "  " }
        let painted = Self.painted(cell.text, cell.paint, coloured)
        line += column < leading ? painted + (column == row.count - 1 ? "" : gap) : gap + painted
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }

  static func painted(_ text: String, _ paint: Paint?, _ coloured: Bool) -> String {
    guard coloured, let paint, !text.isEmpty else { return text }
    return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
  }
}
