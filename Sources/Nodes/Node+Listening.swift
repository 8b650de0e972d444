// Where a node listens, what names it answers to, and how other nodes learn of it.

import EventLoop
import HTTPClient
import HTTPServer
import Manifests
import Placement

extension Node {
  func listen() async throws(NodeError) {
    let service = NodeService(node: self)
    let policy = try hostPolicy()
    // Other nodes must know that what the server refuses was not begun.
    let isMember = shared.standing.topology != nil
    let withAdmin = address.isLoopback && adminAddress == nil
    for (index, loop) in loops.enumerated() {
      // The first listener binds alone, so that a taken port is an error; the others join it.
      let wanted = address
      let limits = httpLimits(Share(index: index, count: loops.count))
      let sharing: TCPListener.Sharing = index == 0 ? .exclusiveThenShared : .joins(port: wanted.port)
      let result = await loop.eventLoop.run { () -> Result<SocketAddress, HTTPServerError> in
        let server = HTTPServer(
          loop: loop.eventLoop, limits: limits, hosts: policy, service: service.main(loop, alsoAdmin: withAdmin),
          refusalField: isMember ? { RefusalWord.ofServer(status: $0).field } : nil)
        loop.server = server
        return Result { () throws(HTTPServerError) in try server.listen(on: wanted, sharing: sharing) }
      }
      address = try Self.listened(wanted, result)
      if let server = loop.server { servers.append((loop.eventLoop, server)) }
    }
    guard let wanted = adminAddress else { return }
    let server = HTTPServer(
      loop: primary, limits: httpLimits(Share(index: 0, count: loops.count)), hosts: policy, service: service.admin())
    adminAddress = try Self.listened(
      wanted, Result { () throws(HTTPServerError) in try server.listen(on: wanted, sharing: .exclusive) })
    servers.append((primary, server))
  }

  private func hostPolicy() throws(NodeError) -> HostPolicy {
    do throws(HTTPServerError) {
      // What other nodes call this one is a name of it too.
      let topology = shared.standing.topology
      let own = topology.flatMap { $0.topology.sites[$0.site].node.flatMap { try? LinkTarget($0) } }
      return try HostPolicy(
        allowedHosts: (configuration.hosts ?? []) + (own.map { [$0.authority] } ?? []),
        allowedOrigins: configuration.origins)
    } catch {
      throw NodeError(.configuration, error.message, cause: error)
    }
  }

  private func httpLimits(_ share: Share) -> HTTPLimits {
    var limits = HTTPLimits()
    limits.bodyBytes = configuration.limits.bodyBytes
    limits.connections = max(1, share.of(configuration.limits.connections))
    if shared.standing.topology != nil {
      limits.headerBytes += ForwardBounds.headerReserveBytes
      limits.headerCount += ForwardBounds.headerReserveLines
    }
    return limits
  }

  private static func listened(
    _ address: SocketAddress, _ result: Result<SocketAddress, HTTPServerError>
  ) throws(NodeError) -> SocketAddress {
    switch result {
    case .success(let resolved): return resolved
    case .failure(let error):
      guard (error.cause as? LoopError)?.code == .addressInUse else {
        throw NodeError(.listen, "cannot listen on \(address): \(error.message)", cause: error)
      }
      throw NodeError(
        .addressInUse,
        "\(address) is in use by another process: stop it, or choose another with --listen HOST:PORT "
          + "(port 0 takes a free one)",
        cause: error)
    }
  }

  static func parse(_ text: String, key: String) throws(NodeError) -> SocketAddress {
    do throws(LoopError) { return try SocketAddress.parse(text) } catch {
      throw NodeError(.configuration, "`\(key)`: \(error.message)", cause: error)
    }
  }

  /// Tells the other nodes where this one is, where leases do that.
  func join() throws(NodeError) {
    guard let membership, let topology = shared.standing.topology else { return }
    if let own = topology.topology.sites[topology.site].node { return membership.start(address: own) }
    guard address.host != "0.0.0.0", address.host != "::" else {
      throw NodeError(
        .configuration,
        "other nodes cannot reach \(address): write where they reach this one as `node` of site "
          + "`\(topology.name)` in the topology")
    }
    membership.start(address: "http://\(address)")
  }
}
