// The session of one call: whose it is, what it held when the call began, and what the call did with it.

package import KeyValue
package import Sealing

/// One session, as one call sees it. Confined to its loop's thread.
///
/// The handle is sealed, and bound to the worker and to the principal; the data lies in the store, under a key of all
/// three. The simulator's nodes have the same sessions. A record begins with a byte that says whether there is data yet: a session exists from its first answer on.
package final class Session {
  /// The store's own namespace: no manifest can name it.
  package static let namespace = "_sessions"
  package static let identifierBytes = 16
  /// A session is renewed when this part of its time, as one in so many, has passed.
  private static let renewalShare: UInt64 = 16

  private enum Mark {
    static let empty: UInt8 = 0
    static let data: UInt8 = 1
  }

  /// What the caller holds.
  package let handle: String
  package let key: [UInt8]
  package let timeToLive: UInt64
  /// Whether this call began it: then nobody else has its handle.
  package let isNew: Bool
  /// The record as far as this call knows; nil where there is none yet.
  package private(set) var record: KeyValueEntry?
  /// Whether the guest may be given what was read when the call began.
  private var isFresh = true
  package private(set) var wasWritten = false
  package private(set) var hasEnded = false

  /// A new one, of which the store knows nothing.
  /// `identifier` is nobody else's: random bytes, except in a simulator.
  package init(
    beginning worker: String, _ principal: Principal, timeToLive: UInt64, sealer: Sealer,
    identifier: [UInt8] = Entropy.bytes(identifierBytes)
  ) {
    handle = sealer.seal(identifier, audience: [worker, principal.name])
    key = Self.key(worker, principal, identifier)
    isNew = true
    self.timeToLive = timeToLive
  }

  /// One that a handle names; nil for a handle that is not this worker's and this principal's.
  package init?(opening handle: String, _ worker: String, _ principal: Principal, timeToLive: UInt64, sealer: Sealer) {
    guard let identifier = sealer.open(handle.utf8, audience: [worker, principal.name]),
      identifier.count == Self.identifierBytes
    else { return nil }
    self.handle = handle
    isNew = false
    key = Self.key(worker, principal, identifier)
    self.timeToLive = timeToLive
  }

  private static func key(_ worker: String, _ principal: Principal, _ identifier: [UInt8]) -> [UInt8] {
    var key = Array("\(worker)/\(principal.name)/".utf8)
    let digits = Array("0123456789abcdef".utf8)
    for byte in identifier { key += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return key
  }

  private func operation(_ body: KeyValueOperation.Body) -> KeyValueOperation {
    KeyValueOperation(namespace: Self.namespace, body)
  }

  // MARK: What the host does

  package var load: KeyValueOperation { operation(.get(key: key)) }

  package func loaded(_ entry: KeyValueEntry) { record = entry }

  /// What is to be written once the guest has answered: a new session's empty record, or an old one's new time; nil where
  /// the guest has written, or its time was renewed a moment ago.
  package func renewal(now milliseconds: UInt64) -> KeyValueOperation? {
    guard !wasWritten, !hasEnded else { return nil }
    guard let record else {
      guard isNew else { return nil }
      return operation(.put(key: key, value: [Mark.empty], timeToLive: timeToLive, condition: .absent))
    }
    if let expires = record.expires, expires > milliseconds,
      expires - milliseconds > timeToLive - timeToLive / Self.renewalShare
    {
      return nil
    }
    return operation(.put(key: key, value: record.value, timeToLive: timeToLive, condition: .version(record.version)))
  }

  // MARK: What the guest does

  /// What a `get` finds without asking the store: what was read when the call began, once; or nothing, where the session
  /// is new.
  package func knownAnswer() -> [UInt8]? {
    guard isFresh else { return nil }
    isFresh = false
    return Self.answer(to: record)
  }

  /// The head and data of an answer to `get`.
  static func answer(to record: KeyValueEntry?) -> [UInt8] {
    guard let record, record.value.first == Mark.data else { return Array(#"{"found":false}"#.utf8) }
    return Array(#"{"found":true,"version":"\#(record.version)"}"#.utf8) + [0] + record.value.dropFirst()
  }

  /// What a later look at the store found. A session that others know of and that is not there any more has ended.
  package func read(_ entry: KeyValueEntry?) {
    record = entry
    if entry == nil, !isNew { hasEnded = true }
  }

  /// The write that a guest asks for. "Absent" means: no data yet.
  package func write(_ data: [UInt8], _ condition: KeyValueCondition) throws(OperationProblem) -> KeyValueOperation {
    guard !hasEnded else { throw OperationProblem("denied", "the session has ended; the next call begins another") }
    var condition = condition
    if condition == .none, !isNew, let record { condition = .version(record.version) }
    if condition == .absent, let record {
      guard record.value.first == Mark.empty else {
        throw OperationProblem("conflict", "the session has data; get it, and put with its version")
      }
      condition = .version(record.version)
    }
    return operation(.put(key: key, value: [Mark.data] + data, timeToLive: timeToLive, condition: condition))
  }

  package func written(_ version: UInt64, _ data: [UInt8]) {
    wasWritten = true
    isFresh = false
    record = KeyValueEntry(value: [Mark.data], version: version, expires: nil)
  }

  package var end: KeyValueOperation { operation(.delete(key: key, condition: .none)) }

  package func ended() { hasEnded = true }
}
