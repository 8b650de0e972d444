// Stage 5: the session of a call, for tools that have one. Loaded before the guest starts, so that a handle which is not
// good here starts none; renewed behind it.

import EventLoop
import KeyValue
import MCP
import Sandbox

struct SessionStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    guard call.request.hasSession, let timeToLive = call.worker.grants.sessionTimeToLive else {
      return await next(call)
    }
    let loop = call.loop
    guard let sealer = loop.stores.sessions(of: call.worker.grants) else {
      return unavailable(call, "this run of the worker has no key-value store, and its tool needs a session")
    }
    let worker = call.worker.loaded.name
    // Half of the call's time at most: the guest wants some too.
    let deadline = loop.eventLoop.now &+ min(call.worker.grants.wallNanoseconds, call.left) / 2
    let session: Session
    if let handle = loop.sessionHandle(of: call.request) {
      guard
        let opened = Session(
          opening: handle, worker, call.principal, timeToLive: timeToLive, sealer: sealer)
      else { return Self.refused }
      switch await loop.services.stores[call.worker.grants.store.primary].perform(opened.load, deadline: deadline) {
      case .success(.entry(let entry?)): opened.loaded(entry)
      case .success: return Self.refused
      case .failure(let error): return failed(call, error)
      }
      session = opened
    } else {
      session = Session(beginning: worker, call.principal, timeToLive: timeToLive, sealer: sealer)
    }
    call.session = session
    let outcome = await next(call)
    guard case .answer(let bytes, let form, _) = outcome else { return outcome }
    if session.hasEnded { return outcome }
    if let problem = await renew(session, call) { return problem }
    return .answer(bytes, form: form, session: session.handle)
  }

  /// Writes what keeps the session alive. A new one that cannot be written must not be handed out; an old one lives on
  /// for its time, and another call may have renewed it.
  private func renew(_ session: Session, _ call: Call) async -> ToolOutcome? {
    guard let renewal = session.renewal(now: call.loop.milliseconds()) else { return nil }
    let deadline = call.loop.eventLoop.now &+ min(call.worker.grants.wallNanoseconds, call.left) / 2
    let result = await call.loop.services.stores[call.worker.grants.store.primary].perform(renewal, deadline: deadline)
    guard case .failure(let error) = result, session.isNew else {
      return nil
    }
    return failed(call, error)
  }

  private func failed(_ call: Call, _ error: KeyValueError) -> ToolOutcome {
    if error.code == .unavailable { return unavailable(call, error.outward) }
    return .toolError("\(error.code): the session could not be used: \(error.outward)")
  }

  private func unavailable(_ call: Call, _ message: String) -> ToolOutcome {
    let fault = Fault(.stateUnavailable, message)
    call.fault = fault
    return .toolError(fault.description)
  }

  /// One text for all: it tells nobody which handles exist.
  private static let refused = ToolOutcome.toolError(
    "session_refused: this session handle is not good here: it has expired, or is of another tool or caller; "
      + "call again without `session` to begin a new one")
}
