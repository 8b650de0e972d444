// One direction of one relayed connection: pieces on their way, in order.

import EventLoop

/// What one side sends and the other has not received yet. Confined to the network's loop.
///
/// Only the first piece stands in the network's queue of what is due: the others cannot arrive before it.
final class RelayStream {
  enum Piece {
    /// The connection itself: it is made when this arrives.
    case opening
    case bytes([UInt8])
    case end
    case reset

    /// What it costs on the wire; an opening and an end are a packet each.
    var wireBytes: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .opening, .end, .reset: 60
      }
    }

    var count: Int { if case .bytes(let bytes) = self { bytes.count } else { 0 } }
  }

  private let link: RelayLink
  private let direction: RelayNetwork.Direction
  private unowned let network: RelayNetwork
  /// Gives a piece to whom it is for; false where that one cannot take it yet, and then ``resume()`` is called.
  var onArrival: ((Piece) -> Bool)?
  /// Whose bytes are taken in.
  var source: TCPConnection?
  /// Where they go, once that is there.
  var destination: TCPConnection?
  /// Nothing leaves before: a connection costs a round trip.
  private var opensAt: UInt64 = 0
  private var pieces: [(piece: Piece, arrival: UInt64)] = []
  private var first = 0
  private var lastArrival: UInt64 = 0
  private var queuedBytes = 0
  /// The time for which it stands in the network's queue.
  private var dueAt: UInt64?
  /// Whether the first piece has arrived and could not be taken.
  private var isBlocked = false
  private var isPaused = false
  private var isDead = false

  init(over link: RelayLink, _ direction: RelayNetwork.Direction, in network: RelayNetwork) {
    self.link = link
    self.direction = direction
    self.network = network
  }

  var isEmpty: Bool { first == pieces.count }

  // MARK: Sending

  func send(_ piece: Piece) {
    guard !isDead else { return }
    let count = piece.count
    queuedBytes += count
    network.took(count)
    switch direction {
    case .forward: link.forwardBytes += count
    case .backward: link.backwardBytes += count
    }
    // What is sent into a cut link gets its time when it heals.
    pieces.append((piece, link.isCut ? .max : arrival(of: piece)))
    if !link.isCut, !isBlocked {
      // Over a link without delay it is there.
      let now = network.loop.now
      if pieces[first].arrival <= now { deliver(until: now) } else { schedule() }
    }
    pauseIfFull()
  }

  private func arrival(of piece: Piece) -> UInt64 {
    lastArrival = link.send(
      piece.wireBytes, direction, at: max(network.loop.now, opensAt), behind: lastArrival, using: &network.generator)
    if case .opening = piece {
      opensAt = link.send(
        piece.wireBytes, direction.opposite, at: lastArrival, behind: 0, using: &network.generator)
    }
    return lastArrival
  }

  private func schedule() {
    guard !isEmpty, pieces[first].arrival < dueAt ?? .max else { return }
    dueAt = pieces[first].arrival
    network.wake(self, at: pieces[first].arrival)
  }

  /// The link carries bytes again: all that waits, or was under way, is sent now.
  func healed() {
    guard !isDead else { return }
    lastArrival = 0
    for index in first..<pieces.count { pieces[index].arrival = arrival(of: pieces[index].piece) }
    if !isBlocked { schedule() }
  }

  // MARK: Arriving

  /// Called by the network when the first piece is due; or when it was, before a cut and a healing gave it another time.
  func isDue(at now: UInt64) {
    guard let dueAt, dueAt <= now else { return }
    self.dueAt = nil
    deliver(until: now)
  }

  private func deliver(until now: UInt64) {
    guard !isDead, !link.isCut, !isBlocked else { return }
    while !isEmpty, !isDead, pieces[first].arrival <= now {
      let piece = pieces[first].piece
      guard onArrival?(piece) == true else {
        isBlocked = true
        return
      }
      guard !isDead else { return }
      first += 1
      queuedBytes -= piece.count
      network.gave(piece.count)
    }
    compact()
    schedule()
    resumeIfRoom()
  }

  /// Whoever could not take a piece can now.
  func resume() {
    guard isBlocked else { return }
    isBlocked = false
    deliver(until: network.loop.now)
  }

  private func compact() {
    if isEmpty {
      pieces.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 64 {
      pieces.removeFirst(first)
      first = 0
    }
  }

  /// Drops what is under way.
  func die() {
    guard !isDead else { return }
    isDead = true
    let left = queuedBytes
    queuedBytes = 0
    pieces = []
    first = 0
    onArrival = nil
    network.gave(left)
  }

  // MARK: Bounds

  private var heldBytes: Int { queuedBytes + (destination?.unsentBytes ?? 0) }

  private func pauseIfFull() {
    guard !isPaused else { return }
    if network.isCrowded {
      network.wait(self)
    } else if heldBytes < LiveLimits.relayedBytesPerStream {
      return
    }
    isPaused = true
    source?.pauseReading()
  }

  func resumeIfRoom() {
    guard isPaused, !isDead, !network.isCrowded, heldBytes < LiveLimits.relayedBytesPerStream / 2 else { return }
    isPaused = false
    source?.startReading()
  }
}
