// What a manifest says of where its worker runs, and of what its calls cost.

/// `[placement]`.
public struct PlacementWish: Sendable, Equatable {
  public enum Tier: String, Sendable, CaseIterable { case auto, edge, core }

  public var tier = Tier.auto
  /// Where it may run and keep state; nil: anywhere.
  public var jurisdictions: [String]?
  /// A dependency that it runs beside.
  public var near: String?
  public var latencyBudgetMilliseconds: Double?

  /// Anywhere.
  public init() {}

  init(_ table: CheckedTable?) {
    guard let table else { return }
    tier = Tier(rawValue: table.text("tier") ?? "") ?? .auto
    jurisdictions = table.texts("jurisdictions")
    near = table.text("near")
    latencyBudgetMilliseconds = table.number("latency_budget_ms")
  }
}

/// `[tools.expect]`: nil where the author does not say.
public struct ExpectedCost: Sendable, Equatable {
  public var serviceMilliseconds: Double?
  public var keyValueReads: Double?
  public var keyValueWrites: Double?
  public var dependencyCalls: Double?
  public var dependencyAnswerBytes: Int?
  public var requestBytes: Int?
  public var answerBytes: Int?

  public init() {}

  init(_ table: CheckedTable?) {
    guard let table else { return }
    serviceMilliseconds = table.number("service_ms")
    keyValueReads = table.number("kv_reads")
    keyValueWrites = table.number("kv_writes")
    dependencyCalls = table.number("dependency_calls")
    dependencyAnswerBytes = table.integer("dependency_answer")
    requestBytes = table.integer("request")
    answerBytes = table.integer("answer")
  }
}
