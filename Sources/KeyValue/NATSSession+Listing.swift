// Listings and sweeps: both walk through messages, of which JetStream sends the headers alone.
internal import CNATS
internal import Glibc

extension NATSSession {
  /// One message on the way.
  private struct Step {
    var subject: String
    var sequence: UInt64
    /// Among those that the walk sees, from 1.
    var place: UInt64
    /// Nanoseconds since 1970, by the server's clock.
    var timestamp: Int64
    var record: NATSRecord
    var isLast: Bool
  }

  /// A page is found by looking at every key of the namespace: JetStream knows no order of keys. What is kept while
  /// doing so is about four pages.
  func page(
    _ namespace: String, prefix: [UInt8], after cursor: [UInt8]?, limit: Int, until deadline: UInt64
  ) throws(NATSFault) -> KeyValueResult {
    let stem = "$KV.\(address.bucket).\(namespace)."
    let now = clock()
    var kept: [[UInt8]: KeyValueListing] = [:]
    /// Keys beyond this one were let go.
    var horizon: [UInt8]?
    try walk("\(stem)*", from: nil, until: deadline) { step in
      guard step.subject.hasPrefix(stem), let key = NATSKey.unescaped(step.subject.utf8.dropFirst(stem.utf8.count)),
        key.starts(with: prefix), cursor.map({ $0.lexicographicallyPrecedes(key) }) ?? true,
        horizon.map({ !$0.lexicographicallyPrecedes(key) }) ?? true
      else { return true }
      // A key that is written meanwhile comes again.
      guard case .value(let expires) = step.record, !step.record.isExpired(at: now) else {
        kept[key] = nil
        return true
      }
      kept[key] = KeyValueListing(key: key, version: step.sequence, expires: expires)
      if kept.count > 4 * (limit + 1) {
        let least = kept.keys.sorted { $0.lexicographicallyPrecedes($1) }.prefix(limit + 1)
        horizon = least.last
        kept = kept.filter { listing in horizon.map { !$0.lexicographicallyPrecedes(listing.key) } ?? true }
      }
      return true
    }
    let found = kept.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    if found.isEmpty, horizon != nil {
      throw NATSFault(.other, "keys were deleted faster than they could be listed; try again", isRefusal: true)
    }
    return .success(.page(Array(found.prefix(limit)), isLast: found.count <= limit && horizon == nil))
  }

  /// Looks at some records from where the last sweep ended, and removes those that have expired and markers of deletes.
  /// A removal names the message, so that what was written meanwhile stays. What fails is tried in a later sweep.
  func sweep() {
    let deadline = monotonicNanoseconds() + NATSLimits.requestMilliseconds * 1_000_000
    let before = clock()
    let grace = NATSLimits.sweepGraceMilliseconds
    guard before > grace, (try? prepare(until: deadline)) != nil else { return }
    link?.releaseRetired()
    var due: [(subject: String, sequence: UInt64)] = []
    var (looked, next) = (0, UInt64(1))
    let walked: Void? = try? walk("$KV.\(address.bucket).>", from: sweepSequence, until: deadline) { step in
      looked += 1
      next = step.isLast ? 1 : step.sequence + 1
      switch step.record {
      case .value(let expires?): if expires <= before - grace { due.append((step.subject, step.sequence)) }
      case .marker:
        if step.timestamp / 1_000_000 <= Int64(before - grace) { due.append((step.subject, step.sequence)) }
      default: break
      }
      // A slow one keeps what it found.
      return looked < NATSLimits.sweptRecords && due.count < NATSLimits.sweptAtOnce && monotonicNanoseconds() < deadline
    }
    guard walked != nil else { return }
    sweepSequence = next
    for (subject, sequence) in due {
      var settings = options(monotonicNanoseconds() + NATSLimits.requestMilliseconds * 1_000_000)
      let status = subject.withCString { name in
        settings.Stream.Purge.Subject = name
        settings.Stream.Purge.Sequence = sequence + 1
        return withDomain(&settings) { settings in
          withJetStream { nats.js_PurgeStream($0, stream, settings, nil) }
        }
      }
      guard status == NATS_OK else { return }
    }
  }

  /// Goes through the last messages of all subjects that match, or from a sequence number on through all messages,
  /// until there are no more or `body` answers false.
  private func walk(
    _ subject: String, from sequence: UInt64?, until deadline: UInt64, _ body: (Step) -> Bool
  ) throws(NATSFault) {
    let inbox = try NATSInbox(nats, link)
    let consumer = try consumer(subject, from: sequence, to: inbox, until: deadline)
    var received: UInt64 = 0
    var isLast = consumer.delivered + consumer.waiting == 0
    while !isLast {
      // As long as records come, nothing else looks at the time.
      guard monotonicNanoseconds() < deadline else { throw NATSFault(.timeout, "it did not answer in time") }
      guard let step = try self.step(inbox, until: deadline) else {
        // What was to come may have been removed meanwhile.
        let rest = try pending(consumer.name, until: deadline)
        isLast = rest.waiting == 0 && rest.delivered <= received
        continue
      }
      received += 1
      // One was dropped on the way: they came faster than they were taken.
      guard step.place == received else { throw NATSFault(.other, "a listing was interrupted; try again") }
      isLast = step.isLast
      if !body(step) { return }
    }
  }

  /// What a consumer has sent, and what it has still to send.
  private struct Consumer {
    var name: String
    var delivered: UInt64
    var waiting: UInt64

    init(taking info: UnsafeMutablePointer<jsConsumerInfo>, _ nats: cnats_functions) {
      name = info.pointee.Name.map { String(cString: $0) } ?? ""
      (delivered, waiting) = (info.pointee.Delivered.Consumer, info.pointee.NumPending)
      nats.jsConsumerInfo_Destroy(info)
    }
  }

  /// Has the server send to the inbox. The consumer ends seconds after nobody listens there any more, by itself.
  ///
  /// Made by hand and not by a subscription of JetStream's: what breaks off here is an error and needs no thread that
  /// begins it again, and its end must not wait for the server.
  private func consumer(
    _ subject: String, from sequence: UInt64?, to inbox: NATSInbox, until deadline: UInt64
  ) throws(NATSFault) -> Consumer {
    var settings = options(deadline)
    var how = jsConsumerConfig()
    _ = nats.jsConsumerConfig_Init(&how)
    how.AckPolicy = js_AckNone
    how.HeadersOnly = true
    how.MemoryStorage = true
    if let sequence {
      how.DeliverPolicy = js_DeliverByStartSequence
      how.OptStartSeq = sequence
    } else {
      how.DeliverPolicy = js_DeliverLastPerSubject
    }
    var info: UnsafeMutablePointer<jsConsumerInfo>?
    var code = jsErrCode(rawValue: 0)
    let status = inbox.subject.withCString { target in
      subject.withCString { filter in
        how.DeliverSubject = target
        how.FilterSubject = filter
        return withDomain(&settings) { settings in
          withJetStream { nats.js_AddConsumer(&info, $0, stream, &how, settings, &code) }
        }
      }
    }
    guard status == NATS_OK, let info else { throw NATSFault(nats, status, code) }
    return Consumer(taking: info, nats)
  }

  /// How many messages the consumer has sent, and how many are to come.
  private func pending(_ consumer: String, until deadline: UInt64) throws(NATSFault) -> Consumer {
    var settings = options(deadline)
    var code = jsErrCode(rawValue: 0)
    var info: UnsafeMutablePointer<jsConsumerInfo>?
    let status = withDomain(&settings) { settings in
      withJetStream { nats.js_GetConsumerInfo(&info, $0, stream, consumer, settings, &code) }
    }
    guard status == NATS_OK, let info else { throw NATSFault(nats, status, code) }
    return Consumer(taking: info, nats)
  }

  /// The next message; nil where none came for a moment.
  private func step(_ inbox: NATSInbox, until deadline: UInt64) throws(NATSFault) -> Step? {
    var message: OpaquePointer?
    let wait = min(wait(deadline), Int64(NATSLimits.listingPauseMilliseconds))
    let status = nats.natsSubscription_NextMsg(&message, inbox.subscription, wait)
    if status == NATS_TIMEOUT { return nil }
    guard status == NATS_OK, let message else { throw NATSFault(nats, status, jsErrCode(rawValue: 0)) }
    defer { nats.natsMsg_Destroy(message) }
    var meta: UnsafeMutablePointer<jsMsgMetaData>?
    let read = nats.natsMsg_GetMetaData(&meta, message)
    guard read == NATS_OK, let meta else { throw NATSFault(nats, read, jsErrCode(rawValue: 0)) }
    defer { nats.jsMsgMetaData_Destroy(meta) }
    return Step(
      subject: nats.natsMsg_GetSubject(message).map { String(cString: $0) } ?? "",
      sequence: meta.pointee.Sequence.Stream, place: meta.pointee.Sequence.Consumer,
      timestamp: meta.pointee.Timestamp, record: NATSRecord(nats, message), isLast: meta.pointee.NumPending == 0)
  }
}
