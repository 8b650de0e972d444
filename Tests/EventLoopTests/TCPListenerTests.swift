// Listening: ports, sharing, draining, running out of descriptors.
@testable import EventLoop
import Glibc
import Testing

@Suite struct TCPListenerTests {
  /// A blocking client socket that connects by itself, as an outside process would; negative when refused.
  func connectBlocking(port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if status == 0 { return descriptor }
    Glibc.close(descriptor)
    return -1
  }

  @Test(.timeLimit(.minutes(1)), arguments: [TCPListener.Sharing.exclusive, .exclusiveThenShared])
  func aTakenPortIsAnErrorThatNamesTheAddress(sharing: TCPListener.Sharing) async throws {
    try await onLoop { loop in
      let first = try TCPListener(loop: loop, address: .loopback(port: 0), sharing: sharing) { $0.close() }
      for second in [TCPListener.Sharing.exclusive, .exclusiveThenShared] {
        let error = #expect(throws: LoopError.self) {
          _ = try TCPListener(loop: loop, address: first.address, sharing: second) { $0.close() }
        }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains(first.address.description) == true)
        #expect(error?.message.contains("choose another port") == true)
      }
      first.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aPortThatIsNotSharedCannotBeJoined() async throws {
    try await onLoop { loop in
      let first = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      let error = #expect(throws: LoopError.self) {
        _ = try TCPListener(loop: loop, address: .loopback(port: 0), sharing: .joins(port: first.address.port)) {
          $0.close()
        }
      }
      #expect(error?.code == .addressInUse)
      first.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func anAddressOfAnotherMachineIsAnErrorThatSaysWhatToUse() async throws {
    try await onLoop { loop in
      let address = try SocketAddress(host: "192.0.2.1", port: 0)
      let error = #expect(throws: LoopError.self) { _ = try TCPListener(loop: loop, address: address) { $0.close() } }
      #expect(error?.code == .addressNotAvailable)
      #expect(error?.message.contains("192.0.2.1") == true && error?.message.contains("0.0.0.0") == true)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aSuspendedListenerLetsNobodyConnectUntilItResumes() async throws {
    try await onLoop { loop in
      var accepted: [TCPConnection] = []
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { accepted.append($0) }
      let before = try await TCPConnection.connect(to: listener.address, on: loop)
      for round in 0..<3 {
        listener.suspend()
        listener.suspend()
        #expect(accepted.count == 1 + round, "what waits is accepted first")
        let connected = Shared(0)
        let address = listener.address
        let connecting = loop.spawn {
          guard let connection = try? await TCPConnection.connect(to: address, on: loop) else { return }
          connected.update { $0 += 1 }
          _ = connection
        }
        try await loop.sleep(milliseconds: 50)
        #expect(connected.value == 0 && accepted.count == 1 + round)
        listener.resume()
        listener.resume()
        await connecting.value
        while accepted.count < 2 + round { try await loop.sleep(milliseconds: 1) }
        #expect(connected.value == 1 && accepted.count == 2 + round)
      }
      #expect(listener.accepted == 4)
      listener.suspend()
      listener.close()
      listener.resume()
      before.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aPortCanBeListenedOnAgainAtOnce() async throws {
    try await onLoop { loop in
      let first = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      let client = try await TCPConnection.connect(to: first.address, on: loop)
      first.close()
      first.close()
      let second = try TCPListener(loop: loop, address: first.address) { $0.close() }
      #expect(second.address == first.address)
      client.close()
      second.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func loopsThatShareAPortAllAccept() async throws {
    let loops = try EventLoops(count: 2)
    loops.start()
    let counts = Shared([0, 0])
    let port = Shared<UInt16>(0)
    for (index, loop) in loops.loops.enumerated() {
      await loop.spawn {
        do {
          let sharing: TCPListener.Sharing = index == 0 ? .exclusiveThenShared : .joins(port: port.value)
          let listener = try TCPListener(loop: loop, address: .loopback(port: 0), sharing: sharing) { connection in
            #expect(EventLoop.current === loop)
            counts.update { $0[index] += 1 }
            connection.close()
          }
          if index == 0 { port.update { $0 = listener.address.port } }
          #expect(listener.address.port == port.value)
        } catch { Issue.record(error) }
      }.value
    }
    var clients: [Int32] = []
    for _ in 0..<64 { clients.append(connectBlocking(port: port.value)) }
    #expect(clients.allSatisfy { $0 >= 0 })
    while counts.value.reduce(0, +) < 64 { usleep(1000) }
    // The kernel spreads by hash: that one of two gets none of 64 has a chance of 2 to the −63.
    #expect(counts.value[0] > 0 && counts.value[1] > 0)
    for client in clients { Glibc.close(client) }
    loops.stop()
    loops.join()
    #expect(loops.loops.allSatisfy { $0.closedCleanly })
  }

  @Test(.timeLimit(.minutes(1)), arguments: [1, 64, 65, 200])
  func aDrainLosesNoConnectionThatWaits(waiting: Int) async throws {
    try await onLoop { loop in
      var accepted: [TCPConnection] = []
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { accepted.append($0) }
      // The loop is busy here, in this task, so all of these stand in the accept queue.
      let clients = (0..<waiting).map { _ in connectBlocking(port: listener.address.port) }
      #expect(clients.allSatisfy { $0 >= 0 })
      #expect(accepted.isEmpty)
      let idle = Moment()
      var isIdle = false
      listener.drain {
        isIdle = true
        idle.fire()
      }
      #expect(!isIdle)
      await idle.wait()
      #expect(listener.isClosed)
      #expect(accepted.count == waiting)
      // Nobody was reset, and each can be answered.
      for connection in accepted { connection.write(Array("ok".utf8)) }
      for client in clients {
        var bytes: [UInt8] = [0, 0]
        #expect(Glibc.read(client, &bytes, 2) == 2)
        Glibc.close(client)
      }
      // A process that another suite forked in between holds a copy of the socket until it ends: refused, in the end.
      var late = connectBlocking(port: listener.address.port)
      for _ in 0..<100 where late >= 0 {
        Glibc.close(late)
        try? await loop.sleep(milliseconds: 100)
        late = connectBlocking(port: listener.address.port)
      }
      #expect(late < 0)
      for connection in accepted { connection.close() }
    }
  }

  @Test(.timeLimit(.minutes(1))) func drainingEveryListenerOfASharedPortLosesNoConnectionThatWaits() async throws {
    let loops = try EventLoops(count: 2)
    loops.start()
    let counts = Shared([0, 0])
    let drained = Shared(0)
    let listeners = Shared<[TCPListener]>([])
    for (index, loop) in loops.loops.enumerated() {
      let port = listeners.value.first?.address.port ?? 0
      await loop.spawn {
        do {
          let sharing: TCPListener.Sharing = index == 0 ? .exclusiveThenShared : .joins(port: port)
          let listener = try TCPListener(loop: loop, address: .loopback(port: 0), sharing: sharing) { connection in
            counts.update { $0[index] += 1 }
            connection.write(Array("ok".utf8))
            connection.close()
          }
          listeners.append(listener)
        } catch { Issue.record(error) }
      }.value
    }
    // Both loops stand still until the connections wait in both accept queues; then they drain.
    let isReady = Shared(false)
    for (index, loop) in loops.loops.enumerated() {
      let listener = listeners.value[index]
      loop.execute {
        while !isReady.value { usleep(500) }
        listener.drain { drained.update { $0 += 1 } }
      }
    }
    let clients = (0..<50).map { _ in connectBlocking(port: listeners.value[0].address.port) }
    isReady.update { $0 = true }
    while drained.value < 2 { usleep(1000) }
    #expect(counts.value[0] + counts.value[1] == 50)
    #expect(counts.value[0] > 0 && counts.value[1] > 0)
    for client in clients {
      var bytes: [UInt8] = [0, 0]
      #expect(Glibc.read(client, &bytes, 2) == 2)
      Glibc.close(client)
    }
    loops.stop()
    loops.join()
  }

  @Test(.timeLimit(.minutes(1))) func aSecondDrainAndOneAfterTheCloseAreAnsweredToo() async throws {
    try await onLoop { loop in
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      var order: [Int] = []
      let done = Moment()
      listener.drain { order.append(1) }
      listener.drain {
        order.append(2)
        listener.drain {
          order.append(3)
          done.fire()
        }
      }
      await done.wait()
      #expect(order == [1, 2, 3])
    }
  }

  @Test(.timeLimit(.minutes(1))) func aDrainUnderAStormEndsAtTheSizeOfTheQueue() async throws {
    try await onLoop { loop in
      var clients: [Int32] = []
      var listener: TCPListener?
      var accepted = 0
      listener = try TCPListener(loop: loop, address: .loopback(port: 0), backlog: 8) { connection in
        accepted += 1
        connection.close()
        // For each one that is accepted, another comes.
        if accepted < 1000, let port = listener?.address.port { clients.append(self.connectBlocking(port: port)) }
      }
      clients.append(connectBlocking(port: listener!.address.port))
      let idle = Moment()
      listener!.drain { idle.fire() }
      await idle.wait()
      #expect(accepted == 9)
      for client in clients where client >= 0 { Glibc.close(client) }
      listener = nil
    }
  }

  @Test(.timeLimit(.minutes(1))) func aListenerMayBeClosedFromItsOwnCallback() async throws {
    try await onLoop { loop in
      var listener: TCPListener?
      let done = Moment()
      listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { connection in
        connection.close()
        listener?.close()
        done.fire()
      }
      let clients = (0..<3).map { _ in connectBlocking(port: listener!.address.port) }
      await done.wait()
      #expect(listener?.accepted == 1)
      #expect(listener?.isClosed == true)
      for client in clients { Glibc.close(client) }
      listener = nil
    }
  }

  @Test(.timeLimit(.minutes(1))) func withoutDescriptorsAListenerRestsAndLosesNobody() async {
    // In a process of its own, because the limit is the whole process's.
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var exhausted: [LoopError] = []
      var accepted: [TCPConnection] = []
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { accepted.append($0) }
      for _ in 0..<3 { precondition(TCPListenerTests().connectBlocking(port: listener.address.port) >= 0) }
      // No descriptor from here on.
      let highest = dup(0)
      var none = limit
      none.rlim_cur = rlim_t(highest)
      close(highest)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
      let begin = loop.now
      listener.onExhausted = { error in
        exhausted.append(error)
        if exhausted.count == 3 { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
      }
      loop.timer(afterMilliseconds: 10, repeatMilliseconds: 10) {
        if accepted.count == 3 || loop.now - begin > 5_000_000_000 { loop.stop() }
      }
      loop.run()
      precondition(accepted.count == 3, "a waiting connection was lost")
      precondition(exhausted.allSatisfy { $0.code == .tooManyDescriptors && $0.message.contains("ulimit") })
      // Two pauses of 50 ms, and few turns in them: the loop did not spin.
      precondition(loop.now - begin >= 100_000_000)
      precondition(loop.statistics.turns < 100)
      precondition(loop.closedCleanly)
      exit(EXIT_SUCCESS)
    }
  }
}
