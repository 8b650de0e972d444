// Structured logs: one JSON object a line on standard error.

import JSON
import KeyValue
public import Logging

/// Writes each log line as one JSON object: `time`, `level`, `message`, then the metadata.
///
/// A line carries no secret and no argument of a call: what the node passes as metadata are names, sizes,
/// durations and fault messages, which are made of names and numbers.
public struct JSONLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]

  public init(level: Logger.Level) { logLevel = level }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let all = event.metadata.map { metadata.merging($0) { _, new in new } } ?? metadata
    LogWriter.standardError.write(Self.line(event.level, event.message.description, all)) { dropped in
      Self.line(.warning, "log lines were dropped: nothing took them", ["dropped": "\(dropped)"])
    }
  }

  /// One line, its newline included.
  static func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> [UInt8] {
    var writer = JSONWriter(reserving: 256)
    writer.beginObject()
    writer.member("time", timestamp())
    writer.member("level", level.rawValue)
    writer.member("message", message)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { writer.member(key, value.description) }
    writer.endObject()
    writer.bytes.append(UInt8(ascii: "\n"))
    return writer.bytes
  }

  /// RFC 3339 in UTC, to the millisecond. By arithmetic: C's calendar comes in structures that several modules define.
  static func timestamp(_ milliseconds: UInt64 = machineWallClock()) -> String {
    func pad(_ value: Int, _ width: Int = 2) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let seconds = Int(milliseconds / 1_000)
    let day = seconds / 86_400
    // Days are counted from 1 March of the year 0, so that a leap day is the last of its year; 400 years are 146,097 days.
    let shifted = day + 719_468
    let era = shifted / 146_097
    let ofEra = shifted % 146_097
    let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let march = (5 * ofYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    let date = "\(era * 400 + year + (month <= 2 ? 1 : 0))-\(pad(month))-\(pad(ofYear - (153 * march + 2) / 5 + 1))"
    let second = seconds % 86_400
    return date
      + "T\(pad(second / 3_600)):\(pad(second / 60 % 60)):\(pad(second % 60)).\(pad(Int(milliseconds % 1_000), 3))Z"
  }
}
