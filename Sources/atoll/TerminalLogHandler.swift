// Logs for a person at a terminal: one short line each. Elsewhere they are JSON (`JSONLogHandler`).

import Logging

struct TerminalLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(level: Logger.Level) { logLevel = level }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let colour: Terminal.Colour =
      switch event.level {
      case .trace, .debug: .dim
      case .info, .notice: .green
      case .warning: .yellow
      case .error, .critical: .red
      }
    let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
    let details = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    Terminal.line(
      "\(Terminal.colour(event.level.rawValue, colour, on: true)) \(event.message)\(details.isEmpty ? "" : "  " + details)")
  }
}
