// atoll kv put NAMESPACE KEY VALUE|-: write a value whole.

import ArgumentParser
import JSON
import KeyValue

struct KVPut: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put",
    abstract: "Write a value; prints its version.",
    discussion: """
      VALUE is the text itself, or - for the bytes of standard input. Without --ttl it never expires, also where \
      the old value did. Exit status: 0 ok, 1 the condition did not hold, 2 wrong usage, 3 the store could not be \
      reached or used.
      """)

  @OptionGroup var options: KVOptions
  @Argument(help: "The key.") var key: String
  @Argument(help: "The value, or - for standard input.") var value: String
  @Option(help: "How long it lives, such as 500ms, 30s, 30m, 12h or 7d.") var ttl: TimeToLive?
  @Flag(help: "Only if there is no value.") var ifAbsent = false
  @Option(help: "Only if the value has this version.") var ifVersion: UInt64?

  func validate() throws {
    if ifAbsent && ifVersion != nil { throw ValidationError("--if-absent and --if-version exclude each other.") }
  }

  func run() throws {
    let operation = KeyValueOperation.Body.put(
      key: Array(key.utf8), value: value == "-" ? Files.standardInput() : Array(value.utf8),
      timeToLive: ttl?.milliseconds,
      condition: ifAbsent ? .absent : ifVersion.map { .version($0) } ?? .none)
    let answer = try options.run(checking: operation, making: true) { (store) async throws(KeyValueError) in
      try await store.perform(operation)
    }
    guard case .written(let version) = answer else { return }
    if options.json { JSONText.print { $0.member("version", "\(version)") } } else { Terminal.output("\(version)") }
  }
}

/// `--ttl`: a whole number and its unit.
struct TimeToLive: ExpressibleByArgument, Equatable {
  let milliseconds: UInt64

  init?(argument: String) {
    let units: [(String, UInt64)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    guard let (unit, factor) = units.first(where: { argument.hasSuffix($0.0) }),
      let count = UInt64(argument.dropLast(unit.count)), argument.first?.isNumber == true
    else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow, (1...KeyValueLimits.timeToLiveMax).contains(milliseconds) else { return nil }
    self.milliseconds = milliseconds
  }
}
