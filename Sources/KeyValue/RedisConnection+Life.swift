// How a loop stays connected to its Redis: resolving, greeting, giving up, trying again, sweeping.
internal import EventLoop

enum RedisPhase {
  /// Waits to try again, or has not begun.
  case idle
  case connecting
  case ready
}

/// What the answers of a greeting are to.
enum RedisGreeting {
  case identity, database
  case script(RedisScriptName)
}

extension RedisConnection {
  /// Has it failed so often that operations do not wait for it?
  var isRefusing: Bool { failures >= RedisLimits.failuresBeforeRefusing }

  /// Begins to connect, to the next address that the name has.
  func connect() {
    guard !isClosed, phase == .idle else { return }
    phase = .connecting
    let timer = connectTimer ?? loop.makeTimer { [weak self] in self?.connectingTookTooLong() }
    connectTimer = timer
    timer.arm(afterMilliseconds: RedisLimits.connectMilliseconds)
    let (host, port) = (backend.address.host, backend.address.port)
    if addresses.isEmpty, let literal = try? SocketAddress(host: host, port: port), host != "localhost" {
      addresses = [literal]
    }
    if !addresses.isEmpty { return open(addresses.removeFirst()) }
    loop.spawn { [weak self, loop] in
      let found = try? await loop.work { resolved(host, port: port) }
      self?.found(found ?? .failure(ResolvingFailure(words: "the loop has stopped")))
    }
  }

  private func found(_ result: Result<[SocketAddress], ResolvingFailure>) {
    guard !isClosed, phase == .connecting, link == nil else { return }
    switch result {
    case .success(let found) where !found.isEmpty:
      addresses = found
      open(addresses.removeFirst())
    case .success: failed("its name has no address")
    case .failure(let failure): failed("its name was not resolved: \(failure.words)")
    }
  }

  private func open(_ address: SocketAddress) {
    link = RedisLink(loop: loop, address: address, security: backend.security) { [weak self] event in
      switch event {
      case .connected: self?.greet()
      case .reply(let reply): self?.heard(reply)
      case .failed(let reason): self?.failed(reason)
      }
    }
  }

  // MARK: Greeting

  /// All of it is sent at once; operations wait for its answers.
  private func greet() {
    let address = backend.address
    func send(_ greeting: RedisGreeting, _ parts: [String]) {
      greetings.append(greeting)
      link?.send(RedisRequest(parts).bytes)
    }
    greetings = []
    if let password = address.password {
      send(.identity, address.user.map { ["AUTH", $0, password] } ?? ["AUTH", password])
    }
    if address.database != 0 { send(.database, ["SELECT", String(address.database)]) }
    for name in RedisScriptName.allCases { send(.script(name), ["SCRIPT", "LOAD", name.source]) }
  }

  private func heard(_ reply: RedisReply) {
    if greetings.isEmpty { return answered(reply) }
    let greeting = greetings.removeFirst()
    if case .failure(let words) = reply {
      let quoted = words.prefix(240)
      switch greeting {
      case .identity: return failed("it refused the user or the password (\(quoted))")
      case .database: return failed("it refused the database (\(quoted))")
      case .script: return failed("it refuses (\(quoted))")
      }
    }
    if case .script(let name) = greeting, case .bytes(let digest) = reply {
      digests[name] = String(decoding: digest, as: UTF8.self)
    }
    if greetings.isEmpty { becomeReady() }
  }

  private func becomeReady() {
    connectTimer?.disarm()
    phase = .ready
    failures = 0
    addresses = []
    for entry in takeWaiting() where entry.isWanted { send(entry) }
    if sweepTimer == nil {
      sweepTimer = loop.timer(
        afterMilliseconds: RedisLimits.sweepSoonMilliseconds, repeatMilliseconds: RedisLimits.sweepSoonMilliseconds
      ) { [weak self] in self?.sweep() }
    }
  }

  // MARK: Failing

  private func connectingTookTooLong() {
    guard phase == .connecting else { return }
    failed("it did not answer a new connection for \(RedisLimits.connectMilliseconds) ms")
  }

  /// The connection is gone, or was not made.
  func failed(_ reason: String) {
    guard !isClosed, phase != .idle else { return }
    lastFailure = reason
    let hasOtherAddress = phase == .connecting && !addresses.isEmpty
    if phase == .connecting, !hasOtherAddress { failures += 1 }
    drop(because: reason)
    if isRefusing {
      for entry in takeWaiting() { end(entry, .failure(unavailable(reason))) }
    }
    // A completion may have closed this.
    guard !isClosed else { return }
    if hasOtherAddress { return connect() }
    let doubled = RedisLimits.backoffFirstMilliseconds << UInt64(min(max(failures - 1, 0), 16))
    let longest = min(doubled, RedisLimits.backoffMaxMilliseconds)
    let timer = retryTimer ?? loop.makeTimer { [weak self] in self?.connect() }
    retryTimer = timer
    timer.arm(afterMilliseconds: UInt64.random(in: longest / 2...longest))
  }

  /// Lets go of the connection and of what was sent over it.
  func drop(because reason: String) {
    connectTimer?.disarm()
    phase = .idle
    greetings = []
    link?.close()
    link = nil
    abandonSent(because: reason)
  }

  // MARK: Sweeping

  /// One namespace at a time, the one whose turn was longest ago, by one script of bounded length.
  private func sweep() {
    guard phase == .ready else { return }
    let now = loop.now
    guard let (namespace, due) = sweptAt.min(by: { $0.value < $1.value }), due <= now else { return }
    sweptAt[namespace] = now &+ RedisLimits.sweepMilliseconds &* 1_000_000
    let deadline = now &+ RedisLimits.silenceMilliseconds &* 1_000_000
    send(
      RedisOperation(sweeping: namespace, deadline: deadline) { [weak self] removed in
        guard let self, removed >= RedisLimits.sweptAtOnce else { return }
        sweptAt[namespace] = loop.now
      })
  }
}
