// What `--json` prints: one object on one line, its members in a fixed order.

import JSON

enum JSONText {
  /// Writes one object and prints it.
  static func print(_ members: (inout JSONWriter) -> Void) {
    var writer = JSONWriter(reserving: 512)
    writer.beginObject()
    members(&writer)
    writer.endObject()
    Terminal.output(writer.bytes)
  }

  static func isObject(_ bytes: [UInt8]) -> Bool {
    guard let document = try? JSONDocument(bytes) else { return false }
    return document.root.isObject
  }
}

extension JSONWriter {
  /// Figures of a noisy machine: three decimals claim enough.
  mutating func member(_ name: String, figure value: Double) {
    member(name, (value * 1000).rounded() / 1000)
  }

  mutating func member(_ name: String, _ texts: [String]) {
    key(name)
    beginArray()
    for text in texts { string(text) }
    endArray()
  }
}
