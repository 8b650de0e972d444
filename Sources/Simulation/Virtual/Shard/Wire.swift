// What travels between clients, sites and stores, as values.
internal import KeyValue

/// What goes with a call wherever it goes. 48 bytes.
struct CallHead: BitwiseCopyable {
  /// When the client began, in nanoseconds.
  var start: UInt64
  /// When it gives up.
  var deadline: UInt64
  /// All that is drawn for this call, so that what other calls draw changes nothing of it.
  var random: SplitMix64
  var population: UInt32
  /// The operation's number in its session.
  var operation: UInt32
  var tool: UInt16
}

/// Who gets the answer: a client's call, or what a site that forwarded has of it.
struct Origin: BitwiseCopyable {
  var ticket: Ticket
  /// A site, or a population behind all sites.
  var node: UInt32
  var shard: UInt16
  var isClient: Bool
}

/// A request, or the answer to one.
struct Message {
  enum Kind: UInt8, BitwiseCopyable { case request, forward, answer }

  var kind: Kind
  var outcome = Outcome.ok
  /// Where the call ran; of an answer.
  var ranAt: Int32 = -1
  /// Where a request goes.
  var site: Int32
  var head: CallHead
  /// Of a request: who asks. Of an answer: whom it is for.
  var origin: Origin
  /// The delay of the links on the way so far, without jitter, bytes and loss.
  var links: UInt64 = 0
  /// When a forward was made by the clock of the node that made it, in milliseconds.
  var issued: Int64 = 0
  /// The session's.
  var handle: String?
}

/// What is asked of a store, or its answer.
struct StoreMessage {
  enum Body {
    case perform(KeyValueOperation)
    case answer(Result<KeyValueAnswer, KeyValueError>)
    /// The auditor compares a session that its client has left with what the client knows, and removes it.
    case audit(key: [UInt8], ledger: SessionLedger)
  }

  var body: Body
  var store: Int32
  /// Nil: the primary; else the copy, by its place among the store's.
  var replica: Int32 = -1
  /// The visit that asks.
  var ticket: Ticket
  var site: Int32
  var shard: UInt16
  /// When its site gives up.
  var deadline: UInt64
  var isTest = true
  var random: SplitMix64
}

/// What a client knows of a session's writes.
struct SessionLedger: Sendable {
  /// Operations that were acknowledged.
  var acknowledged: [UInt32] = []
  /// Operations of which it is not known whether they were done.
  var unknown: [UInt32] = []
}
