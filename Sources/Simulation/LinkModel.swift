// What a link does to the bytes that are sent over it: one pure model for live and for virtual mode.
internal import Glibc

/// One direction of a link, as a topology describes it.
public struct LinkShape: Sendable, Equatable {
  /// From one end to the other, without jitter.
  public var oneWayMilliseconds: Double
  /// Mean of the exponential time by which a piece is late beyond that.
  public var jitterMilliseconds: Double
  /// The probability that one segment is lost, from 0 up to, not including, 1.
  public var loss: Double
  /// Infinite where the link never is what bounds.
  public var bitsPerSecond: Double

  public init(
    oneWayMilliseconds: Double = 0, jitterMilliseconds: Double = 0, loss: Double = 0, bitsPerSecond: Double = .infinity
  ) {
    precondition(
      oneWayMilliseconds >= 0 && jitterMilliseconds >= 0 && bitsPerSecond > 0, "a link has no negative figure")
    precondition(loss >= 0 && loss < 1, "the loss of a link is from 0 up to, not including, 1")
    self.oneWayMilliseconds = oneWayMilliseconds
    self.jitterMilliseconds = jitterMilliseconds
    self.loss = loss
    self.bitsPerSecond = bitsPerSecond
  }

  /// The round trip over two directions of this shape, without jitter.
  public var roundTripMilliseconds: Double { 2 * oneWayMilliseconds }
}

/// The state of one direction of a link: when what is sent over it arrives. No I/O, no clock of its own; the same calls
/// with the same generator give the same times. All times are nanoseconds on one clock, which begins anywhere.
///
/// The model, for a piece of n bytes that is sent at a time `now`:
/// 1. **Bandwidth.** The link sends one piece after the other, whoever sends them: this one begins when those before it
///    have left, and takes n · 8 / `bitsPerSecond`. That is where a queue forms.
/// 2. **Delay.** From there it is under way for the one-way delay, times ``delayFactor``, and a jitter drawn from the
///    exponential distribution whose mean is `jitterMilliseconds`.
/// 3. **Loss.** The piece travels in segments of 1,460 bytes. If one of them is lost, the piece is late by the time in
///    which TCP retransmits: `max(200 ms, 2 · round trip)`. The retransmission is lost with the same probability, and the
///    wait doubles each time, seven times at most. Segments of one piece that are lost together are repaired together.
/// 4. **Order.** It does not arrive before what the same connection sent earlier, so what is behind a lost segment waits
///    with it.
///
/// A new connection costs a round trip before its first byte may leave: ``handshake(over:back:at:using:)``. Its packets are
/// too small to queue.
///
/// Pieces are given to the model when they leave, in the order of their times: one that is dated ahead would hold up all
/// that leave before it.
///
/// Not modelled: slow start and congestion windows (a long answer leaves at the link's rate at once), fast retransmission
/// (a loss always costs the timer), and acknowledgements as traffic of their own.
public struct LinkModel: Sendable, Equatable {
  public static let segmentBytes = 1460
  /// The least time in which TCP retransmits, as Linux has it.
  public static let leastRetransmissionMilliseconds = 200.0
  /// A retransmission that is lost this often gets through: longer waits are a partition's.
  static let retransmissionsMax = 7
  /// A SYN and its answer, with the headers below TCP.
  static let handshakeBytes = 60

  public let shape: LinkShape
  /// A slow link's delay is that many times its own; what is under way keeps its time.
  public var delayFactor = 1.0
  /// When the link has sent all it was given.
  public private(set) var freeAt: UInt64 = 0
  /// Pieces of which something was lost.
  public private(set) var lostPieces: UInt64 = 0

  private let jitterNanoseconds: Double
  private let nanosecondsPerByte: Double

  public init(_ shape: LinkShape) {
    self.shape = shape
    jitterNanoseconds = shape.jitterMilliseconds * 1e6
    nanosecondsPerByte = shape.bitsPerSecond == .infinity ? 0 : 8e9 / shape.bitsPerSecond
  }

  /// When a piece that is sent now has arrived as a whole.
  ///
  /// - parameter previous: when the last piece of the same connection arrives; 0 for its first.
  public mutating func arrival(
    of bytes: Int, at now: UInt64, behind previous: UInt64 = 0, using generator: inout SplitMix64
  ) -> UInt64 {
    var left = now
    if nanosecondsPerByte > 0 {
      left = max(now, freeAt) + UInt64(Double(bytes) * nanosecondsPerByte)
      freeAt = left
    }
    return max(left + delay(of: bytes, using: &generator), previous)
  }

  /// How long a piece is under way once it has left: points 2 and 3.
  mutating func delay(of bytes: Int, using generator: inout SplitMix64) -> UInt64 {
    var delay = shape.oneWayMilliseconds * 1e6 * delayFactor
    if jitterNanoseconds > 0 { delay -= jitterNanoseconds * log(1 - generator.unit()) }
    if shape.loss > 0 { delay += retransmission(of: bytes, using: &generator) }
    return UInt64(delay)
  }

  /// How long TCP waits before what is lost of a piece is there; 0 where nothing is.
  private mutating func retransmission(of bytes: Int, using generator: inout SplitMix64) -> Double {
    let segments = (bytes + Self.segmentBytes - 1) / Self.segmentBytes
    var arrives = 1 - shape.loss
    if segments > 1 { arrives = Self.power(arrives, segments) }
    guard generator.unit() >= arrives else { return 0 }
    lostPieces += 1
    let first = max(Self.leastRetransmissionMilliseconds, 2 * shape.roundTripMilliseconds * delayFactor) * 1e6
    var (waited, wait, round) = (first, first, 1)
    while round < Self.retransmissionsMax, generator.unit() < shape.loss {
      wait *= 2
      waited += wait
      round += 1
    }
    return waited
  }

  /// When a connection that is begun now may send its first byte: a segment there and one back.
  public static func handshake(
    over forward: inout LinkModel, back: inout LinkModel, at now: UInt64, using generator: inout SplitMix64
  ) -> UInt64 {
    let there = forward.delay(of: handshakeBytes, using: &generator)
    return now + there + back.delay(of: handshakeBytes, using: &generator)
  }

  /// By squaring, so that every machine gets the same bits.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, left) = (1.0, base, exponent)
    while left > 0 {
      if left & 1 == 1 { result *= square }
      square *= square
      left >>= 1
    }
    return result
  }
}
