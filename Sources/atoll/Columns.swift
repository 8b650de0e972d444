// Tables of text: columns as wide as their widest cell, two spaces between them.

/// Rows of cells, the first of which is the head. Colour is added behind the widths, so that it moves nothing.
struct Columns {
  struct Cell {
    var text: String
    var colour: Terminal.Colour?
    var isRight = false

    init(_ text: String, _ colour: Terminal.Colour? = nil, right: Bool = false) {
      // It may stand in a file of somebody's.
      self.text = TerminalLogHandler.printable(text)
      self.colour = colour
      isRight = right
    }
  }

  private var rows: [[Cell]] = []

  mutating func add(_ cells: [Cell]) { rows.append(cells) }

  func print(indented: Int = 0) {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0 }
    for row in rows {
      var line = String(repeating: " ", count: indented)
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.text.count)
        let text = cell.colour.map { Terminal.colour(cell.text, $0, on: Terminal.outputIsTerminal) } ?? cell.text
        let isLast = column == row.count - 1
        line += cell.isRight ? space + text : isLast ? text : text + space
        if !isLast { line += "  " }
      }
      Terminal.output(line)
    }
  }
}
