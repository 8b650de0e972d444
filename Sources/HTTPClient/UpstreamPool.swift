// The connections of one loop: libcurl's multi interface, driven by the loop's watches and timers.
internal import CCurl
public import EventLoop
internal import Glibc

/// The upstream connections of one loop. Confined to its loop's thread, and made there or before the loop runs.
///
/// Opens libcurl, which takes 10 ms once a process: make one where a worker has upstreams, and not otherwise. All
/// workers of a node share its connections; what differs between workers is in each request, and nothing of one request
/// stays for the next but the connection and the name's address.
public final class UpstreamPool: @unchecked Sendable {
  public struct Statistics: Sendable, Equatable {
    /// Sockets opened so far; requests beyond were sent on connections that were there.
    public internal(set) var connectionsOpened: UInt64 = 0
    /// Times that the policy refused an address.
    public internal(set) var addressesRefused: UInt64 = 0
    /// Tries under way.
    public internal(set) var transfers = 0
  }

  private struct Watched {
    let watch: DescriptorWatch
    var wanted: DescriptorWatch.Events
  }

  public let loop: EventLoop
  let policy: AddressPolicy
  public internal(set) var statistics = Statistics()

  private let certificates: String?
  private let multi: UnsafeMutableRawPointer
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var idleHandles: [EasyHandle] = []
  private var watches: [Int32: Watched] = [:]
  let lookups = Lookups()
  private var timer: LoopTimer?
  private var isKicked = false
  /// libcurl must not be called from its own callbacks: what those ask for waits here.
  private var isInside = false
  private var postponed: [() -> Void] = []
  private var isClosed = false

  /// - parameters:
  ///   - policy: which addresses may be connected to; the same for every pool of a node.
  ///   - certificates: a file of PEM certificates to trust **instead of** the system's; nil trusts the system's.
  /// - throws: ``UpstreamConfigurationError`` where libcurl is missing or too old, or the file cannot be read.
  public init(loop: EventLoop, policy: AddressPolicy, certificates: String? = nil) throws(UpstreamConfigurationError) {
    if let missing = ccurl_load() { throw UpstreamConfigurationError(String(cString: missing)) }
    if let certificates, access(certificates, R_OK) != 0 {
      throw UpstreamConfigurationError("the certificates in \(certificates) cannot be read: name a PEM file")
    }
    guard let multi = ccurl_multi_make() else { throw UpstreamConfigurationError("libcurl is out of memory") }
    self.loop = loop
    self.policy = policy
    self.certificates = certificates
    self.multi = multi
    timer = loop.makeTimer { [weak self] in self?.act(CURL_SOCKET_TIMEOUT, 0) }
    let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    _ = ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, UpstreamLimits.connectionsMax)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, UpstreamLimits.idleConnectionsMax)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, UpstreamLimits.streamsMax)
    _ = ccurl_multi_set_data(multi, CURLMOPT_SOCKETDATA, context)
    _ = ccurl_multi_set_data(multi, CURLMOPT_TIMERDATA, context)
    _ = ccurl_multi_set_watcher(multi) { _, descriptor, what, context, _ in
      pool(context).watch(descriptor, what)
      return 0
    }
    _ = ccurl_multi_set_timer(multi) { _, milliseconds, context in
      pool(context).setTimer(milliseconds)
      return 0
    }
  }

  /// Where the library looks for certificates by default; nil where it was built without.
  public static var systemCertificates: String? {
    ccurl_load() == nil ? ccurl_certificates().map { String(cString: $0) } : nil
  }

  deinit { if !isClosed { freeAll() } }

  /// Ends every transfer without a word to anybody and closes every connection. Idempotent. Before the loop stops.
  public func close() {
    outsideCallbacks { [self] in
      guard !isClosed else { return }
      isClosed = true
      freeAll()
    }
  }

  private func freeAll() {
    for (_, transfer) in transfers {
      guard let handle = transfer.handle else { continue }
      _ = ccurl_multi_remove(multi, handle.easy)
      transfer.handle = nil
    }
    transfers = [:]
    idleHandles = []
    _ = ccurl_multi_free(multi)
    for watched in watches.values { watched.watch.close() }
    watches = [:]
    timer?.cancel()
    timer = nil
  }

  // MARK: Transfers

  /// Runs it as soon as its name allows. The owner hears of it later, never from inside.
  func run(_ transfer: Transfer) {
    outsideCallbacks { [self] in
      guard !isClosed else { return }
      statistics.transfers += 1
      if lookups.mayGo(transfer, now: loop.now) { add(transfer) }
    }
  }

  /// Ends it without telling its owner.
  func cancel(_ transfer: Transfer) {
    outsideCallbacks { [self] in
      guard !isClosed else { return }
      if transfer.isLookingUp { return transfer.abandon() }
      guard remove(transfer) || lookups.isWaiting(transfer) else { return }
      statistics.transfers -= 1
      goOn(lookups.ended(transfer, isLookupFailure: false).next)
    }
  }

  /// The transfer's name led to an address. From inside a callback.
  func lookedUp(_ transfer: Transfer) {
    let next = lookups.found(transfer, now: loop.now)
    if !next.isEmpty { outsideCallbacks { [self] in goOn(next) } }
  }

  private func goOn(_ transfers: [Transfer]) {
    for transfer in transfers where lookups.mayGo(transfer, now: loop.now) { add(transfer) }
  }

  private func add(_ transfer: Transfer) {
    guard let handle = idleHandles.popLast() ?? EasyHandle() else { return fail(transfer) }
    guard handle.prepare(transfer, certificates: certificates) else { return fail(transfer) }
    transfer.handle = handle
    transfers[handle.easy] = transfer
    guard ccurl_multi_add(multi, handle.easy) == CURLM_OK else {
      transfers[handle.easy] = nil
      transfer.handle = nil
      return fail(transfer)
    }
  }

  private func fail(_ transfer: Transfer) {
    let end = transfer.end(CURLE_OUT_OF_MEMORY, detail: "out of memory")
    loop.execute { [self, box = Confined(transfer)] in
      statistics.transfers -= 1
      box.value.owner?.transferEnded(end)
    }
  }

  /// Takes it from libcurl; its handle serves the next one.
  private func remove(_ transfer: Transfer) -> Bool {
    guard let handle = transfer.handle else { return false }
    transfer.handle = nil
    transfers[handle.easy] = nil
    _ = ccurl_multi_remove(multi, handle.easy)
    handle.clear()
    if idleHandles.count < UpstreamLimits.idleHandlesMax { idleHandles.append(handle) }
    return true
  }

  // MARK: Driving libcurl

  /// Runs `body` now, or once libcurl has returned.
  func outsideCallbacks(_ body: @escaping () -> Void) {
    if isInside { postponed.append(body) } else { body() }
  }

  private func act(_ descriptor: Int32, _ events: Int32) {
    guard !isClosed else { return }
    isInside = true
    _ = ccurl_multi_act(multi, descriptor, events)
    isInside = false
    repeat {
      while !postponed.isEmpty {
        let bodies = postponed
        postponed = []
        for body in bodies { body() }
      }
      guard !isClosed else { return }
      finishEnded()
    } while !postponed.isEmpty
  }

  private func finishEnded() {
    var code = CURLE_OK
    while !isClosed, let easy = ccurl_multi_next_ended(multi, &code) {
      guard let transfer = transfers[easy], let handle = transfer.handle else { continue }
      let end = transfer.end(code, detail: handle.detail)
      _ = remove(transfer)
      statistics.transfers -= 1
      let isLookupFailure =
        code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_OPERATION_TIMEDOUT && !end.hasLookedUp
      let (failed, next) = lookups.ended(transfer, isLookupFailure: isLookupFailure)
      transfer.owner?.transferEnded(end)
      for other in failed {
        statistics.transfers -= 1
        other.owner?.transferEnded(other.end(code, detail: end.detail))
      }
      goOn(next)
    }
  }

  private func watch(_ descriptor: Int32, _ what: Int32) {
    guard what != CURL_POLL_REMOVE else {
      watches.removeValue(forKey: descriptor)?.watch.close()
      return
    }
    var wanted: DescriptorWatch.Events = []
    if what & CURL_POLL_IN != 0 { wanted.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { wanted.insert(.writable) }
    if watches[descriptor] == nil {
      // Refused once the loop stops, when nobody waits any more.
      let watch = try? DescriptorWatch(loop: loop, descriptor: descriptor) { [weak self] events in
        self?.ready(descriptor, events)
      }
      guard let watch else { return }
      watches[descriptor] = Watched(watch: watch, wanted: wanted)
    }
    watches[descriptor]?.wanted = wanted
    watches[descriptor]?.watch.interest = wanted
  }

  private func ready(_ descriptor: Int32, _ events: DescriptorWatch.Events) {
    var flags: Int32 = 0
    if events.contains(.readable) { flags |= CURL_CSELECT_IN }
    if events.contains(.writable) { flags |= CURL_CSELECT_OUT }
    // libcurl reads or writes to learn what the error is.
    if events.contains(.failed) { flags |= CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT }
    act(descriptor, flags)
    // A watch rests after an error; libcurl, which does not know that, may want more of this socket.
    if events.contains(.failed), let watched = watches[descriptor] { watched.watch.interest = watched.wanted }
  }

  private func setTimer(_ milliseconds: Int) {
    if milliseconds < 0 {
      timer?.disarm()
    } else if milliseconds > 0 {
      timer?.arm(afterMilliseconds: UInt64(milliseconds))
    } else if !isKicked {
      // In this turn of the loop: a timer would take a millisecond.
      isKicked = true
      timer?.disarm()
      loop.execute { [weak self] in
        self?.isKicked = false
        self?.act(CURL_SOCKET_TIMEOUT, 0)
      }
    }
  }
}

/// Carries what is confined to a loop through a closure that the loop runs.
struct Confined<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

private func pool(_ context: UnsafeMutableRawPointer?) -> UpstreamPool {
  Unmanaged<UpstreamPool>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0 }
}
