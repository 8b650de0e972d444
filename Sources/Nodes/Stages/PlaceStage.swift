// Stage 3: where the call runs. Behind the caller's rate, since that counts where a call comes in; before the instance,
// since a call that goes elsewhere needs none here.

import EventLoop
import HTTPClient
import HTTPServer
import MCP
import Placement
import Sandbox

struct PlaceStage: Stage {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome {
    let placement = call.placement
    if placement.runsHere || call.forward != nil && placement.mayRunHere {
      call.ledger.place = (site: call.loop.siteName, loop: call.loop.name)
      return await next(call)
    }
    return await elsewhere(call, placement, next)
  }

  private func elsewhere(_ call: Call, _ placement: ToolPlacement, _ next: Next) async -> ToolOutcome {
    if let misdirection = placement.misdirection {
      call.refusal = .misdirected
      var answer = misdirection
      // What handshake clients read of an error is its body (docs/protocol.md).
      if call.request.era != .modern { answer.status = 200 }
      return .unserved(answer)
    }
    guard let forwarder = call.loop.forwarder, let exchange = call.exchange else {
      return .internalError("a call without a client came to a node that does not run its tool")
    }
    if let forward = call.forward, forward.passed.count + 1 >= PlacementLimits.hopsMax {
      call.refusal = .unplaced
      return .unserved(ForwardRefusal.loop.unserved)
    }
    guard forwarder.enter() else {
      call.refusal = .overloaded
      return .overloaded(retryAfterSeconds: 1)
    }
    defer { forwarder.leave() }
    let lines: LinkFields
    do throws(LinkError) { lines = try (call.lines ?? ForwardLines()).of(exchange) } catch {
      call.refusal = .unplaced
      return .unserved(Self.unforwardable(error))
    }
    return await walk(call, placement, forwarder, lines, next)
  }

  /// The answer to a call whose header lines cannot go on with it. It ran nowhere.
  static func unforwardable(_ error: LinkError) -> ToolOutcome.Unserved {
    ToolOutcome.Unserved(
      status: error.code == .tooLarge ? 431 : 400, code: .invalidRequest,
      "The call's header cannot be passed on: \(error.message).")
  }

  /// Offers the call to one site after the other.
  private func walk(
    _ call: Call, _ placement: ToolPlacement, _ forwarder: Forwarder, _ lines: LinkFields, _ next: Next
  ) async -> ToolOutcome {
    let topology = forwarder.topology
    let passed = call.forward?.passed ?? []
    let route = passed.isEmpty ? placement.route : placement.route.filter { !passed.contains(topology.name(of: $0)) }
    var walk = RouteWalk(route, isRepeatable: placement.isRepeatable)
    let body = call.isPart ? Array(call.request.message) : call.exchange?.body ?? []
    let digest = SHA256.digest(of: body)
    let deadline = call.deadline
    var last = ForwardFailure.noSite
    while let site = walk.next(isUp: topology.isUp) {
      if site == topology.site {
        call.ledger.place = (site: call.loop.siteName, loop: call.loop.name)
        return await next(call)
      }
      let name = topology.name(of: site)
      call.ledger.place = (site: name, loop: call.loop.name)
      call.isElsewhere = true
      call.hasBeenOffered = true
      switch await forwarder.attempt(call, at: site, lines, body: body, digest: digest, deadline: deadline) {
      case .answered(let answer): return .relayed(answer)
      case .streamed(let status, let error):
        if let error { call.brokenOff = error.message }
        return .relayed(HTTPAnswer(status: status, verdict: .result))
      case .refused(let word):
        last = .refused(site: name, word)
        call.mayHaveBegun = call.mayHaveBegun || word.mayHaveBegun
        walk.failed(mayHaveBegun: word.mayHaveBegun)
      case .failed(let error):
        if error.code == .cancelled {
          call.refusal = .cancelled
          return .internalError("the caller left")
        }
        last = .failed(site: name, error)
        call.mayHaveBegun = call.mayHaveBegun || error.wasSent
        walk.failed(mayHaveBegun: error.wasSent)
      }
      call.isElsewhere = false
      if call.loop.eventLoop.now >= deadline { break }
    }
    call.isElsewhere = true
    if case .refused(_, .overloaded) = last, !call.mayHaveBegun {
      call.refusal = .overloaded
      return .overloaded(retryAfterSeconds: 1)
    }
    call.refusal = .unplaced
    call.problem = last.reason
    return .unserved(
      last.unserved(of: call.request.toolName, mayHaveRun: call.mayHaveBegun, isRepeatable: placement.isRepeatable))
  }
}
