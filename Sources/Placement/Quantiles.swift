// Quantiles of figures that do not all count alike.

/// Figures with weights; the weights need not add up to one.
public struct WeightedFigures: Sendable, Equatable {
  private var figures: [(value: Double, weight: Double)] = []

  public init() {}

  public var isEmpty: Bool { figures.isEmpty }

  public mutating func add(_ value: Double, weight: Double) { figures.append((value, weight)) }

  public mutating func add(_ others: WeightedFigures) { figures += others.figures }

  public var mean: Double {
    let total = figures.reduce(0) { $0 + $1.weight }
    return total > 0 ? figures.reduce(0) { $0 + $1.value * $1.weight } / total : 0
  }

  /// The smallest figure that at least this part of the weight does not exceed; 0 where there is none.
  public func quantile(_ part: Double) -> Double {
    let sorted = figures.sorted { ($0.value, $0.weight) < ($1.value, $1.weight) }
    let wanted = part * sorted.reduce(0) { $0 + $1.weight }
    var reached = 0.0
    for figure in sorted {
      reached += figure.weight
      // Sums of the same weights in another order differ in their last bits.
      if reached >= wanted * (1 - 1e-12) { return figure.value }
    }
    return sorted.last?.value ?? 0
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.figures.count == b.figures.count && zip(a.figures, b.figures).allSatisfy { $0 == $1 }
  }
}
