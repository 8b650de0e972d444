// Sizes as people write them: "16MiB". Decimal units are refused, since nobody agrees on what they mean.

package enum ByteSize {
  private static let units: [(suffix: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0)]

  /// The number of bytes, or nil when `text` is not a whole number followed by B, KiB, MiB or GiB.
  package static func parse(_ text: String) -> Int? {
    for (suffix, shift) in units where text.hasSuffix(suffix) {
      var digits = text.dropLast(suffix.count)
      while digits.last == " " { digits.removeLast() }
      guard (1...12).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits)
      else { return nil }
      let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
      return overflow ? nil : bytes
    }
    return nil
  }

  /// The shortest exact spelling: 16777216 is "16MiB", 1000 is "1000B".
  package static func format(_ bytes: Int) -> String {
    for (suffix, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes != 0 && bytes & (1 << shift - 1) == 0 {
      return "\(bytes >> shift)\(suffix)"
    }
    return "\(bytes)B"
  }

  /// What was probably meant by a size that does not parse: "16 MB", "16mb" and "16M" become "16MiB".
  static func suggestion(for text: String) -> String {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return "16MiB" }
    switch text.first(where: { $0.isLetter })?.lowercased() {
    case "k": return "\(digits)KiB"
    case "g": return "\(digits)GiB"
    case "b": return "\(digits)B"
    default: return "\(digits)MiB"
    }
  }
}
