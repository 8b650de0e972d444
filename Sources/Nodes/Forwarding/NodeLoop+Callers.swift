// Who sends a request: a caller with a token, nobody in particular, or another node of the topology.

import EventLoop
import HTTPServer
import HTTPTypes
import Logging
import MCP
import Sandbox

extension NodeLoop {
  /// Who sends it; nil where that was answered with a refusal.
  func caller(of exchange: HTTPExchange, _ endpoint: Deployment.Endpoint) -> Caller? {
    if let topology {
      let header = exchange.copies(of: Forward.header)
      if case .none = header {
      } else {
        let verdict = ForwardGate(topology: topology).judge(
          header, method: exchange.method.rawValue, path: endpoint.path, body: exchange.body, now: milliseconds())
        switch verdict {
        case .success(let forward):
          return Caller(
            peer: exchange.peer.client, principal: Principal(name: forward.principal), exchange: exchange,
            endpoint: endpoint.path, forward: TakenForward(forward))
        case .failure(let refusal):
          respond(exchange, refuse(refusal))
          return nil
        }
      }
    }
    guard let principal = callers.principal(of: exchange) else {
      respond(exchange, .unauthorized)
      return nil
    }
    return Caller(peer: exchange.peer.client, principal: principal, exchange: exchange, endpoint: endpoint.path)
  }

  /// Whether a forwarded request means here what it meant where it came from: a call of the same tool of a worker of the
  /// same digest, whatever prefixes callers write in front of it.
  func isSame(_ decoded: Decoded, _ caller: Caller, _ endpoint: Deployment.Endpoint, _ service: Service) -> Bool {
    guard case .call(let request) = decoded, let forward = caller.forward else { return false }
    return service.workers[endpoint.workerOfTool[request.toolIndex]].loaded.digest == forward.contents.worker
      && endpoint.catalog.guestName(at: request.toolIndex) == forward.contents.tool
  }

  /// Counts a forward that is not taken, logs it unless one was logged a moment ago, and gives what its sender is told.
  func refuse(_ refusal: ForwardRefusal) -> HTTPAnswer {
    if refusal != .epochUnknown { count(refusal) }
    return refusal.unserved(epoch: topology?.epoch).answer()
  }

  /// Answers a request that never became a call.
  func respond(_ exchange: HTTPExchange, _ answer: HTTPAnswer) {
    metrics.countRequest(status: answer.status)
    exchange.respond(answer)
  }

  private func count(_ refusal: ForwardRefusal) {
    forwardRefusals[refusal, default: 0] += 1
    guard refusalLogged == 0 || eventLoop.now &- refusalLogged > 1_000_000_000 else { return }
    refusalLogged = eventLoop.now
    log.warning("a forwarded call was refused", metadata: ["why": "\(refusal.rawValue)"])
  }
}
