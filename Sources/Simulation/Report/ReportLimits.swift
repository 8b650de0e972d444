// How much of a run the report's page and table show; its JSON holds everything.

enum ReportLimits {
  /// Characters of a name from the scenario that are shown.
  static let nameCharacters = 48
  /// Characters of a name on the map.
  static let labelCharacters = 22
  /// Characters of a sentence: a reason, a note, a check's detail.
  static let sentenceCharacters = 400
  /// Sites of a tool that are listed by name.
  static let namedSites = 8
  /// Markers on the map before near ones are drawn as one.
  static let markers = 150
  /// Side of the square in which they are drawn as one, in degrees.
  static let cellDegrees = 5.0
  static let tools = 24
  /// Regions of a tool with a distribution of their own.
  static let regions = 11
  /// Points on the time axis; a longer run shows the worst of each few seconds.
  static let points = 480
  static let faults = 60
  static let checks = 60
  static let reasons = 16
  static let validationRows = 200
  static let failureCodes = 6
}
