// A loop on the main thread for the length of one verb: `call` on a folder, `bench`.

import EventLoop
import Logging
import MCP
import Nodes
import Sandbox

enum LocalRun {
  /// Opens a worker in this process and asks it once.
  static func answer(_ request: ToolRequest, worker: String) throws(Failure) -> [UInt8] {
    try run { loop throws(NodeError) in
      let node = try open([WorkerSource(path: worker)], on: loop, instances: 1)
      return await node.answer(headers: request, body: request.body)
    }
  }

  static func open(_ workers: [WorkerSource], on loop: EventLoop, instances: Int) throws(NodeError) -> LocalNode {
    let log = Logger(label: "atoll", factory: { _ in TerminalLogHandler(level: .info) })
    return try LocalNode(
      workers, on: loop, instances: instances, cacheDirectory: ModuleStore.defaultCacheDirectory, log: log)
  }

  /// Runs a body on a loop of its own, on this thread, and gives back what it returned.
  static func run<T: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws(NodeError) -> T
  ) throws(Failure) -> T {
    let outcome = Outcome<T>()
    do throws(LoopError) {
      let loop = try EventLoop()
      loop.spawn {
        do throws(NodeError) {
          outcome.result = .success(try await body(loop))
        } catch {
          outcome.result = .failure(Failure(.unreachable, error.message))
        }
        loop.stop()
      }
      loop.run()
    } catch {
      throw Failure(.unreachable, error.message)
    }
    guard let result = outcome.result else { throw Failure(.unreachable, "the loop ended before the call did") }
    return try result.get()
  }

  /// Written on the loop, read when it has ended: both on this thread.
  private final class Outcome<T>: @unchecked Sendable {
    var result: Result<T, Failure>?
  }
}
