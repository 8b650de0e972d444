// Modules by digest: compiled once for this engine and processor, then mapped from the cache.
internal import CWasmtime
internal import Glibc

/// A compiled module. Immutable; may be used from every thread.
public final class Module: Sendable {
  /// sha256 of the WebAssembly bytes, in hexadecimal.
  public let digest: String
  /// What the bytes say the module is made of.
  public let shape: WasmShape
  nonisolated(unsafe) let pointer: OpaquePointer
  let engine: Engine

  init(taking pointer: OpaquePointer, digest: String, shape: WasmShape, engine: Engine) {
    self.pointer = pointer
    self.digest = digest
    self.shape = shape
    self.engine = engine
  }

  deinit { wasmtime_module_delete(pointer) }
}

/// How a module came to be loaded.
public struct LoadReport: Sendable {
  /// Whether the compiled module was taken from the cache.
  public var cacheHit = false
  /// Time in the compiler, in milliseconds; 0 on a hit.
  public var compileMilliseconds = 0.0
  /// Time to read, check and map, in milliseconds.
  public var loadMilliseconds = 0.0
  /// What is worth a warning: a file that was refused and compiled anew, or one that could not be written.
  public var notice: SandboxError?
}

/// Compiles modules, once for each digest, engine and processor. May be used from every thread; compiling takes
/// milliseconds to a second and belongs on the thread pool.
public final class ModuleStore: Sendable {
  public let engine: Engine
  /// Why there is no cache, where a directory was given and is not used. Worth one warning at start.
  public let cacheWarning: SandboxError?
  private let directory: CacheDirectory?
  private let fingerprint: String

  /// With nil for a directory, every load compiles. A directory that is refused or cannot be made leaves
  /// `cacheWarning` and goes on without a cache.
  public init(engine: Engine, cacheDirectory: String?) {
    self.engine = engine
    self.fingerprint = Self.fingerprint(of: engine.configuration)
    var directory: CacheDirectory?
    var warning: SandboxError?
    if let cacheDirectory {
      do throws(SandboxError) { directory = try CacheDirectory(cacheDirectory) } catch { warning = error }
    }
    self.directory = directory
    self.cacheWarning = warning
  }

  /// `atoll/modules` in the user's cache directory (XDG_CACHE_HOME, else ~/.cache); nil where there is no home.
  public static var defaultCacheDirectory: String? {
    if let base = getenv("XDG_CACHE_HOME"), base[0] == 0x2F { return String(cString: base) + "/atoll/modules" }
    guard let home = getenv("HOME"), home[0] == 0x2F else { return nil }
    return String(cString: home) + "/.cache/atoll/modules"
  }

  /// Compiles the module, or maps it where it was compiled before.
  /// - Throws: `.malformedModule`, `.unsupportedFeature`, `.compilationFailed`; never for the cache's sake.
  public func load(_ wasm: [UInt8]) throws(SandboxError) -> (Module, LoadReport) {
    let start = atoll_monotonic_nanoseconds()
    guard wasm.count <= SandboxLimits.moduleBytesMax else {
      throw SandboxError(
        .malformedModule,
        """
        the module is \(wasm.count) bytes; at most \(SandboxLimits.moduleBytesMax) are taken: strip debug sections \
        (wasm-ld --strip-all)
        """
      )
    }
    let shape = try WasmShape(wasm)
    try checkFeatures(shape)
    let digest = SHA256.hex(of: wasm)
    let name = "\(digest)-\(fingerprint).cwasm"
    var report = LoadReport()
    if let directory {
      switch CacheFile.load(name, in: directory, engine: engine) {
      case .module(let module):
        report.cacheHit = true
        report.loadMilliseconds = milliseconds(since: start)
        return (Module(taking: module, digest: digest, shape: shape, engine: engine), report)
      case .refused(let why):
        report.notice = SandboxError(
          .cacheRefused, "cache file \(directory.path)/\(name) was refused and is compiled anew: \(why)")
      case .unreadable(let why):
        report.notice = SandboxError(
          .cacheFailed,
          "cache file \(directory.path)/\(name) cannot be read now, so the module is compiled anew: \(why)")
      case .missing: break
      }
    }
    let read = milliseconds(since: start)
    let compileStart = atoll_monotonic_nanoseconds()
    let module = try compile(wasm)
    report.compileMilliseconds = milliseconds(since: compileStart)
    let writeStart = atoll_monotonic_nanoseconds()
    if let directory {
      do throws(SandboxError) { try save(module, name, directory) } catch { report.notice = error }
    }
    report.loadMilliseconds = read + milliseconds(since: writeStart)
    return (Module(taking: module, digest: digest, shape: shape, engine: engine), report)
  }

  /// What the engine would refuse with words that help nobody.
  private func checkFeatures(_ shape: WasmShape) throws(SandboxError) {
    if shape.memories.count > 1 {
      throw SandboxError(
        .unsupportedFeature,
        "the module has \(shape.memories.count) memories; a worker has one: build without -mmultimemory")
    }
    if let memory = shape.memories.first { try checkMemory(memory) }
    if shape.tables.count > 1 {
      throw SandboxError(.unsupportedFeature, "the module has \(shape.tables.count) tables; a worker has at most one")
    }
    if let table = shape.tables.first {
      let ceiling = engine.configuration.tableElements
      if table.is64 {
        throw SandboxError(.unsupportedFeature, "the module has a 64-bit table; build for wasm32, not wasm64")
      }
      if table.minimum > UInt64(ceiling) {
        throw SandboxError(
          .unsupportedFeature,
          """
          the module has a table of \(table.minimum) elements; at most \(ceiling) are held for a call: link with \
          --gc-sections
          """
        )
      }
    }
    if shape.tags > 0 {
      throw SandboxError(
        .unsupportedFeature,
        "the module uses WebAssembly exceptions, which Atoll refuses; build without -fwasm-exceptions")
    }
  }

  private func checkMemory(_ memory: WasmShape.Bounds) throws(SandboxError) {
    if memory.is64 {
      throw SandboxError(.unsupportedFeature, "the module's memory is 64-bit; build for wasm32, not wasm64")
    }
    if memory.isShared {
      throw SandboxError(
        .unsupportedFeature, "the module's memory is shared; workers have no threads: build without -pthread")
    }
    let ceiling = engine.configuration.maxMemoryBytes
    if memory.minimum > UInt64(ceiling / SandboxLimits.pageBytes) {
      throw SandboxError(
        .limitTooLarge,
        """
        the module needs \(memory.minimum) pages of 64KiB of memory to start, more than this node's ceiling of \
        \(byteText(ceiling)); link with a smaller stack (-z stack-size) and less data
        """
      )
    }
  }

  private func compile(_ wasm: [UInt8]) throws(SandboxError) -> OpaquePointer {
    var module: OpaquePointer?
    let error = wasm.withUnsafeBufferPointer {
      wasmtime_module_new(engine.pointer, $0.baseAddress, $0.count, &module)
    }
    if let error { throw .taking(error, .compilationFailed, "the module does not compile") }
    guard let module else { throw SandboxError(.compilationFailed, "the compiler gave no module") }
    return module
  }

  private func save(_ module: OpaquePointer, _ name: String, _ directory: CacheDirectory) throws(SandboxError) {
    var bytes = wasm_byte_vec_t()
    if let error = wasmtime_module_serialize(module, &bytes) {
      throw .taking(error, .cacheFailed, "the module cannot be serialized for the cache")
    }
    defer { wasm_byte_vec_delete(&bytes) }
    try CacheFile.store(name, in: directory, payload: UnsafeRawBufferPointer(start: bytes.data, count: bytes.size))
    CacheFile.trim(directory)
  }

  private func milliseconds(since start: UInt64) -> Double {
    Double(atoll_monotonic_nanoseconds() - start) / 1e6
  }

  /// Names the library, the settings that shape code, and the processor. The library checks the same once more.
  private static func fingerprint(of configuration: EngineConfiguration) -> String {
    var bytes = Array("wasmtime 50.0.1; file 1; memory \(configuration.maxMemoryBytes)".utf8)
    let words = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { buffer -> [UInt32] in
      buffer.initialize(repeating: 0)
      return Array(buffer.prefix(atoll_processor_words(buffer.baseAddress)))
    }
    for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    return String(SHA256.hex(of: bytes).prefix(16))
  }
}
