// "Did you mean": the nearest of the names that would have been right.

extension Words {
  /// ` (did you mean "city"?)` if one of the names is near; empty if none is.
  static func suggestion(for found: String, among names: some Sequence<String>) -> String {
    guard let nearest = nearest(to: found, among: names) else { return "" }
    return " (did you mean \(quoted(nearest))?)"
  }

  /// What looking for the nearest name costs in steps of about 10 ns; nothing for a name that is too long to be one.
  static func suggestionSteps(for found: Int, among names: some Sequence<Int>) -> Int {
    guard found <= suggestedBytes else { return 0 }
    return names.prefix(suggestedNames).reduce(0) { $1 <= suggestedBytes ? $0 + 8 + found * $1 / 2 : $0 + 1 }
  }

  /// Bytes of the longest name that is compared, and how many are.
  private static let suggestedBytes = 64
  private static let suggestedNames = 200

  /// The name that is fewest edits away, at most a third of its length; case does not count.
  private static func nearest(to found: String, among names: some Sequence<String>) -> String? {
    guard found.utf8.count <= suggestedBytes else { return nil }
    let wanted = Array(found.lowercased().utf8)
    var best: (name: String, distance: Int)?
    for name in names.prefix(suggestedNames) where name.utf8.count <= suggestedBytes && name != found {
      let distance = distance(wanted, Array(name.lowercased().utf8))
      if distance <= max(name.utf8.count / 3, 1), distance < best?.distance ?? .max { best = (name, distance) }
    }
    // One letter for another is no near miss.
    return best.flatMap { $0.name.utf8.count > 1 ? $0.name : nil }
  }

  /// Insertions, deletions, substitutions, and swaps of neighbours.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        var cost = min(
          current[column] + 1, last[column + 1] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
