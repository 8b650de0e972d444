// HTML that cannot be broken by what is put into it.

/// A piece of HTML. A string put into one with `\(…)` is escaped, in text and in quoted attributes alike; only a `Markup`
/// goes in as it is. So a name from a scenario cannot become an element, wherever a template uses it.
struct Markup: ExpressibleByStringInterpolation, Sendable {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

  static func += (markup: inout Markup, more: Markup) { markup.text += more.text }
  static func + (markup: Markup, more: Markup) -> Markup {
    var both = markup
    both += more
    return both
  }

  /// Says what a page does not show; nothing when that is nothing.
  static func leftOut(_ count: Int, _ what: String, _ place: Markup = "in the report’s JSON") -> Markup {
    count > 0 ? "<p class=\"quiet\">\(Figures.plural(count, "more \(what)")) \(place).</p>" : ""
  }

  var isEmpty: Bool { text.isEmpty }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text: String

    init(literalCapacity: Int, interpolationCount: Int) {
      text = ""
      text.reserveCapacity(literalCapacity + interpolationCount * 8)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }
    /// Disfavoured, so that a literal of a template's own, in a condition say, is a `Markup`.
    @_disfavoredOverload
    mutating func appendInterpolation(_ data: String) { Markup.append(data, to: &text) }
    mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
    mutating func appendInterpolation(_ integer: some BinaryInteger) { text += String(integer) }
    /// A coordinate: one decimal is finer than a pixel.
    mutating func appendInterpolation(_ coordinate: Double) {
      precondition(coordinate.isFinite, "a coordinate is a finite number")
      let tenths = Int((coordinate * 10).rounded())
      text += (tenths < 0 ? "-" : "") + String(tenths.magnitude / 10)
      if tenths % 10 != 0 { text += "." + String(tenths.magnitude % 10) }
    }
  }

  private static func append(_ data: String, to text: inout String) {
    for scalar in data.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\0": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}

extension Sequence<Markup> {
  func joined() -> Markup { reduce(into: "") { $0 += $1 } }
}
