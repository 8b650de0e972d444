// Dependencies that are played, clocks that are set wrong, times that are kept, and the folder of a run.
import EventLoop
import Foundation
import HTTPClient
import Testing

@testable import Simulation

@Suite(.serialized, .timeLimit(.minutes(1))) struct LiveDependencyTests {
  private func ask(
    _ links: LinkPool, _ address: SocketAddress, path: String = "/orders", within milliseconds: UInt64 = 2_000
  ) async throws -> Result<LinkAnswer, LinkError> {
    let target = try LinkTarget("http://127.0.0.1:\(address.port)")
    return await links.answer(
      to: LinkRequest(method: "GET", path: path, deadline: links.loop.now + milliseconds * 1_000_000), from: target)
  }

  private func played<Answer: Sendable>(
    serviceMilliseconds: Double,
    _ body: @escaping @Sendable (EventLoop, DependencyServer, LinkPool, SocketAddress) async throws -> Answer
  ) async throws -> Answer {
    try await Live.onLoop { loop in
      let alarms = try Alarms(on: loop)
      let server = DependencyServer("orders-db", serviceMilliseconds: serviceMilliseconds, alarms: alarms, seed: 4)
      let links = LinkPool(loop: loop)
      let address = try server.listen()
      let answer = try await body(loop, server, links, address)
      links.close()
      server.close()
      alarms.close()
      return answer
    }
  }

  @Test func itTakesItsServiceTime() async throws {
    let times = try await played(serviceMilliseconds: 6.5) { loop, _, links, address in
      var times: [Double] = []
      for _ in 0..<20 {
        let begun = loop.now
        let answer = try await ask(links, address).get()
        times.append(Double(loop.now - begun) / 1e6)
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"dependency":"orders-db","path":"/orders"}"#)
      }
      return times
    }
    #expect(times.allSatisfy { $0 >= 6.5 } && Live.median(times) < 16, "\(Live.median(times)) ms")
  }

  @Test func itAnswersSeveralAtOnce() async throws {
    try await played(serviceMilliseconds: 200) { loop, _, links, address in
      async let first = ask(links, address)
      async let second = ask(links, address)
      let begun = loop.now
      _ = try await (first.get(), second.get())
      #expect(loop.now - begun < 390_000_000)
    }
  }

  @Test func itFailsAsOftenAsItIsToldTo() async throws {
    try await played(serviceMilliseconds: 0) { _, server, links, address in
      server.failingPercent = 30
      var failures = 0
      for _ in 0..<300 where try await ask(links, address).get().status == 500 { failures += 1 }
      #expect((60...120).contains(failures), "\(failures) of 300")
      #expect(server.failed == UInt64(failures) && server.answered == UInt64(300 - failures))
      server.failingPercent = 100
      let answer = try await ask(links, address).get()
      #expect(answer.status == 500 && String(decoding: answer.body, as: UTF8.self).contains("told to fail"))
      server.failingPercent = 0
      #expect(try await ask(links, address).get().status == 200)
    }
  }

  @Test func oneThatHangsAnswersNothingUntilItIsWellAgain() async throws {
    try await played(serviceMilliseconds: 0) { loop, server, links, address in
      (server.failure, server.failingPercent) = (.hang, 100)
      let late = try await ask(links, address, within: 100)
      #expect(throws: LinkError.self) { try late.get() }
      async let waiting = ask(links, address)
      try await loop.sleep(milliseconds: 50)
      server.failingPercent = 0
      #expect(try await waiting.get().status == 503)
      #expect(try await ask(links, address).get().status == 200)
    }
  }

  @Test func alarmsRingInOrderAndAllOfThem() async throws {
    try await Live.onLoop { loop in
      let alarms = try Alarms(on: loop)
      var rung: [Int] = []
      let begun = loop.now
      for number in [5, 3, 1, 4, 2] {
        alarms.at(begun + UInt64(number) * 1_000_000) {
          rung.append(number)
          // One whose time has passed rings too.
          if number == 5 { alarms.at(begun) { rung.append(0) } }
        }
      }
      try await Live.until("all", on: loop) { rung.count == 6 }
      #expect(rung == [1, 2, 3, 4, 5, 0])
      let sleeper = loop.spawn { [box = Confined(alarms)] in await box.value.sleep(until: .max - 1) }
      await Task.yield()
      alarms.close()
      await sleeper.value
    }
  }

  @Test func aClockFileIsWhatNodesReadAndIsChangedInPlace() throws {
    let folder = try RunFolder(in: FileManager.default.temporaryDirectory.path)
    defer { folder.remove() }
    let clock = try ClockFile(folder.path + "/fra.clock")
    let url = URL(filePath: clock.path)
    let handle = try FileHandle(forReadingFrom: url)
    for milliseconds in [0, 8_000, -8_000] {
      try clock.set(milliseconds: milliseconds)
      try handle.seek(toOffset: 0)
      let bytes = try #require(try handle.readToEnd())
      #expect(
        bytes.count == 8
          && bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) } == Int64(milliseconds) * 1_000_000)
    }
    try FileManager.default.removeItem(at: url)
    let error = #expect(throws: SimulationError.self) { try clock.set(milliseconds: 1) }
    #expect(error?.code == .file && error?.message.contains(clock.path) == true)
  }

  @Test func theFolderOfARunIsItsOwnersAndGoesWithAllThatIsInIt() throws {
    let parent = FileManager.default.temporaryDirectory.path
    let folder = try RunFolder(in: parent)
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path)[.posixPermissions] as? Int
    #expect(mode == 0o700)
    let inner = try folder.folder("store")
    let file = try folder.write("name = \"x\"\n", to: "store/topology.toml")
    #expect(file == inner + "/topology.toml")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text == "name = \"x\"\n")
    try FileManager.default.createSymbolicLink(atPath: inner + "/out", withDestinationPath: parent)
    folder.remove()
    #expect(!FileManager.default.fileExists(atPath: folder.path) && FileManager.default.fileExists(atPath: parent))
    #expect(throws: SimulationError.self) { try RunFolder(in: parent + "/nonexistent") }
  }
}
