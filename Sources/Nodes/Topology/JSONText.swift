// A few members of JSON, for the data of errors and of probes.

import JSON

struct JSONText {
  private var bytes: [UInt8] = []

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func raw(_ text: String) { bytes += Array(text.utf8) }

  /// What comes before a string, then the string.
  mutating func append(_ before: String, _ value: String) {
    raw(before)
    JSONWriter.append(value, to: &bytes)
  }
}
