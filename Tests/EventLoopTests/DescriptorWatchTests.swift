// Watches of descriptors that belong to somebody else.
import EventLoop
import Glibc
import Testing

@Suite struct DescriptorWatchTests {
  /// Two connected sockets.
  private func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    return (ends[0], ends[1])
  }

  @Test(.timeLimit(.minutes(1))) func tellsWhatWasAskedForAndNothingElse() async throws {
    let (near, far) = try pair()
    let told: [DescriptorWatch.Events] = try await onLoop { loop in
      let moment = Moment()
      var told: [DescriptorWatch.Events] = []
      let watch = try DescriptorWatch(loop: loop, descriptor: near) { events in
        told.append(events)
        moment.fire()
      }
      try await loop.sleep(milliseconds: 20)
      #expect(told.isEmpty)
      watch.interest = .readable
      try await loop.sleep(milliseconds: 20)
      #expect(told.isEmpty)
      _ = Glibc.write(far, "x", 1)
      await moment.wait()
      watch.interest = []
      let before = told
      try await loop.sleep(milliseconds: 20)
      #expect(told == before)
      watch.interest = [.readable, .writable]
      try await loop.sleep(milliseconds: 20)
      watch.close()
      watch.close()
      return told
    }
    #expect(told.first == .readable)
    #expect(told.last == [.readable, .writable])
    #expect(fcntl(near, F_GETFL) & O_NONBLOCK != 0)
    for end in [near, far] { Glibc.close(end) }
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfThePeerIsReadable() async throws {
    let (near, far) = try pair()
    try await onLoop { loop in
      let moment = Moment()
      let watch = try DescriptorWatch(loop: loop, descriptor: near) { events in
        #expect(events.contains(.readable))
        moment.fire()
      }
      watch.interest = .readable
      Glibc.close(far)
      await moment.wait()
      watch.close()
      Glibc.close(near)
    }
  }

  @Test(.timeLimit(.minutes(1))) func itsBodyMayCloseItAndTheDescriptor() async throws {
    let (near, far) = try pair()
    try await onLoop { loop in
      let moment = Moment()
      var watch: DescriptorWatch?
      var count = 0
      watch = try DescriptorWatch(loop: loop, descriptor: near) { _ in
        count += 1
        watch?.close()
        watch = nil
        Glibc.close(near)
        moment.fire()
      }
      watch?.interest = .writable
      await moment.wait()
      try await loop.sleep(milliseconds: 20)
      #expect(count == 1)
      Glibc.close(far)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aRefusedConnectionIsToldOnceWithoutKeepingTheLoopBusy() async throws {
    try await onLoop { loop in
      // A port that was free a moment ago.
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { $0.close() }
      let port = listener.address.port
      listener.close()
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      _ = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      let moment = Moment()
      var told: [DescriptorWatch.Events] = []
      let watch = try DescriptorWatch(loop: loop, descriptor: descriptor) { events in
        told.append(events)
        moment.fire()
      }
      watch.interest = [.readable, .writable]
      await moment.wait()
      let turns = loop.statistics.turns
      try await loop.sleep(milliseconds: 50)
      #expect(told == [.failed])
      #expect(watch.interest.isEmpty)
      #expect(loop.statistics.turns - turns < 20)
      watch.close()
      Glibc.close(descriptor)
    }
  }

  @Test(.timeLimit(.minutes(1))) func theEndOfTheLoopClosesIt() async throws {
    let (near, far) = try pair()
    // `onLoop` checks that the loop found nothing left open.
    let watch = try await onLoop { loop in
      let watch = try DescriptorWatch(loop: loop, descriptor: near) { _ in }
      watch.interest = .readable
      return watch
    }
    #expect(watch.isClosed)
    for end in [near, far] { Glibc.close(end) }
  }

  @Test(.timeLimit(.minutes(1))) func whatCannotBePolledIsRefused() async throws {
    let file = open("/proc/self/exe", O_RDONLY)
    try await onLoop { loop in
      _ = #expect(throws: LoopError.self) { try DescriptorWatch(loop: loop, descriptor: file) { _ in } }
    }
    Glibc.close(file)
  }
}
