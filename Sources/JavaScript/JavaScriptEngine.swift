// The engine of an `Engine`: compiled once a machine, loaded once a process, shared by all JavaScript workers.
public import Sandbox
internal import Synchronization

/// QuickJS as a module. May be used from every thread.
///
/// Nothing is loaded before the first use, so a node without JavaScript workers pays nothing. The first load on a
/// machine compiles for half a second; later ones map the result from the module cache in 2 ms.
public final class JavaScriptEngine: Sendable {
  /// SHA-256 of the engine that this binary carries. An image fits only the engine that it was made with.
  public static var digest: [UInt8] { EmbeddedEngine.digest }

  private struct Loaded {
    var parts: EngineParts
    var code: Module
    var report: LoadReport
    var image: Module?
  }

  private let store: ModuleStore
  private let wasm: @Sendable () -> [UInt8]
  private let loaded = Mutex<Loaded?>(nil)

  public convenience init(store: ModuleStore) {
    self.init(store: store, engine: { EmbeddedEngine.wasm })
  }

  /// - Parameter engine: gives the module as it was linked: code and data in one.
  public init(store: ModuleStore, engine: @escaping @Sendable () -> [UInt8]) {
    self.store = store
    wasm = engine
  }

  /// The code of the engine, which imports its memory, and how it came to be loaded.
  public func code() throws(JavaScriptError) -> (module: Module, report: LoadReport) {
    try withLoaded { loaded throws(JavaScriptError) in (loaded.code, loaded.report) }
  }

  /// A worker in split form from an image that this engine made.
  public func program(
    image: Module, limits: CallLimits, grants: Capabilities = [], name: String
  ) throws(JavaScriptError) -> Program {
    let code = try code().module
    return try sandboxed { () throws(SandboxError) in
      try Program(image: image, engine: code, limits: limits, grants: grants, name: name)
    }
  }

  /// The same from the image's bytes, which are compiled or mapped.
  public func program(
    image: [UInt8], limits: CallLimits, grants: Capabilities = [], name: String
  ) throws(JavaScriptError) -> Program {
    let module = try sandboxed { () throws(SandboxError) in try store.load(image).0 }
    return try program(image: module, limits: limits, grants: grants, name: name)
  }

  /// Evaluates a bundled ES module once, under the memory and processor caps of `limits`, and takes the image of what
  /// it left. What the engine itself takes to start is added to the processor cap. Costs what the source does and 3 ms. Blocks its thread.
  /// - Throws: `JavaScriptError`, with positions in the bundled file.
  public func evaluate(_ source: [UInt8], limits: CallLimits) throws(JavaScriptError) -> EvaluatedWorker {
    let (code, image) = try withLoaded { loaded throws(JavaScriptError) -> (Module, Module) in
      if let image = loaded.image { return (loaded.code, image) }
      let image = try sandboxed { () throws(SandboxError) in try store.load(loaded.parts.image).0 }
      loaded.image = image
      return (loaded.code, image)
    }
    var caps = limits
    caps.cpuMilliseconds += JavaScriptLimits.engineStartMilliseconds
    let evaluation = try sandboxed { () throws(SandboxError) in
      try Evaluation.run(source, image: image, engine: code, limits: caps)
    }
    return try EvaluatedWorker(evaluation, limits: limits)
  }

  /// The same from text.
  public func evaluate(_ source: String, limits: CallLimits) throws(JavaScriptError) -> EvaluatedWorker {
    try evaluate(Array(source.utf8), limits: limits)
  }

  private func withLoaded<T: Sendable>(
    _ body: (inout Loaded) throws(JavaScriptError) -> T
  ) throws(JavaScriptError) -> T {
    try loaded.withLock { state throws(JavaScriptError) -> T in
      if state == nil {
        let parts = try EngineParts(wasm())
        let (code, report) = try sandboxed { () throws(SandboxError) in try store.load(parts.code) }
        state = Loaded(parts: parts, code: code, report: report)
      }
      return try body(&state!)
    }
  }
}

private func sandboxed<T>(_ body: () throws(SandboxError) -> T) throws(JavaScriptError) -> T {
  do throws(SandboxError) { return try body() } catch {
    throw JavaScriptError(.engineFailed, error.message, cause: error)
  }
}
