// Structured logs: one JSON object a line on standard error.

import Glibc
import JSON
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

  /// RFC 3339 in UTC, to the millisecond.
  private static func timestamp() -> String {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    var parts = unsafe tm()
    var seconds = now.tv_sec
    unsafe gmtime_r(&seconds, &parts)
    func pad(_ value: some BinaryInteger, _ width: Int = 2) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return unsafe "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))T\(pad(parts.tm_hour)):"
      + "\(pad(parts.tm_min)):\(pad(parts.tm_sec)).\(pad(now.tv_nsec / 1_000_000, 3))Z"
  }
}
