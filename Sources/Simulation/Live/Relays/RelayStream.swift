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
      case .opening, .end, .reset: LinkModel.handshakeBytes
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
  /// Pieces before this one have been given to the link.
  private var departed = 0
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
    pieces.append((piece, .max))
    depart()
    pauseIfFull()
  }

  /// Gives the pieces that can leave now to the link, which says when they arrive. Those that are sent into a cut link leave
  /// when it heals, and those of a connection that is being made when it is there: the link belongs to others till then.
  private func depart() {
    guard !link.isCut else { return }
    let now = network.loop.now
    while departed < pieces.count, now >= opensAt {
      pieces[departed].arrival = arrival(of: pieces[departed].piece, at: now)
      departed += 1
    }
    // Over a link without delay they are there.
    if !isBlocked, !isEmpty, pieces[first].arrival <= now { deliver(until: now) } else { schedule() }
  }

  private func arrival(of piece: Piece, at now: UInt64) -> UInt64 {
    guard case .opening = piece else {
      lastArrival = link.send(
        piece.wireBytes, direction, at: now, behind: lastArrival, using: &network.generator)
      return lastArrival
    }
    lastArrival = now + link.delay(direction, using: &network.generator)
    opensAt = lastArrival + link.delay(direction.opposite, using: &network.generator)
    return lastArrival
  }

  /// Wakes the stream when its first piece arrives, or when the next one may leave.
  private func schedule() {
    var time = UInt64.max
    if first < departed, !isBlocked { time = pieces[first].arrival }
    if departed < pieces.count { time = min(time, opensAt) }
    guard !isDead, time < dueAt ?? .max else { return }
    dueAt = time
    network.wake(self, at: time)
  }

  /// The link carries bytes again: all that waits, or was under way, is sent now.
  func healed() {
    guard !isDead else { return }
    lastArrival = 0
    departed = first
    depart()
  }

  // MARK: Arriving

  /// Called by the network when the first piece is due; or when it was, before a cut and a healing gave it another time.
  func isDue(at now: UInt64) {
    guard let dueAt, dueAt <= now else { return }
    self.dueAt = nil
    depart()
  }

  private func deliver(until now: UInt64) {
    guard !isDead, !link.isCut, !isBlocked else { return }
    while first < departed, !isDead, pieces[first].arrival <= now {
      let piece = pieces[first].piece
      guard onArrival?(piece) == true else {
        isBlocked = true
        return schedule()
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
    depart()
  }

  private func compact() {
    if isEmpty {
      pieces.removeAll(keepingCapacity: true)
      (first, departed) = (0, 0)
    } else if first >= 64 {
      pieces.removeFirst(first)
      departed -= first
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
    (first, departed) = (0, 0)
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
