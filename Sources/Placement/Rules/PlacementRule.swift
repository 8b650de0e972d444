// The shape of a rule, and the rules in their order.

/// What a rule says of one site.
public enum Verdict: Sendable, Equatable {
  /// The site may have the tool; the figure or fact that says so.
  case kept(String)
  /// It may not; the figure or fact that says so.
  case removed(String)

  public var isKept: Bool { if case .kept = self { true } else { false } }
  public var text: String {
    switch self {
    case .kept(let text), .removed(let text): text
    }
  }
}

/// One reason why a site may not have a tool.
///
/// A rule judges a site by itself, whatever other rules say and whatever other sites there are: so the order of rules
/// changes nothing but the reading, a set of rules that cannot hold together can be found, and one site more never takes
/// another away.
public protocol PlacementRule: Sendable {
  /// As people read it, and as a manifest spells it where it comes from there.
  var name: String { get }
  /// Whether the tool asks for it at all; a rule that does not apply keeps every site and is not listed.
  func applies(to tool: ToolProfile) -> Bool
  /// What the manifest says that makes it apply, in the middle of a sentence.
  func asked(of tool: ToolProfile) -> String
  func verdict(on site: Int, for tool: ToolProfile, in model: CostModel) -> Verdict
}

public enum PlacementRules {
  /// Jurisdiction first: it only ever removes sites.
  public static let all: [any PlacementRule] = [
    JurisdictionRule(), TierRule(), StateRule(), NearRule(), MemoryRule(), BudgetRule(),
  ]
}
