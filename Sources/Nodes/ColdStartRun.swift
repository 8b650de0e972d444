// `atoll bench cold-start`: fresh calls, many of them, with nothing round them but a clock.

public import Histogram
import Bundles
import EventLoop
import JSON
import MCP
import Manifests
import Sandbox

/// The figures of one run.
public struct ColdStartRun: Sendable {
  /// The worker that was called; of several, the first. The other fields up to `answer` are about it.
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
  /// Measures `calls` fresh calls, after a tenth as many that are not counted. Several workers are called in turn. On
  /// the loop.
  ///
  /// - Parameters:
  ///   - name: the tool; the first of the manifest where it is nil.
  ///   - arguments: of every call; made from each tool's schema where they are nil.
  /// - Throws: ``NodeError`` when the tool is unknown, the arguments do not fit it, or it answers them with a fault.
  public func coldStart(tool name: String?, arguments: [UInt8]?, calls: Int) async throws(NodeError) -> ColdStartRun {
    var targets: [ColdStartTarget] = []
    for (worker, prepared) in zip(workers, loop.service.workers) {
      guard let program = prepared.program else { continue }
      var target = try ColdStartTarget(worker, program, tool: name, arguments: arguments)
      try await target.try(on: loop)
      targets.append(target)
    }
    let sandbox = loop.sandbox
    let clock = loop.eventLoop
    for index in 0..<max(1, calls / 10, targets.count) {
      let target = targets[index % targets.count]
      _ = await sandbox.call(
        target.program, request: target.request, ledger: CallLedger(), services: target.services(loop))
    }

    var fresh = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    var store = fresh, instantiate = fresh, call = fresh, delete = fresh
    var interrupted = 0
    for index in 0..<calls {
      let target = targets[index % targets.count]
      let start = clock.now
      _ = await sandbox.call(
        target.program, request: target.request, ledger: CallLedger(), services: target.services(loop))
      fresh.record(clock.now - start)
      let (outcome, phases) = sandbox.measuredCall(
        target.program, request: target.request, services: target.services(loop))
      guard case .answered = outcome else {
        interrupted += 1
        continue
      }
      store.record(phases.store)
      instantiate.record(phases.instantiate)
      call.record(phases.call)
      delete.record(phases.delete)
    }
    let (first, worker) = (targets[0], workers[0])
    return ColdStartRun(
      workerName: worker.name, tool: first.tool, digest: worker.bundle.digest, request: first.request,
      answer: first.answer, freshCall: fresh,
      phases: [("store", store), ("instantiate", instantiate), ("call", call), ("delete", delete)],
      compileMilliseconds: worker.report?.compileMilliseconds ?? 0,
      loadMilliseconds: worker.report?.loadMilliseconds ?? 0, cacheHit: worker.report?.cacheHit ?? false,
      instanceKiB: Double(sandbox.residentBytes(first.program, request: first.request)) / 1_024,
      interrupted: interrupted)
  }
}

/// One worker under measurement: what it is asked, and what it answers.
private struct ColdStartTarget {
  let program: PreparedProgram
  let tool: String
  private let hasSession: Bool
  private let grants: WorkerGrants
  let request: [UInt8]
  private(set) var answer: [UInt8] = []

  init(
    _ worker: LoadedWorker, _ program: PreparedProgram, tool name: String?, arguments: [UInt8]?
  ) throws(NodeError) {
    let manifest = worker.bundle.manifest
    guard let tool = name.map({ wanted in manifest.tools.first { $0.name == wanted } }) ?? manifest.tools.first else {
      let names = manifest.tools.map(\.name).joined(separator: ", ")
      throw NodeError(.configuration, "\(worker.source.path) has no tool `\(name ?? "")`; it has \(names)")
    }
    let arguments = arguments ?? SampleArguments.make(from: tool.input.bytes)
    // A tool that refuses its arguments would be measured at refusing.
    if let problem = Self.problem(with: arguments, schema: tool.input.bytes) {
      throw NodeError(
        .configuration,
        "the arguments \(String(decoding: arguments, as: UTF8.self)) do not fit `\(tool.name)`: \(problem); "
          + "name others with --arguments")
    }
    self.program = program
    self.tool = tool.name
    hasSession = tool.session
    grants = worker.grants
    request = Self.guestRequest(tool.name, arguments)
  }

  /// As a call of a node would have them; a tool with a session begins one.
  func services(_ loop: NodeLoop) -> (any CallServices)? {
    guard !program.program.grants.isEmpty else { return nil }
    var session: Session?
    if hasSession, let timeToLive = grants.sessionTimeToLive, let sealer = loop.stores.sessions(of: grants) {
      session = Session(beginning: grants.worker, .anonymous, timeToLive: timeToLive, sealer: sealer)
    }
    return GrantedServices(grants, on: loop.services, session: session)
  }

  private static func problem(with arguments: [UInt8], schema: [UInt8]) -> String? {
    do {
      let violation = try JSONSchema(schema).validate(bytes: arguments).first
      return violation.map { "\($0.instancePath) \($0.message)" }
    } catch {
      return "\(error)"
    }
  }

  /// Calls it once and keeps the answer.
  mutating func `try`(on loop: NodeLoop) async throws(NodeError) {
    switch await loop.sandbox.call(program, request: request, ledger: CallLedger(), services: services(loop)) {
    case .answered(let bytes): answer = bytes
    case .exited(let status, let line):
      throw NodeError(.configuration, "`\(tool)` ended with exit code \(status): \(line); name others with --arguments")
    case .fault(let fault):
      throw NodeError(.configuration, "`\(tool)` ended in a fault: \(fault); name others with --arguments")
    }
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
