// "Did you mean": the nearest known word to one that is not known.

package enum Spelling {
  /// The candidate that was probably meant, or nil when none is near.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let plain = normalised(word)
    if let same = candidates.first(where: { normalised($0) == plain }) { return same }
    let ranked = candidates.map { (word: $0, distance: distance(plain, normalised($0))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(3, word.utf8.count / 3)) ? best.word : nil
  }

  /// `readOnly`, `read-only` and `READ_ONLY` are one word.
  private static func normalised(_ word: String) -> [UInt8] {
    word.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
  }

  /// Edits (insert, delete, replace, swap of neighbours) between two words; long words are not compared.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard left.count <= 64, right.count <= 64 else { return .max }
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
