// One call on its way through a node.

import EventLoop
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
  unowned let loop: NodeLoop
  let startedNanoseconds: UInt64

  enum Refusal { case rate, overloaded, cancelled }

  init(request: ToolCall, worker: PreparedWorker, peer: SocketAddress, principal: Principal, loop: NodeLoop) {
    self.request = request
    self.worker = worker
    self.peer = peer
    self.principal = principal
    ledger.logSink = worker.logSink
    self.loop = loop
    startedNanoseconds = loop.eventLoop.now
  }

  /// What its guest may use of the node; nil where its worker is granted nothing.
  func services() -> (any CallServices)? {
    guard !worker.loaded.program.grants.isEmpty else { return nil }
    return GrantedServices(worker.grants, on: loop.services, session: session)
  }
}
