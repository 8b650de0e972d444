// The connection to NATS, and the port's operations as requests to JetStream. Every call here blocks.
internal import CNATS
internal import Synchronization

/// One connection for the process; cnats lets several threads use it and connects again by itself.
final class NATSSession: @unchecked Sendable {
  let address: NATSAddress
  let clock: WallClock
  let nats: cnats_functions
  let stream: String
  private let options: NATSOptions
  private let state = Mutex(State())

  private struct State {
    var link: NATSLink?
    var isEnding = false
    var hasBucket = false
    /// Since when there is no connection; 0 while there is one.
    var lostAt: UInt64 = 0
    /// When a connection that cnats gave up was last made anew.
    var renewedAt: UInt64 = 0
    /// Where the next sweep begins.
    var sweepSequence: UInt64 = 1
  }

  init(_ address: NATSAddress, clock: @escaping WallClock) throws(KeyValueError) {
    self.address = address
    self.clock = clock
    stream = "KV_\(address.bucket)"
    var problem = [CChar](repeating: 0, count: 256)
    guard let functions = cnats_load(&problem, problem.count) else {
      let words = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw KeyValueError(.configuration, "state in NATS is not possible: \(words)")
    }
    nats = functions.pointee
    options = try NATSOptions(nats, address)
    let link = try NATSLink(nats, address, options)
    state.withLock { $0.link = link }
    if let problem = link.payloadProblem() { throw KeyValueError(.configuration, problem) }
  }

  /// Ends the connection and what waits for it. While threads may still be in a call.
  func disconnect() {
    let link = state.withLock { state in
      state.isEnding = true
      return state.link
    }
    link?.close()
  }

  // MARK: Being connected

  /// The connection of the moment.
  var link: NATSLink? { state.withLock { $0.link } }

  /// Calls JetStream over the connection of the moment, which stays until `body` returns.
  func withJetStream<Answer>(_ body: (OpaquePointer?) -> Answer) -> Answer {
    let link = link
    return withExtendedLifetime(link) { body(link?.jetStream) }
  }

  /// Waits for a connection, for a moment, and for the bucket.
  func prepare(until deadline: UInt64) throws(NATSFault) {
    while true {
      guard let link = state.withLock({ $0.link }), !link.isConnected else { break }
      let now = monotonicNanoseconds()
      let lostAt = state.withLock { state in
        if state.lostAt == 0 { state.lostAt = now }
        return state.lostAt
      }
      if link.isGivenUp { renew() }
      if now > lostAt + NATSLimits.outageMilliseconds * 1_000_000 || now >= deadline {
        throw NATSFault(.other, link.lastProblem ?? "there is no connection to it", isRefusal: true)
      }
      nats.nats_Sleep(5)
    }
    let (link, hasBucket) = state.withLock { state in
      state.lostAt = 0
      return (state.link, state.hasBucket)
    }
    if let problem = link?.payloadProblem() { throw NATSFault(.other, problem, isRefusal: true) }
    if !hasBucket { try makeBucket() }
  }

  /// cnats ends a connection for good when the server refuses the user twice. That may be the server's mistake.
  private func renew() {
    let isDue = state.withLock { state in
      let now = monotonicNanoseconds()
      guard !state.isEnding, now > state.renewedAt + NATSLimits.outageMilliseconds * 1_000_000 else { return false }
      state.renewedAt = now
      return true
    }
    guard isDue, let link = try? NATSLink(nats, address, options) else { return }
    let isEnding = state.withLock { state in
      state.link = link
      return state.isEnding
    }
    if isEnding { link.close() }
  }

  private func makeBucket() throws(NATSFault) {
    var bucket: OpaquePointer?
    let status = withJetStream { jetStream in
      let status = nats.js_KeyValue(&bucket, jetStream, address.bucket)
      guard status == NATS_NOT_FOUND else { return status }
      var settings = kvConfig()
      _ = nats.kvConfig_Init(&settings)
      return address.bucket.withCString { name in
        settings.Bucket = name
        settings.History = 1
        settings.StorageType = js_FileStorage
        settings.Replicas = address.replicas
        return nats.js_CreateKeyValue(&bucket, jetStream, &settings)
      }
    }
    guard status == NATS_OK else { throw NATSFault(nats, status, jsErrCode(rawValue: 0)) }
    nats.kvStore_Destroy(bucket)
    state.withLock { $0.hasBucket = true }
  }

  func forgetBucket() { state.withLock { $0.hasBucket = false } }

  var sweepSequence: UInt64 {
    get { state.withLock { $0.sweepSequence } }
    set { state.withLock { $0.sweepSequence = newValue } }
  }

  // MARK: Requests

  /// Settings of one request that waits until `deadline`, or as long as a request may.
  func options(_ deadline: UInt64) -> jsOptions {
    var options = jsOptions()
    _ = nats.jsOptions_Init(&options)
    options.Wait = wait(deadline)
    return options
  }

  func wait(_ deadline: UInt64) -> Int64 {
    let now = monotonicNanoseconds()
    let left = deadline > now ? (deadline - now) / 1_000_000 : 0
    return Int64(max(1, min(left, NATSLimits.requestMilliseconds)))
  }

  func withDomain<Answer>(_ options: inout jsOptions, _ body: (UnsafeMutablePointer<jsOptions>) -> Answer) -> Answer {
    address.withDomain(&options, body)
  }

  func subject(_ namespace: String, _ key: [UInt8]) -> String {
    "$KV.\(address.bucket).\(namespace).\(NATSKey.escaped(key))"
  }

  /// The last message of a key.
  struct Found {
    var sequence: UInt64
    var record: NATSRecord
    var value: [UInt8]

    func isLive(at now: UInt64) -> Bool { record.isValue && !record.isExpired(at: now) }
  }

  /// A read may be repeated: a request that nobody answered is, until the deadline.
  func last(_ subject: String, until deadline: UInt64) throws(NATSFault) -> Found? {
    while true {
      do throws(NATSFault) {
        return try lastOnce(subject, until: deadline)
      } catch {
        guard error.kind == .timeout, monotonicNanoseconds() < deadline else { throw error }
        try prepare(until: deadline)
      }
    }
  }

  private func lastOnce(_ subject: String, until deadline: UInt64) throws(NATSFault) -> Found? {
    var message: OpaquePointer?
    var code = jsErrCode(rawValue: 0)
    var settings = options(deadline)
    let status = withDomain(&settings) { settings in
      withJetStream { nats.js_GetLastMsg(&message, $0, stream, subject, settings, &code) }
    }
    if status == NATS_NOT_FOUND, code != JSStreamNotFoundErr { return nil }
    guard status == NATS_OK, let message else { throw NATSFault(nats, status, code) }
    defer { nats.natsMsg_Destroy(message) }
    let bytes = UnsafeRawBufferPointer(
      start: nats.natsMsg_GetData(message), count: Int(nats.natsMsg_GetDataLength(message)))
    return Found(
      sequence: nats.natsMsg_GetSequence(message), record: NATSRecord(nats, message), value: Array(bytes))
  }

  enum Expectation {
    case anything
    case nothing
    case sequence(UInt64)
  }

  /// Writes a message, and returns its sequence number. `value` nil: the marker of a delete.
  func publish(
    _ subject: String, _ value: [UInt8]?, expires: UInt64?, expecting: Expectation, _ submission: NATSSubmission
  ) throws(NATSFault) -> UInt64 {
    // With a domain a JetStream elsewhere is meant, whose subjects the domain's API carries.
    let target = address.domain.map { "$JS.\($0).API.\(subject)" } ?? subject
    var message: OpaquePointer?
    let status = (value ?? []).withUnsafeBytes { bytes in
      nats.natsMsg_Create(
        &message, target, nil, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    guard status == NATS_OK, let message else { throw NATSFault(nats, status, jsErrCode(rawValue: 0)) }
    defer { nats.natsMsg_Destroy(message) }
    if value == nil {
      _ = nats.natsMsgHeader_Set(message, NATSRecord.operationHeader, "DEL")
    } else {
      _ = nats.natsMsgHeader_Set(message, NATSRecord.recordHeader, NATSRecord.text(expires: expires))
    }
    var settings = jsPubOptions()
    _ = nats.jsPubOptions_Init(&settings)
    settings.MaxWait = wait(submission.deadline)
    switch expecting {
    case .anything: break
    case .nothing: settings.ExpectNoMessage = true
    case .sequence(let sequence): settings.ExpectLastSubjectSeq = sequence
    }
    var acknowledgement: UnsafeMutablePointer<jsPubAck>?
    var code = jsErrCode(rawValue: 0)
    submission.wasSent.store(true, ordering: .releasing)
    let sent = withJetStream { nats.js_PublishMsg(&acknowledgement, $0, message, &settings, &code) }
    guard sent == NATS_OK, let acknowledgement else {
      let fault = NATSFault(nats, sent, code)
      if fault.isRefusal { submission.wasSent.store(false, ordering: .releasing) }
      throw fault
    }
    defer { nats.jsPubAck_Destroy(acknowledgement) }
    return acknowledgement.pointee.Sequence
  }
}
