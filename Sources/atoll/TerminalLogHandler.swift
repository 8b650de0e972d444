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

  /// A guest's words may hold what steers a terminal: control characters are shown, never sent. The lines of a stack
  /// trace stay lines, each indented, so that none looks like one of the log's own.
  static func printable(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" {
        shown += "\n  "
      } else if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
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
    let text = Self.printable("\(event.message)\(details.isEmpty ? "" : "  " + details)")
    Terminal.line("\(Terminal.colour(event.level.rawValue, colour, on: Terminal.errorIsTerminal)) \(text)")
  }
}
