// A table that becomes a list of cards on a narrow screen.

/// Each cell carries its column's title, which a narrow screen shows beside it. Roles are written out, because elements
/// that are laid out as blocks are no table to a screen reader any more.
struct DataTable {
  struct Column {
    var title: String
    var isNumber: Bool
    static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
    static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
  }

  private let name: String
  private let columns: [Column]
  private var rows: Markup = ""

  init(_ name: String, _ columns: [Column]) {
    self.name = name
    self.columns = columns
  }

  /// As many cells as columns; an empty one is left out on a narrow screen.
  mutating func add(_ cells: [Markup]) {
    var row: Markup = "<tr role=\"row\">"
    for (column, cell) in zip(columns, cells) {
      let empty: Markup = cell.isEmpty ? " data-empty" : ""
      row += """
        <td role="cell"\(column.isNumber ? " class=\"number\"" : "" as Markup)\(empty) data-title="\(column.title)">\(cell)</td>
        """
    }
    rows += row + "</tr>"
  }

  var markup: Markup {
    let head = columns.map { column -> Markup in
      """
      <th role="columnheader" scope="col"\(column.isNumber ? " class=\"number\"" : "" as Markup)>\(column.title)</th>
      """
    }.joined()
    return """
      <table role="table" aria-label="\(name)"><thead role="rowgroup"><tr role="row">\(head)</tr></thead>\
      <tbody role="rowgroup">\(rows)</tbody></table>
      """
  }
}
