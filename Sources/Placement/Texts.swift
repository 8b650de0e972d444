// Figures as people read them.

public enum Milliseconds {
  /// Whole numbers without a point: "3", "2.50".
  public static func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : digits(value)
  }

  /// "0.42 ms", "12.3 ms", "188 ms".
  static func text(_ milliseconds: Double) -> String {
    guard milliseconds.isFinite else { return "never" }
    return "\(digits(milliseconds)) ms"
  }

  /// "0.42", "12.3", "188".
  public static func digits(_ value: Double) -> String {
    let places = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
    let scaled = (value * places).rounded()
    let whole = Int(scaled / places)
    if places == 1 { return "\(whole)" }
    let rest = Int(scaled) - whole * Int(places)
    return places == 100 ? "\(whole).\(rest < 10 ? "0" : "")\(rest)" : "\(whole).\(rest)"
  }
}

enum Bytes {
  static func text(_ bytes: Int) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes >= size {
      return bytes % size == 0
        ? "\(bytes / size) \(unit)" : "\(Milliseconds.digits(Double(bytes) / Double(size))) \(unit)"
    }
    return "\(bytes) B"
  }
}

enum Count {
  /// "1 call", "2.5 calls".
  static func text(_ count: Double, _ one: String, _ many: String? = nil) -> String {
    "\(Milliseconds.plain(count)) \(count == 1 ? one : many ?? one + "s")"
  }
}
