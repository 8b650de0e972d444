// One connection through a relay: who called, whom it called, and a stream each way.

import EventLoop

/// Kept alive by its link until both sides are gone. Confined to the network's loop.
final class RelayedConnection {
  private let link: RelayLink
  private let target: SocketAddress
  private unowned let network: RelayNetwork
  private let near: TCPConnection
  private var far: TCPConnection?
  private let there: RelayStream
  private let back: RelayStream
  /// Directions whose end has arrived.
  private var ended = (there: false, back: false)
  private var isOver = false
  /// Counts the connections of a link.
  let number: Int

  init(
    _ near: TCPConnection, over link: RelayLink, _ direction: RelayNetwork.Direction, to target: SocketAddress,
    in network: RelayNetwork
  ) {
    self.near = near
    self.link = link
    self.target = target
    self.network = network
    link.accepted += 1
    number = link.accepted
    there = RelayStream(over: link, direction, in: network)
    back = RelayStream(over: link, direction.opposite, in: network)
  }

  func begin() {
    link.connections[ObjectIdentifier(self)] = self
    there.source = near
    there.onArrival = { [unowned self] in self.arrivedThere($0) }
    back.destination = near
    back.onArrival = { [unowned self] in self.arrivedBack($0) }
    near.onDrained = { [unowned self] in self.back.resumeIfRoom() }
    near.onClosed = { [weak self] in self?.over() }
    there.send(.opening)
    read(near, into: there)
  }

  private func read(_ connection: TCPConnection, into stream: RelayStream) {
    unsafe connection.onBytes = { bytes in unsafe stream.send(.bytes(Array(bytes))) }
    connection.onEnd = { error in stream.send(error == nil ? .end : .reset) }
    connection.startReading()
  }

  func healed() {
    there.healed()
    back.healed()
  }

  // MARK: What arrives

  private func arrivedThere(_ piece: RelayStream.Piece) -> Bool {
    switch piece {
    case .opening:
      connect()
      return true
    case .bytes(let bytes):
      guard let far else { return false }
      far.write(bytes)
      return true
    case .end:
      guard let far else { return false }
      ended.there = true
      finish(far)
      return true
    case .reset:
      abort()
      return true
    }
  }

  private func arrivedBack(_ piece: RelayStream.Piece) -> Bool {
    switch piece {
    case .opening: break
    case .bytes(let bytes): near.write(bytes)
    case .end:
      ended.back = true
      finish(near)
    case .reset: abort()
    }
    return true
  }

  private func connect() {
    TCPConnection.connect(to: target, on: network.loop) { [weak self] result in
      guard let self, !self.isOver else {
        if case .success(let late) = result { late.close() }
        return
      }
      switch result {
      case .failure: self.back.send(.reset)
      case .success(let far):
        self.far = far
        self.there.destination = far
        self.back.source = far
        far.onDrained = { [unowned self] in self.there.resumeIfRoom() }
        far.onClosed = { [weak self] in self?.over() }
        self.read(far, into: self.back)
        self.there.resume()
      }
    }
  }

  // MARK: The end

  /// One side has said all; when both have, what the kernel holds is all that is left.
  private func finish(_ connection: TCPConnection) {
    connection.shutdown()
    guard ended.there, ended.back else { return }
    for side in [near, far].compactMap({ $0 }) {
      if side.unsentBytes == 0 { side.close() } else { side.finish() }
    }
  }

  /// Resets both sides.
  func abort() {
    there.die()
    back.die()
    near.reset()
    far?.reset()
    over()
  }

  private func over() {
    guard !isOver, near.isClosed, far?.isClosed ?? true else { return }
    isOver = true
    there.die()
    back.die()
    link.connections[ObjectIdentifier(self)] = nil
  }
}
