// One try of one request on one libcurl handle: what libcurl asks and tells while it runs.
internal import CCurl
internal import Glibc

/// Who a transfer reports to. Called from inside libcurl, but for the end.
protocol TransferOwner: AnyObject {
  /// The connection is there and the request goes out on it.
  func transferBegan(_ transfer: Transfer)
  /// A final head is there; says what becomes of the body.
  func transferHead(_ head: ResponseHead) -> Transfer.Body
  func transferBytes(_ bytes: UnsafeRawBufferPointer)
  /// The last that is heard of it; never after it was cancelled.
  func transferEnded(_ end: Transfer.End)
}

/// One try. Confined to its pool's loop; the pool holds it while libcurl runs it.
final class Transfer {
  enum Body {
    case give
    /// Read and forgotten, if it is short: the connection can be used again.
    case discard
    /// The transfer ends here.
    case stop
  }

  /// Why we ended a transfer ourselves.
  enum Stop { case owner, headTooLarge, overBudget, wouldSendTwice, discardedEnough }

  struct End {
    var code: CURLcode
    var stop: Stop?
    /// What the policy said of the last address that it refused.
    var refusedAddress: String?
    /// libcurl's words.
    var detail: String
    /// Did the name lead to an address?
    var hasLookedUp: Bool
    /// May bytes of the request have gone out?
    var hasBegun: Bool
  }

  let request: AdmittedRequest
  let budget: ByteBudget
  private(set) weak var owner: (any TransferOwner)?
  unowned let pool: UpstreamPool
  /// Nil until the pool runs it and after it has ended.
  var handle: EasyHandle?
  /// Set for the one that looks a name up: a used connection would tell nothing.
  var needsNewConnection = false
  private(set) var head = ResponseHead()
  private(set) var isPaused = false

  private var times = 0
  private var hasOpenedSocket = false
  private var refusedAddress: String?
  private var stop: Stop?
  private var isDiscarding = false
  private var discarded = 0
  private var decoded = 0
  private var charged = 0

  init(_ request: AdmittedRequest, budget: ByteBudget, owner: any TransferOwner, pool: UpstreamPool) {
    self.request = request
    self.budget = budget
    self.owner = owner
    self.pool = pool
  }

  /// May bytes of the request have gone out?
  var hasBegun: Bool { times > 0 }

  /// Does libcurl look its name up right now, for others that wait too?
  var isLookingUp: Bool { handle != nil && needsNewConnection && !hasOpenedSocket }

  /// Cancelled while it looks a name up. The lookup goes on, since others wait for it and its thread cannot be stopped:
  /// a guest that starts and cancels gains no second one. It ends at the first address, or with its connect timeout.
  func abandon() { owner = nil }

  func end(_ code: CURLcode, detail: String) -> End {
    End(
      code: code, stop: stop, refusedAddress: refusedAddress, detail: detail, hasLookedUp: hasOpenedSocket || hasBegun,
      hasBegun: hasBegun)
  }

  /// Rests or goes on; nothing once it has ended.
  func setPaused(_ paused: Bool) {
    guard paused != isPaused else { return }
    isPaused = paused
    pool.outsideCallbacks { [self] in
      guard let handle, handle.isPaused != isPaused else { return }
      handle.isPaused = isPaused
      _ = ccurl_pause(handle.easy, isPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
    }
  }

  // MARK: Called by libcurl

  /// The head is counted as it came, the body as what is more of what came and what it was unpacked to.
  private func charge() -> Bool {
    let wire = handle.map { Int(ccurl_get_size($0.easy, CURLINFO_SIZE_DOWNLOAD_T)) } ?? 0
    let seen = head.bytes + max(wire, decoded)
    guard seen > charged else { return true }
    defer { charged = seen }
    guard budget.take(seen - charged) else {
      stop = .overBudget
      return false
    }
    return true
  }

  func gotHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
    switch head.add(line) {
    case .more: return charge()
    case .tooLarge:
      stop = .headTooLarge
      return false
    case .complete:
      guard charge() else { return false }
      switch owner?.transferHead(head) ?? .stop {
      case .give: return true
      case .discard:
        isDiscarding = true
        return true
      case .stop:
        stop = .owner
        return false
      }
    }
  }

  func gotBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    decoded += bytes.count
    guard charge() else { return false }
    guard isDiscarding else {
      owner?.transferBytes(bytes)
      return true
    }
    discarded += bytes.count
    guard discarded <= UpstreamLimits.discardedBytesMax else {
      stop = .discardedEnough
      return false
    }
    return true
  }

  /// Also told where bytes came in that were unpacked to nothing yet.
  func madeProgress() -> Bool { charge() }

  /// libcurl sends a request again by itself where a used connection dies before it answers, whatever the method is:
  /// what is not idempotent ends here instead (RFC 9110, 9.2.2).
  func begins() -> Bool {
    times += 1
    guard times == 1 || request.isIdempotent else {
      stop = .wouldSendTwice
      return false
    }
    owner?.transferBegan(self)
    return true
  }

  func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
    if !hasOpenedSocket {
      hasOpenedSocket = true
      pool.lookedUp(self)
    }
    guard owner != nil else { return CURL_SOCKET_BAD }
    // The struct is longer than its type says: only the original pointer reaches a whole IPv6 address.
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
    let target = (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
    guard let number = Address(target) else {
      refusedAddress = "not an internet address"
      return CURL_SOCKET_BAD
    }
    if let refusal = pool.policy.refusal(of: number) {
      refusedAddress = refusal
      pool.statistics.addressesRefused += 1
      return CURL_SOCKET_BAD
    }
    pool.statistics.connectionsOpened += 1
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    return socket(address.pointee.family, type, address.pointee.protocol)
  }
}
