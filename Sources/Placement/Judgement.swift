// What every rule says of every site, and what follows: the sites that are left, or why none is.

/// The verdicts on one tool.
public struct Judgement: Sendable, Equatable {
  public struct Rule: Sendable, Equatable {
    public let name: String
    /// What the manifest says that makes it apply.
    public let asked: String
    /// By site.
    public let verdicts: [Verdict]
  }

  /// In their order; only those that apply.
  public let rules: [Rule]

  /// Sites that every rule keeps.
  public var allowed: [Int] {
    guard let first = rules.first else { return [] }
    return first.verdicts.indices.filter { site in rules.allSatisfy { $0.verdicts[site].isKept } }
  }

  /// The smallest set of rules that no site satisfies together, by name; of several as small, the first in the rules'
  /// order. Empty where some site satisfies all.
  public var smallestConflict: [String] {
    guard let sites = rules.first?.verdicts.indices else { return [] }
    var best: [Int] = []
    // There are few rules, so every set of them is looked at.
    for set in 1..<(1 << rules.count) {
      let members = rules.indices.filter { set & (1 << $0) != 0 }
      guard
        best.isEmpty || members.count < best.count
          || members.count == best.count && members.lexicographicallyPrecedes(best)
      else { continue }
      let isSatisfiable = sites.contains { site in members.allSatisfy { rules[$0].verdicts[site].isKept } }
      if !isSatisfiable { best = members }
    }
    return best.map { rules[$0].name }
  }

  /// The site that breaks fewest of these rules, and what the first broken one says of it.
  func nearestMiss(_ names: [String]) -> (site: Int, text: String)? {
    let members = rules.filter { names.contains($0.name) }
    guard let sites = members.first?.verdicts.indices, !sites.isEmpty else { return nil }
    let broken = { (site: Int) in members.filter { !$0.verdicts[site].isKept } }
    guard let site = sites.min(by: { (broken($0).count, $0) < (broken($1).count, $1) }), let rule = broken(site).first
    else { return nil }
    return (site, "\(rule.name): \(rule.verdicts[site].text)")
  }
}
