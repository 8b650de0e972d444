// The sandbox's part in a build: the module is held against the ABI by the code that nodes use, and `_initialize` runs.
internal import JavaScript
public import Manifests
public import Sandbox

extension BuildChecks {
  /// An engine of our own, small, for one build. With a cache directory the finished module is compiled into it, so
  /// that the first `atoll serve` after a build finds it there.
  static func sandbox(moduleCache: String?) throws(BundleError) -> BuildChecks {
    let engine = try badModule { () throws(SandboxError) in try Engine(EngineConfiguration(instances: 8)) }
    let store = ModuleStore(engine: engine, cacheDirectory: nil)
    let cached = ModuleStore(engine: engine, cacheDirectory: moduleCache)
    return BuildChecks(
      initialize: { wasm, limits, name throws(BundleError) in
        // Its time at build is nobody's call; its memory is the call's, which starts with it.
        let caps = CallLimits(memoryBytes: limits.memoryBytes, cpuMilliseconds: BundleLimits.initializeMilliseconds)
        do throws(SandboxError) {
          let state = try initializedState(of: wasm, limits: caps)
          return Snapshot.State(memory: state.memory, globals: state.globals)
        } catch {
          throw BundleError(.badModule, "worker `\(name)` cannot be started: \(error.message)", cause: error)
        }
      },
      verify: { wasm, manifest, isFinished throws(BundleError) in
        try badModule { () throws(SandboxError) in
          let (module, _) = try (isFinished ? cached : store).load(wasm)
          _ = try Program(
            module: module, limits: CallLimits(manifest.limits), grants: manifest.grants, name: manifest.name)
        }
      },
      javaScript: JavaScriptEngine(store: cached))
  }
}

extension CallLimits {
  /// A manifest's caps as the sandbox takes them.
  public init(_ limits: Limits) {
    self.init(
      memoryBytes: limits.memoryBytes, cpuMilliseconds: limits.cpuMilliseconds,
      wallMilliseconds: limits.wallMilliseconds,
      outputBytes: limits.outputBytes, hostCalls: limits.hostCalls)
  }
}

extension Manifest {
  /// The capabilities that it grants its worker.
  public var grants: Capabilities {
    var grants: Capabilities = []
    if !namespaces.isEmpty { grants.insert(.kv) }
    if sessionTimeToLive != nil { grants.insert(.session) }
    if !upstreams.isEmpty { grants.insert(.fetch) }
    return grants
  }
}

private func badModule<T>(_ body: () throws(SandboxError) -> T) throws(BundleError) -> T {
  do throws(SandboxError) { return try body() } catch {
    throw BundleError(.badModule, error.message, cause: error)
  }
}
