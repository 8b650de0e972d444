// `atoll bench cold-start`: the fresh call of one tool, many times, with nothing round it but a clock.

public import Histogram
import Bundles
import EventLoop
import JSON
import MCP
import Manifests
import Sandbox

/// The figures of one run.
public struct ColdStartRun: Sendable {
  public let workerName: String
  public let tool: String
  public let digest: String
  /// The request as the guest reads it.
  public let request: [UInt8]
  /// What the guest answered to it.
  public let answer: [UInt8]
  /// From the request's bytes in hand to the store deleted, in nanoseconds; one clock read at each end.
  public let freshCall: Histogram<UInt64>
  /// The same way in phases, measured in calls of their own, in alternation with those above.
  public let phases: [(name: String, nanoseconds: Histogram<UInt64>)]
  public let compileMilliseconds: Double
  public let loadMilliseconds: Double
  public let cacheHit: Bool
  /// Resident memory that one live instance adds, after its call.
  public let instanceKiB: Double
  /// Calls that the machine interrupted for over a millisecond: their phases are not counted.
  public let interrupted: Int
}

extension LocalNode {
  /// Measures `calls` fresh calls, after a tenth as many that are not counted. On the loop.
  ///
  /// - Throws: ``NodeError`` when the tool is unknown, or answers its arguments with a fault.
  public func coldStart(tool name: String?, arguments: [UInt8]?, calls: Int) async throws(NodeError) -> ColdStartRun {
    let manifest = worker.bundle.manifest
    guard let tool = name.map({ wanted in manifest.tools.first { $0.name == wanted } }) ?? manifest.tools.first else {
      let names = manifest.tools.map(\.name).joined(separator: ", ")
      throw NodeError(.configuration, "\(worker.source.path) has no tool `\(name ?? "")`; it has \(names)")
    }
    let request = Self.guestRequest(tool.name, arguments ?? SampleArguments.make(from: tool.input.bytes))
    let program = loop.service.workers[0].program
    let sandbox = loop.sandbox
    let clock = loop.eventLoop
    let answer: [UInt8]
    switch await sandbox.call(program, request: request, ledger: CallLedger()) {
    case .answered(let bytes): answer = bytes
    case .exited(let status, let line):
      throw NodeError(.configuration, "`\(tool.name)` ended with exit code \(status): \(line); name others with --arguments")
    case .fault(let fault):
      throw NodeError(.configuration, "`\(tool.name)` ended in a fault: \(fault); name others with --arguments")
    }
    for _ in 0..<max(1, calls / 10) { _ = await sandbox.call(program, request: request, ledger: CallLedger()) }

    var fresh = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    var store = fresh, instantiate = fresh, call = fresh, delete = fresh
    var interrupted = 0
    for _ in 0..<calls {
      let start = clock.now
      _ = await sandbox.call(program, request: request, ledger: CallLedger())
      fresh.record(clock.now - start)
      let (outcome, phases) = sandbox.measuredCall(program, request: request)
      guard case .answered = outcome else {
        interrupted += 1
        continue
      }
      store.record(phases.store)
      instantiate.record(phases.instantiate)
      call.record(phases.call)
      delete.record(phases.delete)
    }
    return ColdStartRun(
      workerName: manifest.name, tool: tool.name, digest: worker.bundle.digest, request: request, answer: answer,
      freshCall: fresh,
      phases: [("store", store), ("instantiate", instantiate), ("call", call), ("delete", delete)],
      compileMilliseconds: worker.report.compileMilliseconds, loadMilliseconds: worker.report.loadMilliseconds,
      cacheHit: worker.report.cacheHit,
      instanceKiB: Double(sandbox.residentBytes(program, request: request)) / 1_024, interrupted: interrupted)
  }

  private static func guestRequest(_ tool: String, _ arguments: [UInt8]) -> [UInt8] {
    var writer = JSONWriter(reserving: arguments.count + 128)
    writer.beginObject()
    writer.member("method", "tools/call")
    writer.member("name", tool)
    writer.member("arguments", raw: arguments)
    writer.key("context")
    writer.beginObject()
    writer.member("protocol", Revision.modern.text)
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}
