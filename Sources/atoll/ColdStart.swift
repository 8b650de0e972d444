// atoll bench cold-start WORKER: what a fresh sandbox costs, phase by phase.

import ArgumentParser
import Histogram
import JSON
import Manifests
import Nodes

struct ColdStart: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boot a fresh instance for every call and say how long each phase took.",
    discussion: """
      The figure runs from the request's bytes in hand to the store deleted: store, instantiate, call, \
      delete. A time is only worth something as a ratio inside one run: `make bench` sets it beside the \
      same life cycle in C. Several workers are called in turn, as a node with many of them would.
      """)

  @Argument(help: "Workers' folders or bundles.", completion: .file()) var workers: [String]
  @Option(help: "Calls to measure, after a tenth as many to warm up.") var calls = 20_000
  @Option(help: "The tool to call (default: the first of the manifest).") var tool: String?
  @Option(help: "Its arguments (default: made from its schema).") var arguments: String?
  @Option(help: "Write the request's bytes, as the guest gets them, to this file.", completion: .file())
  var dumpRequest: String?
  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup(title: "For workers that are granted something") var services: ServiceFlags

  func validate() throws {
    guard (1...10_000_000).contains(calls) else { throw ValidationError("--calls takes 1 to 10000000") }
  }

  func run() throws {
    // State in memory, unless the store is what is measured: an operation on it is over before the guest could sleep.
    var configuration = NodeConfiguration.standard
    configuration.kv = "memory:"
    let credentials = try ServiceSettings.resolve(services, &configuration, mintsKeys: true)
    let bench = try LocalRun.run { [configuration] loop throws(NodeError) in
      // Tools of one name in several workers are told apart by a prefix, as in node.toml.
      let sources = workers.enumerated().map { index, path in
        WorkerSource(path: path, prefix: workers.count > 1 ? "\(index)." : nil)
      }
      let node = try LocalRun.open(sources, configuration, credentials, on: loop)
      return try await node.coldStart(tool: tool, arguments: arguments.map { Array($0.utf8) }, calls: calls)
    }
    if let dumpRequest { try Files.write(bench.request, to: dumpRequest) }
    let phases = bench.phases.map { ($0.name, Self.quantiles($0.nanoseconds)) }
    let fresh = Self.quantiles(bench.freshCall)
    if json {
      JSONText.print {
        $0.member("worker", bench.workerName)
        $0.member("workers", workers.count)
        $0.member("tool", bench.tool)
        $0.member("digest", bench.digest)
        $0.member("answer", String(decoding: bench.answer, as: UTF8.self))
        $0.member("calls", calls)
        $0.member("interrupted", bench.interrupted)
        $0.member("fresh_call_us", fresh)
        $0.key("phases_us")
        $0.beginObject()
        for (name, quantiles) in phases { $0.member(name, quantiles) }
        $0.endObject()
        $0.member("compile_ms", figure: bench.compileMilliseconds)
        $0.member("load_ms", figure: bench.loadMilliseconds)
        $0.member("cache_hit", bench.cacheHit)
        $0.member("instance_kib", figure: bench.instanceKiB)
      }
      return
    }
    Terminal.output("\(bench.workerName)\(workers.count > 1 ? " and \(workers.count - 1) more" : "") \(bench.tool): \(calls) calls, a fresh instance each\n")
    Terminal.output(Self.row("µs", "p50", "p99", "p999"))
    Terminal.output(Self.row("fresh call", fresh.cells))
    for (name, quantiles) in phases { Terminal.output(Self.row("  " + name, quantiles.cells)) }
    Terminal.output(
      "\ncompile \(Clock.text(bench.compileMilliseconds)), load \(bench.loadMilliseconds.rounded2) ms, "
        + "\(bench.instanceKiB.rounded2) KiB an instance")
  }

  struct Quantiles {
    let p50, p99, p999: Double
    var cells: [String] { [p50, p99, p999].map(\.rounded2) }
  }

  static func quantiles(_ histogram: Histogram<UInt64>) -> Quantiles {
    func at(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1_000 }
    return Quantiles(p50: at(50), p99: at(99), p999: at(99.9))
  }

  static func row(_ name: String, _ cells: String...) -> String { row(name, cells) }
  static func row(_ name: String, _ cells: [String]) -> String {
    func pad(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) }
    return name + pad(name, 14) + cells.map { pad($0, 10) + $0 }.joined()
  }
}

extension JSONWriter {
  fileprivate mutating func member(_ name: String, _ quantiles: ColdStart.Quantiles) {
    key(name)
    beginObject()
    member("p50", figure: quantiles.p50)
    member("p99", figure: quantiles.p99)
    member("p999", figure: quantiles.p999)
    endObject()
  }
}

extension Double {
  /// Two decimals, for tables.
  fileprivate var rounded2: String {
    let scaled = Int((self * 100).rounded())
    let cents = scaled % 100
    return "\(scaled / 100).\(cents < 10 ? "0" : "")\(cents)"
  }
}
