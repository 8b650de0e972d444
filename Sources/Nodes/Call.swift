// One call on its way through a node.

import EventLoop
import HTTPServer
import MCP
import Sandbox

/// One `tools/call`, from the moment the protocol accepted it until its answer is on its way.
///
/// The stages pass it along and write what happened into its ledger. Confined to its loop's thread.
final class Call: @unchecked Sendable {
  let request: ToolCall
  /// The worker that answers, as this loop prepared it. Kept here, so that a reload lets the call finish
  /// on the worker that it began with.
  let worker: PreparedWorker
  /// `SocketAddress.client`: what its rate is counted under.
  let peer: SocketAddress
  let ledger = CallLedger()
  let principal: Principal
  /// The session that it belongs to, for tools that have one.
  var session: Session?
  /// Why the host ended the call, if it did.
  var fault: Fault?
  /// Why the call never got an instance, if it did not.
  var refusal: Refusal?
  /// Where it may run.
  let placement: ToolPlacement
  /// The request that it came with; nil for a call of this process's own.
  let exchange: HTTPExchange?
  /// The path of its endpoint.
  let endpoint: String
  /// Whether it is a part of a batch.
  let isPart: Bool
  /// What another node said of it, where one passed it on.
  let forward: TakenForward?
  /// The header lines that go on with the parts of its batch; nil for a call that came alone.
  let lines: ForwardLines?
  /// Whether another site answered it, or was asked to.
  var isElsewhere = false
  /// Whether another site was asked first: then its guest has what that left of its time.
  var hasBeenOffered = false
  /// Whether a site that was asked may have begun with it, and gave no answer.
  var mayHaveBegun = false
  /// Why an answer that went out as it came broke off.
  var brokenOff: String?
  /// Why no site took the call: for the log.
  var problem: String?
  unowned let loop: NodeLoop
  let startedNanoseconds: UInt64

  enum Refusal { case rate, overloaded, cancelled, misdirected, unplaced }

  init(
    request: ToolCall, worker: PreparedWorker, placement: ToolPlacement, from caller: Caller, isPart: Bool,
    loop: NodeLoop
  ) {
    self.request = request
    self.worker = worker
    self.placement = placement
    self.isPart = isPart
    peer = caller.peer
    principal = caller.principal
    exchange = caller.exchange
    endpoint = caller.endpoint
    forward = caller.forward
    lines = caller.lines
    ledger.logSink = worker.logSink
    self.loop = loop
    startedNanoseconds = loop.eventLoop.now
  }

  /// When its guest must have answered, in the loop's time: `wall_ms` from its start, or what another node had left of it.
  var deadline: UInt64 {
    guard let forward else { return startedNanoseconds &+ worker.grants.wallNanoseconds }
    return startedNanoseconds
      &+ min(worker.grants.wallNanoseconds, UInt64(forward.contents.remainingMilliseconds) * 1_000_000)
  }

  /// Nanoseconds that its guest has; no bound of its own for a call that came from a client and runs here at once.
  var left: UInt64 {
    guard forward != nil || hasBeenOffered else { return .max }
    let now = loop.eventLoop.now
    return deadline > now ? deadline - now : 0
  }

  /// What its guest may use of the node; nil where its worker is granted nothing.
  func services(of program: PreparedProgram) -> (any CallServices)? {
    guard !program.program.grants.isEmpty else { return nil }
    return GrantedServices(
      worker.grants, on: loop.services, session: session, readsReplicas: placement.readsReplicas, within: left)
  }
}

/// Who sent one request, and with what: the same for all parts of a batch.
struct Caller {
  /// `SocketAddress.client`.
  let peer: SocketAddress
  let principal: Principal
  var exchange: HTTPExchange?
  var endpoint = ""
  var forward: TakenForward?
  /// For the parts of a batch, which are passed on one by one.
  var lines: ForwardLines?
}
