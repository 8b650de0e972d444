// A loop on the main thread for the length of one verb: `call` on a folder, `bench`.

import EventLoop
import Logging
import MCP
import Manifests
import Nodes
import Sandbox

enum LocalRun {
  /// Opens a worker in this process and asks it once.
  static func answer(_ request: ToolRequest, worker: String, services: ServiceFlags) throws -> [UInt8] {
    var configuration = NodeConfiguration.standard
    configuration.limits.instances = 1
    let credentials = try ServiceSettings.resolve(services, &configuration, mintsKeys: true)
    return try run { [configuration] loop throws(NodeError) in
      let node = try open([WorkerSource(path: worker)], configuration, credentials, on: loop, level: .warning)
      let answer = await node.answer(headers: request, body: request.body)
      node.close()
      return answer
    }
  }

  static func open(
    _ workers: [WorkerSource], _ configuration: NodeConfiguration, _ credentials: NodeCredentials,
    on loop: EventLoop, level: Logger.Level = .info
  ) throws(NodeError) -> LocalNode {
    let log = Logger(label: "atoll", factory: { _ in TerminalLogHandler(level: level) })
    return try LocalNode(
      workers, configuration, credentials: credentials, on: loop,
      cacheDirectory: ModuleStore.defaultCacheDirectory, log: log)
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
