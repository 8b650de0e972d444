// The Date header, written once a second instead of once an answer.

import Glibc

/// The `Date: …` line of answers, in the fixed form of RFC 9110, 5.6.7. Confined to its loop.
struct DateHeader {
  /// The whole line with its CRLF.
  private(set) var line: [UInt8] = []
  private var second: Int = .min

  /// Brings the line up to date. Cost: one clock read, and 40 bytes written once a second.
  mutating func update() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    update(secondsSinceEpoch: now.tv_sec)
  }

  mutating func update(secondsSinceEpoch: Int) {
    guard secondsSinceEpoch != second else { return }
    second = secondsSinceEpoch
    line = Array("Date: \(DateHeader.format(secondsSinceEpoch))\r\n".utf8)
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`. The civil date comes from the days since 0000-03-01, whose years end in February.
  static func format(_ secondsSinceEpoch: Int) -> String {
    let days = secondsSinceEpoch / 86_400
    let seconds = secondsSinceEpoch % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let clock = "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return "\(weekdays[(days + 4) % 7]), \(two(day)) \(months[month - 1]) \(year) \(clock) GMT"
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
