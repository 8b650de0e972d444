// Fairness: busy guests, jobs and I/O share one loop.
@testable import EventLoop
import Glibc
import Testing

@Suite struct ReadyRingTests {
  @Test(.timeLimit(.minutes(1))) func ioIsPolledBetweenEveryTwoReadyGuests() async throws {
    try await onLoop { loop in
      let turns = Shared<[UInt64]>([])
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<5 {
              await loop.nextReadyTurn()
              turns.append(loop.statistics.turns)
              burn(loop, microseconds: 200)
            }
          }
        }
      }
      // A turn counts one poll, so no two guests may share one.
      #expect(turns.value.count == 40)
      #expect(Set(turns.value).count == 40)
      #expect(turns.value == turns.value.sorted())
    }
  }

  @Test(.timeLimit(.minutes(1))) func guestsTakeTurnsFirstInFirstOut() async throws {
    let order = Shared<[Int]>([])
    try await onLoop { loop in
      var tasks: [Task<Void, Never>] = []
      for guest in 0..<4 {
        tasks.append(
          loop.spawn {
            for _ in 0..<3 {
              await loop.nextReadyTurn()
              order.append(guest)
            }
          })
      }
      await Task.yield()
      #expect(loop.waitingGuests == 4)
      for task in tasks { await task.value }
    }
    #expect(order.value == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
  }

  @Test(.timeLimit(.minutes(1))) func anEchoWaitsForOneGuestAndNotForAll() async throws {
    try await onLoop { loop in
      let listener = try TCPListener(loop: loop, address: .loopback(port: 0)) { connection in
        connection.onBytes = { connection.write($0) }
        connection.onEnd = { _ in connection.close() }
        connection.startReading()
      }
      let client = try await TCPConnection.connect(to: listener.address, on: loop)
      var stop = false
      var guests: [Task<Void, Never>] = []
      let finished: () -> Bool = { stop }
      for _ in 0..<8 {
        nonisolated(unsafe) let finished = finished
        guests.append(
          loop.spawn {
            while !finished() {
              burn(loop, microseconds: 1000)
              await loop.nextReadyTurn()
            }
          })
      }
      // One echo is two hops over the loop, to the server and back, and each meets a guest or two. The median is
      // asserted: the kernel may deliver a packet late on a machine that does other things too.
      var guestsMet: [UInt64] = []
      for _ in 0..<20 {
        let begin = loop.statistics.readyTurns
        let echoed = Moment()
        client.onBytes = { _ in echoed.fire() }
        client.startReading()
        client.write(Array("x".utf8))
        await echoed.wait()
        guestsMet.append(loop.statistics.readyTurns - begin)
      }
      stop = true
      for guest in guests { await guest.value }
      #expect(guestsMet.sorted()[10] <= 4)
      client.close()
      listener.close()
    }
  }

  @Test(.timeLimit(.minutes(1))) func jobsThatComeBackAtOnceLeaveRoomForIO() async throws {
    try await onLoop { loop in
      // Eight jobs of half a millisecond that yield for ever: bounded by time, I/O is looked at every two of them.
      let turns = loop.statistics.turns
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<10 {
              burn(loop, microseconds: 500)
              await Task.yield()
            }
          }
        }
      }
      #expect(loop.statistics.turns - turns >= 10)
      #expect(loop.statistics.fullTurns > 0)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aReadyGuestGoesAheadOfJobsThatAreLeftOver() async throws {
    try await onLoop { loop in
      var waited = 0
      let burner = loop.spawn {
        for _ in 0..<200 {
          burn(loop, microseconds: 100)
          await Task.yield()
        }
      }
      let turns = loop.statistics.turns
      await loop.nextReadyTurn()
      waited = Int(loop.statistics.turns - turns)
      #expect(waited <= 3)
      await burner.value
    }
  }

  @Test(.timeLimit(.minutes(1))) func spawnsOfOneTurnAreBoundedByTimeToo() async throws {
    try await onLoop { loop in
      let done = Moment()
      let begun = Shared(0)
      let before = loop.statistics
      loop.timer(afterMilliseconds: 1) {
        for _ in 0..<20 {
          loop.spawn {
            begun.update { $0 += 1 }
            burn(loop, microseconds: 400)
            if begun.value == 20 { done.fire() }
          }
        }
      }
      await done.wait()
      #expect(begun.value == 20)
      // Three of 400 µs fill the millisecond of a turn; then I/O is looked at.
      #expect(loop.statistics.turns - before.turns >= 20 / 3)
      #expect(loop.statistics.fullTurns - before.fullTurns >= 5)
    }
  }

  @Test(.timeLimit(.minutes(1))) func aLoopWithNothingToDoDoesNotTurn() async throws {
    let loop = try EventLoop()
    loop.start(name: "test")
    let seen = Shared<[UInt64]>([])
    await loop.spawn {
      for _ in 0..<3 { await loop.nextReadyTurn() }
      seen.append(loop.statistics.turns)
    }.value
    usleep(50_000)
    await loop.spawn { seen.append(loop.statistics.turns) }.value
    #expect(seen.value[1] - seen.value[0] <= 4)
    loop.stop()
    loop.join()
  }
}

@Suite struct RingTests {
  @Test func aRingKeepsItsOrderWhileItWrapsAndGrows() {
    var ring = Ring<Int>(minimumCapacity: 4)
    var next = 0
    var expected = 0
    for round in 0..<200 {
      for _ in 0..<(round % 7 + 1) {
        ring.append(next)
        next += 1
      }
      for _ in 0..<(round % 5) {
        let value = ring.popFirst()
        #expect(value == (expected < next ? expected : nil))
        if value != nil { expected += 1 }
      }
    }
    while let value = ring.popFirst() {
      #expect(value == expected)
      expected += 1
    }
    #expect(expected == next)
  }

  @Test func theLastElementCanBeTakenBack() {
    var ring = Ring<String>(minimumCapacity: 2)
    let none = ring.popLast()
    #expect(none == nil)
    for word in ["a", "b", "c"] { ring.append(word) }
    let last = ring.popLast()
    let first = ring.popFirst()
    #expect(last == "c")
    #expect(first == "a")
    #expect(ring.count == 1)
  }

  @Test func aRingReleasesWhatItStillHolds() {
    final class Thing {}
    weak var held: Thing?
    do {
      var ring = Ring<Thing>(minimumCapacity: 2)
      let thing = Thing()
      held = thing
      for _ in 0..<5 { ring.append(thing) }
      _ = ring.popFirst()
    }
    #expect(held == nil)
  }
}
