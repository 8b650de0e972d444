// Numbers and names as people read them, the same in the table and on the page.

enum Figures {
  /// 12,345,678
  static func count(_ value: some BinaryInteger) -> String {
    var digits = Array(String(value.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (value < 0 ? "−" : "") + String(digits)
  }

  /// A count to three digits, for axes and tiles: 950, 12.3 k, 10 M.
  static func rounded(_ value: some BinaryInteger) -> String { rounded(Double(value)) }
  static func rounded(_ value: Double) -> String {
    guard value >= 1_000 else { return value == value.rounded() ? fixed(value, 0) : significant(value) }
    for (unit, scale) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where value >= scale * 0.9995 {
      return significant(value / scale) + " " + unit
    }
    return significant(value)
  }

  /// A time of a table whose head says ms: three digits, whole from 100 on.
  static func milliseconds(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let size = value.magnitude
    if size < 0.005 { return "0" }
    return fixed(value, size < 1 ? 2 : size < 100 ? 1 : 0)
  }

  /// A time with its unit: 0.42 ms, 8.4 ms, 120 ms, 1.24 s, 2 min 5 s.
  static func duration(_ milliseconds: Double) -> String {
    guard milliseconds.isFinite, milliseconds.magnitude < 1e15 else { return "–" }
    let size = milliseconds.magnitude
    if size > 0, size < 0.1 { return significant(milliseconds * 1_000) + " µs" }
    if size < 999.5 { return significant(milliseconds) + " ms" }
    if size < 119_500 { return significant(milliseconds / 1_000) + " s" }
    let seconds = Int((size / 1_000).rounded())
    return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
  }

  static func seconds(_ value: Double) -> String { value == 0 ? "0 s" : duration(value * 1_000) }

  /// A share of a whole. What is not nothing is never shown as 0.
  static func share(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "–" }
    let percent = Double(part) / Double(whole) * 100
    if part == 0 { return "0 %" }
    if percent < 0.01 { return "<0.01 %" }
    if part < whole, percent > 99.99 { return ">99.99 %" }
    return fixed(percent, percent < 10 ? 2 : 1) + " %"
  }

  /// Up to three digits, without zeros that say nothing.
  static func significant(_ value: Double) -> String {
    let size = value.magnitude
    var text = fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// So many decimals, with commas between thousands.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "–" }
    let scale = [1.0, 10, 100, 1_000][decimals]
    let scaled = Int64((value.magnitude * scale).rounded())
    let sign = value < 0 && scaled != 0 ? "−" : ""
    guard decimals > 0 else { return sign + count(scaled) }
    let fraction = String(scaled % Int64(scale))
    return sign + count(scaled / Int64(scale)) + "." + String(repeating: "0", count: decimals - fraction.count)
      + fraction
  }

  /// A name from the scenario, for showing: cut when it is too long, and without what steers a terminal or turns the
  /// direction of the text around it.
  static func name(_ text: String) -> String { shown(text, ReportLimits.nameCharacters) }
  static func sentence(_ text: String) -> String { shown(text, ReportLimits.sentenceCharacters) }

  private static func shown(_ text: String, _ limit: Int) -> String {
    var shown = ""
    var room = limit
    for character in text {
      guard room > 0 else { return shown + "…" }
      room -= 1
      // A pile of combining marks is one character and would cover the lines above.
      for scalar in character.unicodeScalars.prefix(8) {
        if steers(scalar) {
          shown += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
          shown.unicodeScalars.append(scalar)
        }
      }
    }
    return shown
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    // Embeddings, overrides, isolates and marks of direction.
    case .format: scalar.value != 0x200D && scalar.value != 0x200C
    default: false
    }
  }

  /// The names, and how many are not shown.
  static func list(_ names: [String], limit: Int = ReportLimits.namedSites) -> String {
    let shown = names.prefix(limit).map(name).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(count(names.count - limit)) more" : shown
  }

  static func plural(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    "\(count(number)) \(number == 1 ? one : many ?? one + "s")"
  }
}
