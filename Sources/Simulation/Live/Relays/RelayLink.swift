// A link between two places as its relays share it, and where one of them listens.

import EventLoop

/// What crossed a link, both ways.
public struct RelayTraffic: Sendable, Equatable {
  public var connections = 0
  public var openConnections = 0
  public var forwardBytes = 0
  public var backwardBytes = 0
  /// Pieces of which something was lost and sent again.
  public var lostPieces: UInt64 = 0
}

/// The two directions of a link, and the connections over it. Confined to the network's loop.
final class RelayLink {
  var forward: LinkModel
  var backward: LinkModel
  var isCut = false {
    didSet { for gate in gates { gate.setCut(isCut) } }
  }
  /// Where the relays of this link listen.
  var gates: [RelayGate] = []
  var connections: [ObjectIdentifier: RelayedConnection] = [:]
  var accepted = 0
  var forwardBytes = 0
  var backwardBytes = 0

  init(_ forward: LinkModel, _ backward: LinkModel) {
    self.forward = forward
    self.backward = backward
  }

  var traffic: RelayTraffic {
    RelayTraffic(
      connections: accepted, openConnections: connections.count, forwardBytes: forwardBytes,
      backwardBytes: backwardBytes, lostPieces: forward.lostPieces + backward.lostPieces)
  }

  /// How long a small packet is under way.
  func delay(_ direction: RelayNetwork.Direction, using generator: inout SplitMix64) -> UInt64 {
    switch direction {
    case .forward: forward.delay(of: LinkModel.handshakeBytes, using: &generator)
    case .backward: backward.delay(of: LinkModel.handshakeBytes, using: &generator)
    }
  }

  /// When a piece that leaves now that way arrives.
  func send(
    _ bytes: Int, _ direction: RelayNetwork.Direction, at now: UInt64, behind previous: UInt64,
    using generator: inout SplitMix64
  ) -> UInt64 {
    switch direction {
    case .forward: forward.arrival(of: bytes, at: now, behind: previous, using: &generator)
    case .backward: backward.arrival(of: bytes, at: now, behind: previous, using: &generator)
    }
  }
}

/// Where one relay listens. Confined to the network's loop.
final class RelayGate {
  /// Which holds this.
  private unowned let link: RelayLink
  private let direction: RelayNetwork.Direction
  private let target: SocketAddress
  private unowned let network: RelayNetwork
  private var listener: TCPListener?
  private(set) var address = SocketAddress.loopback(port: 0)

  init(
    over link: RelayLink, _ direction: RelayNetwork.Direction, to target: SocketAddress, in network: RelayNetwork
  ) {
    self.link = link
    self.direction = direction
    self.target = target
    self.network = network
  }

  /// At the address it had before, if it had one.
  func open() throws(LoopError) {
    guard listener == nil else { return }
    let opened = try TCPListener(loop: network.loop, address: address) { [unowned self] connection in
      guard !self.network.isFull else { return connection.reset() }
      RelayedConnection(connection, over: self.link, self.direction, to: self.target, in: self.network).begin()
    }
    listener = opened
    address = opened.address
    setCut(link.isCut)
  }

  /// Over a cut link no connection is made: its first packet is lost, and sent again until the link is whole.
  func setCut(_ isCut: Bool) {
    if isCut { listener?.suspend() } else { listener?.resume() }
  }

  func close() {
    listener?.close()
    listener = nil
  }
}
