// Which regular expressions scan more of a text than PCRE2 counts.

enum PatternScans {
  /// Repeats of one item up to so often are not worth counting.
  private static let harmlessRepeats = 256

  private enum Group { case plain, lookahead, leadingLookahead }

  /// Whether one counted step can hide a scan over the whole text, wherever it begins: a lookahead that repeats (once it
  /// holds, nothing of it is given back and counted), a back reference, a long fixed repeat. Not a lookahead right behind
  /// the `^` that the pattern begins with, which is tried at one place only: `^(?=.*[0-9])(?=.*[a-z]).{8,}$`.
  ///
  /// For patterns that were found to be well-formed; may say yes where no would do.
  static func areUncounted(in pattern: String) -> Bool {
    let source = Array(pattern.unicodeScalars)
    var groups: [Group] = []
    var isLeading = source.first == "^"
    var index = isLeading ? 1 : 0
    while index < source.count {
      let scalar = source[index]
      index += 1
      switch scalar {
      case "(":
        let isLookahead =
          index + 1 < source.count && source[index] == "?" && "=!".unicodeScalars.contains(source[index + 1])
        let staysLeading = isLeading && groups.isEmpty && isLookahead
        groups.append(staysLeading ? .leadingLookahead : isLookahead ? .lookahead : .plain)
        if isLookahead { index += 2 } else if groups.count == 1 { isLeading = false }
      case ")":
        _ = groups.popLast()
      case "*", "+":
        if groups.contains(.lookahead) { return true }
      case "{":
        let digits = source[index...].prefix { ("0"..."9").contains($0) }
        guard let count = Int(String(String.UnicodeScalarView(digits))) else { break }
        if count > harmlessRepeats || groups.contains(.lookahead) { return true }
      case "\\":
        guard index < source.count else { return true }
        if ("1"..."9").contains(source[index]) || source[index] == "k" { return true }
        index += 1
        if groups.isEmpty { isLeading = false }
      case "[":
        while index < source.count, source[index] != "]" { index += source[index] == "\\" ? 2 : 1 }
        index += 1
        if groups.isEmpty { isLeading = false }
      default:
        if groups.isEmpty { isLeading = false }
      }
    }
    return false
  }
}
