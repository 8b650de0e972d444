// The connection to NATS, and the port's operations as requests to JetStream. Every call here blocks.
internal import CNATS
internal import Glibc
internal import Synchronization

/// One connection for the process; cnats lets several threads use it and connects again by itself.
final class NATSSession: @unchecked Sendable {
  let address: NATSAddress
  let clock: WallClock
  let nats: cnats_functions
  let stream: String
  private var connection: OpaquePointer?
  private(set) var jetStream: OpaquePointer?
  private let state = Mutex(State())

  private struct State {
    var hasBucket = false
    /// Since when there is no connection; 0 while there is one.
    var lostAt: UInt64 = 0
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
    try connect()
  }

  deinit {
    nats.jsCtx_Destroy(jetStream)
    nats.natsConnection_Destroy(connection)
  }

  /// Ends the connection and what waits for it. While threads may still be in a call.
  func disconnect() { nats.natsConnection_Close(connection) }

  // MARK: Connecting

  private func connect() throws(KeyValueError) {
    func refused(_ status: natsStatus, _ what: String) -> KeyValueError {
      let fault = NATSFault(nats, status, jsErrCode(rawValue: 0))
      return KeyValueError(.configuration, "NATS at \(address.place) cannot be used: \(what) (\(fault.words))")
    }
    var options: OpaquePointer?
    var status = nats.natsOptions_Create(&options)
    defer { nats.natsOptions_Destroy(options) }
    let servers = address.servers.map { strdup($0) }
    defer { for server in servers { free(server) } }
    var pointers = servers.map { UnsafePointer($0) }
    func set(_ next: @autoclosure () -> natsStatus) { if status == NATS_OK { status = next() } }
    set(nats.natsOptions_SetServers(options, &pointers, Int32(pointers.count)))
    set(nats.natsOptions_SetName(options, "atoll"))
    if let user = address.user, let password = address.password {
      set(nats.natsOptions_SetUserInfo(options, user, password))
    }
    if let token = address.token { set(nats.natsOptions_SetToken(options, token)) }
    set(nats.natsOptions_SetTimeout(options, NATSLimits.connectMilliseconds))
    set(nats.natsOptions_SetMaxReconnect(options, -1))
    set(nats.natsOptions_SetReconnectWait(options, NATSLimits.reconnectMilliseconds))
    let jitter = NATSLimits.reconnectJitterMilliseconds
    set(nats.natsOptions_SetReconnectJitter(options, jitter, jitter))
    set(nats.natsOptions_SetPingInterval(options, NATSLimits.pingMilliseconds))
    set(nats.natsOptions_SetMaxPingsOut(options, 2))
    set(nats.natsOptions_SetFailRequestsOnDisconnect(options, true))
    // Its own handler writes to stderr.
    set(nats.natsOptions_SetErrorHandler(options, { _, _, _, _ in }, nil))
    // With a callback the first connection is made in the background where it cannot be made at once.
    set(nats.natsOptions_SetRetryOnFailedConnect(options, true, { _, _ in }, nil))
    if address.isTLS { set(nats.natsOptions_SetSecure(options, true)) }
    guard status == NATS_OK else { throw refused(status, "its address is wrong") }
    if let authorities = address.authorities {
      status = nats.natsOptions_LoadCATrustedCertificates(options, authorities)
      guard status == NATS_OK else { throw refused(status, "the file `\(authorities)` has no certificates") }
    }
    status = nats.natsConnection_Connect(&connection, options)
    switch status {
    case NATS_OK, NATS_NOT_YET_CONNECTED: break
    case NATS_CONNECTION_AUTH_FAILED: throw refused(status, "it refused the user, password or token")
    default: throw refused(status, "it cannot be connected to")
    }
    var settings = self.options(UInt64.max)
    let made = withDomain(&settings) { nats.natsConnection_JetStream(&jetStream, connection, $0) }
    guard made == NATS_OK else { throw refused(made, "its JetStream cannot be used") }
    if let problem = payloadProblem() { throw KeyValueError(.configuration, problem) }
  }

  private func payloadProblem() -> String? {
    guard nats.natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED else { return nil }
    let most = nats.natsConnection_GetMaxPayload(connection)
    guard most < NATSLimits.payloadBytes else { return nil }
    return "NATS at \(address.place) takes messages of \(most) bytes, and values need \(NATSLimits.payloadBytes): set "
      + "`max_payload: 2MB` in the configuration of all its servers"
  }

  /// Waits for a connection, for a moment, and for the bucket.
  func prepare(until deadline: UInt64) throws(NATSFault) {
    while nats.natsConnection_Status(connection) != NATS_CONN_STATUS_CONNECTED {
      let now = monotonicNanoseconds()
      let lostAt = state.withLock { state in
        if state.lostAt == 0 { state.lostAt = now }
        return state.lostAt
      }
      if now > lostAt + NATSLimits.outageMilliseconds * 1_000_000 || now >= deadline {
        var words: UnsafePointer<CChar>?
        _ = nats.natsConnection_GetLastError(connection, &words)
        let reason = words.map { String(cString: $0) } ?? ""
        throw NATSFault(.other, reason.isEmpty ? "there is no connection to it" : reason, isRefusal: true)
      }
      nats.nats_Sleep(5)
    }
    let hasBucket = state.withLock { state in
      state.lostAt = 0
      return state.hasBucket
    }
    if let problem = payloadProblem() { throw NATSFault(.other, problem, isRefusal: true) }
    if !hasBucket { try makeBucket() }
  }

  private func makeBucket() throws(NATSFault) {
    var bucket: OpaquePointer?
    var status = nats.js_KeyValue(&bucket, jetStream, address.bucket)
    if status == NATS_NOT_FOUND {
      var settings = kvConfig()
      _ = nats.kvConfig_Init(&settings)
      status = address.bucket.withCString { name in
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
    guard let domain = address.domain else { return body(&options) }
    return domain.withCString { name in
      options.Domain = name
      return body(&options)
    }
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
    let status = withDomain(&settings) { nats.js_GetLastMsg(&message, jetStream, stream, subject, $0, &code) }
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
    let sent = nats.js_PublishMsg(&acknowledgement, jetStream, message, &settings, &code)
    guard sent == NATS_OK, let acknowledgement else {
      let fault = NATSFault(nats, sent, code)
      if fault.isRefusal { submission.wasSent.store(false, ordering: .releasing) }
      throw fault
    }
    defer { nats.jsPubAck_Destroy(acknowledgement) }
    return acknowledgement.pointee.Sequence
  }
}
