// What people see: results on standard output, everything else on standard error; colour only on a
// terminal, and never when NO_COLOR is set (no-color.org).

import Glibc

enum Terminal {
  static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1
  private static let plain = environment("NO_COLOR").map { !$0.isEmpty } ?? false

  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// One line on standard error.
  static func line(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// A line of a terminal that stands in the place of the one before; empty: that one goes.
  static func rewrite(_ text: String) { write("\r\u{1B}[K\(text)", to: STDERR_FILENO) }

  /// Whether what people read on standard output is in colour.
  static var outputIsColoured: Bool { outputIsTerminal && !plain }

  /// The one clear error a failed verb ends with.
  static func error(_ text: String) {
    // It may quote what a worker's module threw.
    line(colour("error:", .red, on: errorIsTerminal) + " " + TerminalLogHandler.printable(text))
  }
  static func warning(_ text: String) { line(colour("warning:", .yellow, on: errorIsTerminal) + " " + text) }

  /// Text for standard output, written at once: a line is whole when a script reads it.
  static func output(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
  static func output(_ bytes: [UInt8]) { write(bytes + [0x0A], to: STDOUT_FILENO) }
  /// Bytes that are somebody's data: nothing is added.
  static func outputAsIs(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

  enum Colour: String {
    case red = "31", green = "32", yellow = "33", dim = "2", bold = "1"
  }

  static func colour(_ text: String, _ colour: Colour, on terminal: Bool) -> String {
    terminal && !plain ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.write(descriptor, raw.baseAddress! + sent, raw.count - sent)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }  // nobody reads: there is no one to tell
      sent += count
    }
  }
}
