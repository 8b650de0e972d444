// Stack traces of JavaScript workers in the log, with the author's files and lines in place of the bundled module's.

import Bundles
import JavaScript

/// The source map of one worker, read as the worker is opened: a loop must not stop for it. Immutable.
struct AuthorPositions: Sendable {
  private let map: SourceMap

  /// Nil for a worker that is not JavaScript, or whose map cannot be read.
  init?(_ bundle: Bundle) {
    guard let map = bundle.sourceMap() else { return nil }
    self.map = map
  }

  /// The line as its author can use it. A line without a position costs a look at its bytes.
  func mapped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: ":")), text.contains("\(SourceMap.bundledFile):") else { return text }
    return map.mapped(text)
  }
}
