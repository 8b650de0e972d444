// Every bound and every assumption of this module, by name and unit.

public enum PlacementLimits {
  /// Sites of a topology whose links are all given: their ways are found in cubic time.
  public static let linkedSitesMax = 400
  /// How far a site may be from what its tools want to be near, there and back, in milliseconds.
  public static let nearRoundTripMilliseconds = 10.0
  /// Sites that a node keeps in reserve for each tool, nearest first.
  public static let routeSitesMax = 8
  /// Of those, how many are in other regions than the best one's, where there are any.
  public static let routeSitesElsewhere = 2
  /// Steps of a chain that is planned as a whole.
  public static let chainStepsMax = 8
  /// Bytes of a node's `/metrics` that are read.
  public static let metricsBytes = 16 << 20
  /// Sites that a call may pass, the first one included.
  public static let hopsMax = 3
}

/// What is assumed of a tool of which nothing is known.
public enum PlacementAssumptions {
  public static let serviceMilliseconds = 2.0
  /// Of a tool whose worker has namespaces.
  public static let keyValueReads = 1.0
  /// Of such a tool that is not read-only.
  public static let keyValueWrites = 1.0
  /// To each dependency that the worker names.
  public static let dependencyCalls = 1.0
  public static let requestBytes = 512.0
  public static let answerBytes = 2_048.0
  /// Of a dependency's answer.
  public static let dependencyAnswerBytes = 1_024.0
  /// Of a request to a store or a dependency, and of a value in a store.
  public static let operationBytes = 256.0
  /// Of an answer that names its data instead of giving them.
  public static let referenceBytes = 256.0
  /// What one more node on the way costs beside its link, in milliseconds.
  public static let forwardMilliseconds = 0.3
}
