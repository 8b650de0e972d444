// Names on the map where there is room for them.

/// A label is HTML over the drawing, so that it stays legible at any width; which names have room is found out for one
/// width, and then holds for all wider ones.
struct MapLabels {
  enum Side: String, CaseIterable {
    case right = "r", left = "l", above = "a", below = "b"
    case aboveRight = "ar", aboveLeft = "al", belowRight = "br", belowLeft = "bl"
  }

  struct Label {
    var mark: MapMark
    var side: Side
    /// In pixels. A name in a font that is wider than thought is cut there.
    var room: Double
  }

  /// The map's width in pixels for which the labels were laid out.
  let width: Double
  /// What marks are drawn larger by on narrow screens.
  let magnification: Double
  private(set) var labels: [Label] = []

  private static let boldness = 1.12
  private static let lineHeight = 15.0
  static let gap = 3.0

  /// Takes marks in their order, core sites first.
  init(_ marks: [MapMark], width: Double, magnification: Double, limit: Int) {
    self.width = width
    self.magnification = magnification
    let scale = width / MapProjection.width
    let bounds = Box(x: 0, y: 0, width: width, height: MapProjection.height * scale)
    let isNamed = marks.filter { $0.ran > 0 || $0.tier == .core || marks.count <= 40 }
    let hasFewCores = marks.count { $0.tier == .core } <= limit / 2
    let candidates = isNamed.filter { $0.tier == .core }.prefix(limit) + isNamed.filter { $0.tier == .edge }
    let obstacles = marks.map { mark in
      let radius = mark.radius * scale * magnification
      return Box(x: mark.x * scale - radius, y: mark.y * scale - radius, width: radius * 2, height: radius * 2)
    }
    var taken: [Box] = []
    for mark in candidates where labels.count < limit {
      let own = Self.width(of: Self.name(of: mark)) * (mark.tier == .core ? Self.boldness : 1)
      let free = Side.allCases.filter { side in
        let box = Self.box(mark, side, own, scale, magnification)
        return box.isInside(bounds) && !taken.contains { $0.overlaps(box) }
      }
      let clear = free.first { side in
        let box = Self.box(mark, side, own, scale, magnification)
        return !obstacles.contains { $0.overlaps(box) }
      }
      // A core site is worth its name, even over another's mark.
      guard let side = clear ?? (mark.tier == .core && hasFewCores ? free.first : nil) else { continue }
      taken.append(Self.box(mark, side, own, scale, magnification))
      labels.append(Label(mark: mark, side: side, room: own))
    }
  }

  private static func name(of mark: MapMark) -> String {
    let name = Figures.name(mark.name)
    return name.count > ReportLimits.labelCharacters ? name.prefix(ReportLimits.labelCharacters - 1) + "…" : name
  }

  /// In pixels, of letters of 12 in the widest of the fonts that the page asks for.
  private static func width(of name: String) -> Double {
    name.unicodeScalars.reduce(0) { width, scalar in
      switch scalar {
      case "i", "j", "l", ".", ",", "'", "|": width + 4.5
      case "m", "w", "M", "W", "@", "%", "…": width + 12.5
      case "A"..."Z": width + 9.5
      default: width + (scalar.isASCII ? 7.9 : 12.5)
      }
    }
  }

  private static func box(
    _ mark: MapMark, _ side: Side, _ own: Double, _ scale: Double, _ magnification: Double
  ) -> Box {
    let offset = mark.radius * scale * magnification + gap
    let (x, y) = (mark.x * scale, mark.y * scale)
    return switch side {
    case .right: Box(x: x + offset, y: y - lineHeight / 2, width: own, height: lineHeight)
    case .left: Box(x: x - offset - own, y: y - lineHeight / 2, width: own, height: lineHeight)
    case .above: Box(x: x - own / 2, y: y - offset - lineHeight, width: own, height: lineHeight)
    case .below: Box(x: x - own / 2, y: y + offset, width: own, height: lineHeight)
    // Beginning or ending over the mark's middle.
    case .aboveRight: Box(x: x, y: y - offset - lineHeight, width: own, height: lineHeight)
    case .aboveLeft: Box(x: x - own, y: y - offset - lineHeight, width: own, height: lineHeight)
    case .belowRight: Box(x: x, y: y + offset, width: own, height: lineHeight)
    case .belowLeft: Box(x: x - own, y: y + offset, width: own, height: lineHeight)
    }
  }

  /// Spans in the element that holds the drawing and has its size.
  func markup(class name: String) -> Markup {
    labels.map { label -> Markup in
      let reach = label.mark.radius * magnification
      let (across, down, shift): (Double, Double, Markup) =
        switch label.side {
        case .right: (label.mark.x + reach, label.mark.y, "margin-left:3px")
        case .left: (label.mark.x - reach, label.mark.y, "margin-left:-3px")
        case .above, .aboveLeft, .aboveRight: (label.mark.x, label.mark.y - reach, "margin-top:-3px")
        case .below, .belowLeft, .belowRight: (label.mark.x, label.mark.y + reach, "margin-top:3px")
        }
      let left = across / MapProjection.width * 100
      let top = down / MapProjection.height * 100
      return """
        <span class="label \(name) \(label.side.rawValue)\(label.mark.tier == .core ? " strong" : "")" \
        style="left:\(left)%;top:\(top)%;max-width:\(label.room)px;\(shift)">\(Self.name(of: label.mark))</span>
        """
    }.joined()
  }
}

private struct Box {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
  func isInside(_ outer: Box) -> Bool {
    x >= outer.x && y >= outer.y && x + width <= outer.x + outer.width && y + height <= outer.y + outer.height
  }
}
