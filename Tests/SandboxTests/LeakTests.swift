// Ten thousand calls leave nothing behind.
import EventLoop
import Foundation
import Testing

@testable import Sandbox

@Suite("Leaks", .timeLimit(.minutes(2)), .serialized)
struct LeakTests {
  private static func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func descriptors() -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
  }

  @Test func tenThousandCallsOfEveryKindLeaveNothing() async throws {
    let engine = try Engine(EngineConfiguration(instances: 8))
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let texts = [
      Guests.echo, reactor("unreachable"), command("(call $proc_exit (i32.const 2))"),
      reactor("(call $request (i32.const -1)) \(Guests.done)"), Guests.sleeper(0),
      reactor("(drop (call $timer (i32.const 60000))) \(Guests.done)", imports: Guests.timerImports),
    ]
    let programs = try texts.map { try Program(module: store.load(wasm($0)).0, limits: CallLimits(), name: "leak") }
    let (growth, opened) = try await withSandbox(engine: engine) { sandbox in
      let prepared = try programs.map { program throws(SandboxError) in try sandbox.prepare(program) }
      @Sendable func round(_ count: Int) async {
        for index in 0..<count {
          _ = await sandbox.call(prepared[index % prepared.count], request: [1, 2, 3], ledger: CallLedger())
        }
      }
      await round(3000)
      let resident = Self.residentBytes()
      let descriptors = Self.descriptors()
      await round(10_000)
      #expect(sandbox.liveCalls == 0)
      return (Self.residentBytes() - resident, Self.descriptors() - descriptors)
    }
    // Other suites run beside this one in the same process: the bound leaves room for them, not for a leak a call.
    #expect(growth < 24 << 20, "\(growth / 10_000) bytes a call")
    // Each kind of call is made 1,666 times; one descriptor a call of one kind would show.
    #expect(opened < 1_000)
  }

  @Test func enginesAndModulesAreGivenBack() throws {
    func round() throws {
      let engine = try Engine(EngineConfiguration(instances: 2))
      let store = ModuleStore(engine: engine, cacheDirectory: nil)
      _ = try store.load(wasm(Guests.echo))
    }
    func threads() -> Int {
      ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []).count
    }
    for _ in 0..<3 { try round() }
    let before = threads()
    for _ in 0..<10 { try round() }
    #expect(threads() < before + 10)
  }
}
