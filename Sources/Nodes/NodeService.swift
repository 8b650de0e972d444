// The paths of a node: MCP endpoints, health, metrics.

import EventLoop
import HTTPServer
import HTTPTypes

/// Makes the services that a node's servers ask.
struct NodeService: Sendable {
  unowned let node: Node

  func main(_ loop: NodeLoop, alsoAdmin: Bool) -> any HTTPService {
    MainService(loop: loop, node: node, admin: alsoAdmin ? AdminService(node: node) : nil)
  }

  func admin() -> any HTTPService { AdminService(node: node) }
}

/// What clients reach: the MCP endpoints; on loopback also health and metrics.
private struct MainService: HTTPService {
  let loop: NodeLoop
  unowned let node: Node
  let admin: AdminService?

  /// Jurisdictions are a matter of topologies.
  var judgesHeads: Bool { loop.topology != nil }
  func refusal(of head: borrowing HTTPHeadView) -> HTTPRefusal? { loop.misdirection(of: head) }

  func answer(_ exchange: HTTPExchange) async {
    // Other nodes ask for it where clients ask for tools.
    if let topology = loop.topology, exchange.pathIs(SiteReport.path) {
      return exchange.respond(
        status: node.isReady ? .ok : .serviceUnavailable,
        fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
        body: Array(SiteReport.text(topology, isReady: node.isReady).utf8))
    }
    if let admin, AdminService.serves(exchange) { return await admin.answer(exchange) }
    await loop.answer(exchange)
  }
}

/// `/health/live`, `/health/ready` and `/metrics`. Off loopback they are only on the admin address.
struct AdminService: HTTPService {
  unowned let node: Node

  static func serves(_ exchange: HTTPExchange) -> Bool {
    exchange.pathStarts(with: "/health/") || exchange.pathIs("/metrics")
  }

  func answer(_ exchange: HTTPExchange) async {
    guard exchange.method == .get || exchange.method == .head else {
      return exchange.respond(
        status: .methodNotAllowed, fields: [("Allow", "GET, HEAD")], body: [])
    }
    switch exchange.path {
    case "/health/live":
      text(exchange, .ok, "live\n")
    case "/health/ready":
      node.isReady ? text(exchange, .ok, "ready\n") : text(exchange, .serviceUnavailable, "draining\n")
    case "/metrics":
      exchange.respond(
        status: .ok, fields: [("Content-Type", MetricsText.contentType)], body: await node.metrics())
    default:
      text(exchange, .notFound, "not found: /health/live, /health/ready and /metrics are served here\n")
    }
  }

  private func text(_ exchange: HTTPExchange, _ status: HTTPResponse.Status, _ body: String) {
    exchange.respond(
      status: status, fields: [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")],
      body: Array(body.utf8))
  }
}
