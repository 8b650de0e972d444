// The conversations that a population's clients are in. Pure.

/// The open sessions of one population with one worker. A call takes one of a fixed number of places; a place whose session
/// has ended, or that has none yet, begins another with its next call.
///
/// Calls do not wait for each other: two that meet in a place without a session begin one each, the place keeps that of the
/// first to be answered, and the other is left with what was written to it, which the run still checks.
struct OpenSessions {
  private struct Place {
    var handle: String?
    /// Counts the sessions of the place, so that a late answer does not bring an old one back.
    var generation = 0
  }

  /// Which session a call goes to.
  struct Turn: Equatable {
    fileprivate var place: Int
    fileprivate var generation: Int
    /// Nil: it begins one.
    var handle: String?
  }

  private var places: [Place]
  private let endsWith: Double
  private var generator: SplitMix64

  /// - parameter callsPerSession: on average.
  init(count: Int, callsPerSession: Int, seed: UInt64, stream: UInt64) {
    places = Array(repeating: Place(), count: count)
    endsWith = 1 / Double(max(1, callsPerSession))
    generator = SplitMix64(seed: seed, stream: stream)
  }

  mutating func begin() -> Turn {
    let place = Int(generator.next() % UInt64(places.count))
    return Turn(place: place, generation: places[place].generation, handle: places[place].handle)
  }

  /// The call was answered with this handle; the session may end with it.
  mutating func answered(_ turn: Turn, handle: String?) {
    guard places[turn.place].generation == turn.generation else { return }
    if places[turn.place].handle == nil { places[turn.place].handle = handle }
    if generator.unit() < endsWith { leave(turn) }
  }

  /// The session is no good any more.
  mutating func leave(_ turn: Turn) {
    guard places[turn.place].generation == turn.generation else { return }
    places[turn.place].handle = nil
    places[turn.place].generation += 1
  }
}
