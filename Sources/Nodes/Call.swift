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
  /// The client's address without its port: what its rate is counted under.
  let peer: String
  let ledger: CallLedger
  unowned let loop: NodeLoop
  let startedNanoseconds: UInt64

  init(request: ToolCall, worker: PreparedWorker, peer: String, ledger: CallLedger, loop: NodeLoop) {
    self.request = request
    self.worker = worker
    self.peer = peer
    self.ledger = ledger
    self.loop = loop
    startedNanoseconds = loop.eventLoop.now
  }
}
