// One connection of cnats, and the settings it is made with.
internal import CNATS
internal import Glibc
internal import Synchronization

/// What connections are made with. Any thread.
final class NATSOptions: @unchecked Sendable {
  fileprivate let pointer: OpaquePointer?
  private let nats: cnats_functions

  init(_ nats: cnats_functions, _ address: NATSAddress) throws(KeyValueError) {
    self.nats = nats
    var options: OpaquePointer?
    var status = nats.natsOptions_Create(&options)
    pointer = options
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
    // Without one a write to a server that reads nothing blocks, and with it all who ask for the connection's status.
    set(nats.natsOptions_SetWriteDeadline(options, Int64(NATSLimits.requestMilliseconds)))
    // Its own handler writes to stderr.
    set(nats.natsOptions_SetErrorHandler(options, { _, _, _, _ in }, nil))
    if address.isTLS { set(nats.natsOptions_SetSecure(options, true)) }
    guard status == NATS_OK else { throw NATSLink.refused(nats, address, status, "its address is wrong") }
    if let authorities = address.authorities {
      status = nats.natsOptions_LoadCATrustedCertificates(options, authorities)
      guard status == NATS_OK else {
        throw NATSLink.refused(nats, address, status, "the file `\(authorities)` has no certificates")
      }
    }
  }

  deinit { nats.natsOptions_Destroy(pointer) }

  fileprivate func setRetrying(_ isRetrying: Bool) -> natsStatus {
    nats.natsOptions_SetRetryOnFailedConnect(pointer, isRetrying, isRetrying ? { _, _ in } : nil, nil)
  }
}

/// A connection, which cnats makes again after a failure, until it is given up or closed. Any thread.
final class NATSLink: @unchecked Sendable {
  private(set) var jetStream: OpaquePointer?
  private var connection: OpaquePointer?
  private let nats: cnats_functions
  private let place: String
  /// Subscriptions that have ended and are not freed yet.
  private let retired = Mutex<[Retired]>([])

  private struct Retired: @unchecked Sendable { let subscription: OpaquePointer }

  /// Blocks for two seconds at most. A server that cannot be reached is tried again in the background.
  init(_ nats: cnats_functions, _ address: NATSAddress, _ options: NATSOptions) throws(KeyValueError) {
    self.nats = nats
    place = address.place
    func refused(_ status: natsStatus, _ what: String) -> KeyValueError { Self.refused(nats, address, status, what) }
    // With a callback cnats goes on trying in the background, whatever was wrong: so first without.
    _ = options.setRetrying(false)
    var status = nats.natsConnection_Connect(&connection, options.pointer)
    switch status {
    case NATS_OK: break
    case NATS_CONNECTION_AUTH_FAILED: throw refused(status, "it refused the user, password or token")
    case NATS_SSL_ERROR: throw refused(status, "TLS is not possible")
    case NATS_SECURE_CONNECTION_REQUIRED: throw refused(status, "it wants TLS; begin the address with tls://")
    case NATS_SECURE_CONNECTION_WANTED: throw refused(status, "it has no TLS; begin the address with nats://")
    default:
      status = options.setRetrying(true)
      if status == NATS_OK { status = nats.natsConnection_Connect(&connection, options.pointer) }
      guard status == NATS_OK || status == NATS_NOT_YET_CONNECTED else {
        throw refused(status, "it cannot be connected to")
      }
    }
    var settings = jsOptions()
    _ = nats.jsOptions_Init(&settings)
    settings.Wait = Int64(NATSLimits.requestMilliseconds)
    status = address.withDomain(&settings) { nats.natsConnection_JetStream(&jetStream, connection, $0) }
    guard status == NATS_OK else { throw refused(status, "its JetStream cannot be used") }
  }

  deinit {
    nats.jsCtx_Destroy(jetStream)
    // Joins the thread that reads, so that nobody looks at a subscription any more.
    nats.natsConnection_Close(connection)
    free(retired.withLock { $0 })
    nats.natsConnection_Destroy(connection)
  }

  // MARK: Subscriptions

  func subscribe(to subject: UnsafePointer<CChar>) throws(NATSFault) -> OpaquePointer {
    var subscription: OpaquePointer?
    let status = nats.natsConnection_SubscribeSync(&subscription, connection, subject)
    guard status == NATS_OK, let subscription else { throw NATSFault(nats, status, jsErrCode(rawValue: 0)) }
    return subscription
  }

  /// Ends a subscription without waiting for the server, and keeps its memory.
  ///
  /// cnats before 3.6.1 looks a message's subscription up under a lock, lets go of the lock and goes on with the pointer:
  /// freeing it meanwhile takes it from under the thread that reads (nats.c, "Crash processing inbound message for
  /// destroyed subscription"). So it is freed once that thread has certainly gone on.
  func retire(_ subscription: OpaquePointer) {
    _ = nats.natsSubscription_Unsubscribe(subscription)
    let count = retired.withLock { retired in
      retired.append(Retired(subscription: subscription))
      return retired.count
    }
    if count >= NATSLimits.retiredMax { releaseRetired() }
  }

  /// Frees what has ended, after an answer of the server's that came behind everything before: the thread that reads has
  /// it read then. Waits for that answer; where none comes, they are kept for the next time.
  func releaseRetired() {
    let ended = retired.withLock { retired in
      defer { retired = [] }
      return retired
    }
    guard !ended.isEmpty else { return }
    if isConnected, nats.natsConnection_FlushTimeout(connection, Int64(NATSLimits.requestMilliseconds)) == NATS_OK {
      free(ended)
    } else {
      retired.withLock { $0 += ended }
    }
  }

  private func free(_ ended: [Retired]) {
    for one in ended { nats.natsSubscription_Destroy(one.subscription) }
  }

  func close() { nats.natsConnection_Close(connection) }

  var isConnected: Bool { nats.natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED }
  var isGivenUp: Bool { nats.natsConnection_Status(connection) == NATS_CONN_STATUS_CLOSED }

  var lastProblem: String? {
    var words: UnsafePointer<CChar>?
    _ = nats.natsConnection_GetLastError(connection, &words)
    guard let words, words.pointee != 0 else { return nil }
    return String(cString: words)
  }

  /// What to do where the server takes messages that are too small; nil where it is not known.
  func payloadProblem() -> String? {
    guard isConnected else { return nil }
    let most = nats.natsConnection_GetMaxPayload(connection)
    guard most < NATSLimits.payloadBytes else { return nil }
    return "NATS at \(place) takes messages of \(most) bytes, and values need \(NATSLimits.payloadBytes): set "
      + "`max_payload: 2MB` in the configuration of all its servers"
  }

  fileprivate static func refused(
    _ nats: cnats_functions, _ address: NATSAddress, _ status: natsStatus, _ what: String
  ) -> KeyValueError {
    let fault = NATSFault(nats, status, jsErrCode(rawValue: 0))
    return KeyValueError(.configuration, "NATS at \(address.place) cannot be used: \(what) (\(fault.words))")
  }
}

extension NATSAddress {
  /// Names the domain in the settings of a call.
  func withDomain<Answer>(_ options: inout jsOptions, _ body: (UnsafeMutablePointer<jsOptions>) -> Answer) -> Answer {
    guard let domain else { return body(&options) }
    return domain.withCString { name in
      options.Domain = name
      return body(&options)
    }
  }
}
