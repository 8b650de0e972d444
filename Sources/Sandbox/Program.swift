// A module and its limits, checked against the ABI: what may be run.

/// How a worker is called (docs/abi.md).
public enum WorkerKind: String, Sendable {
  /// Exports `atoll_call`; fetches its request and returns where its answer lies.
  case reactor
  /// Exports `_start`; request on standard input, answer on standard output.
  case command
}

/// A module that passed every check of the ABI, with the caps its calls run under. Immutable.
public final class Program: Sendable {
  /// The worker; for one in split form its image, which defines the memory and nothing else.
  public let module: Module
  /// The code that runs in the memory of `module`, shared by all workers of its language; nil for a whole module.
  public let engine: Module?
  public let limits: CallLimits
  /// What the manifest grants.
  public let grants: Capabilities
  public let name: String
  public let kind: WorkerKind
  /// Whether each call runs `_initialize` first: the module was not, or could not be, snapshotted.
  public let runsInitialize: Bool

  /// Verifies exports, imports, kind and memory.
  /// - Throws: `SandboxError`, whose message says what to change in the worker or its manifest.
  public init(
    module: Module, limits: CallLimits, grants: Capabilities = [], name: String
  ) throws(SandboxError) {
    let check = ProgramCheck(shape: module.shape, name: name)
    self.module = module
    self.engine = nil
    self.limits = limits
    self.grants = grants
    self.name = name
    kind = try check.kind()
    try check.limits(limits, ceiling: module.engine.configuration.maxMemoryBytes)
    try check.memory(limits)
    try check.imports(granted: grants)
    runsInitialize = kind == .reactor ? try check.hasInitialize() : false
  }

  /// Verifies a worker in split form: an image of its memory, and the engine whose code runs in it. Both are loaded
  /// with the same `Engine`.
  /// - Throws: `SandboxError`, as the other initializer does.
  ///
  /// The engine imports every capability, since its workers share it: what is not granted is refused when it is used.
  public init(
    image: Module, engine: Module, limits: CallLimits, grants: Capabilities = [], name: String
  ) throws(SandboxError) {
    precondition(image.engine === engine.engine, "image and engine belong to one Engine")
    let code = ProgramCheck(shape: engine.shape, name: name)
    let data = ProgramCheck(shape: image.shape, name: name)
    self.module = image
    self.engine = engine
    self.limits = limits
    self.grants = grants
    self.name = name
    kind = try code.kind()
    try code.limits(limits, ceiling: engine.engine.configuration.maxMemoryBytes)
    try data.image()
    try data.memory(limits)
    try code.engine(over: image.shape)
    try code.imports(granted: .all)
    runsInitialize = false
  }
}

/// The checks, each with the error that names the fix.
struct ProgramCheck {
  let shape: WasmShape
  let name: String

  func error(_ code: SandboxError.Code, _ message: String) -> SandboxError {
    SandboxError(code, "worker `\(name)` \(message)")
  }

  func kind() throws(SandboxError) -> WorkerKind {
    if shape.export("atoll_call") != nil || shape.export("atoll_abi") != nil {
      try reactor()
      return .reactor
    }
    guard shape.export("_start") != nil else {
      throw error(
        .missingExport,
        """
        exports neither `atoll_call` (a reactor, as the SDKs build it) nor `_start` (a WASI command); link with \
        --export=atoll_call, or build a program with a main function for wasm32-wasip1
        """
      )
    }
    guard shape.exportedFunction("_start") == WasmShape.FunctionType([], []) else {
      throw error(.missingExport, "exports `_start`, but not as a function without parameters and results")
    }
    return .command
  }

  private func reactor() throws(SandboxError) {
    guard shape.exportedFunction("atoll_call") == WasmShape.FunctionType([0x7F], [0x7E]) else {
      throw error(
        .missingExport, "must export the function `atoll_call` of type (i32) -> i64; link with --export=atoll_call")
    }
    guard let version = shape.exportedGlobal("atoll_abi") else {
      throw error(.missingExport, "must export the global `atoll_abi` (i32, immutable, 1); build it with a current SDK")
    }
    guard version.type == 0x7F, !version.isMutable, let value = version.constant else {
      throw error(
        .wrongABI, "exports `atoll_abi`, but not as an immutable i32 constant; it must be `(global i32 (i32.const 1))`")
    }
    guard value == 1 else {
      throw error(
        .wrongABI,
        """
        was built for version \(Int32(truncatingIfNeeded: value)) of the ABI; this Atoll speaks version 1: rebuild \
        the worker, or update Atoll
        """
      )
    }
  }

  func hasInitialize() throws(SandboxError) -> Bool {
    guard shape.export("_initialize") != nil else { return false }
    guard shape.exportedFunction("_initialize") == WasmShape.FunctionType([], []) else {
      throw error(.missingExport, "exports `_initialize`, but not as a function without parameters and results")
    }
    return true
  }

  func limits(_ limits: CallLimits, ceiling: Int) throws(SandboxError) {
    guard limits.memoryBytes <= ceiling else {
      throw error(
        .limitTooLarge,
        """
        sets `limits.memory` to \(text(limits.memoryBytes)), above this node's ceiling of \(text(ceiling)); lower it \
        in atoll.toml
        """
      )
    }
    guard limits.memoryBytes >= SandboxLimits.pageBytes else {
      throw error(
        .limitTooSmall,
        """
        sets `limits.memory` to \(text(limits.memoryBytes)), less than the one page of 64KiB that memory comes in; \
        raise it in atoll.toml
        """
      )
    }
    let positive: [(String, Int)] = [
      ("cpu_ms", limits.cpuMilliseconds), ("wall_ms", limits.wallMilliseconds), ("output", limits.outputBytes),
      ("host_calls", limits.hostCalls),
    ]
    for (key, value) in positive where value < 1 || value > Int(Int32.max) {
      throw error(.limitTooSmall, "sets `limits.\(key)` to \(value); it must lie between 1 and \(Int32.max)")
    }
  }

  func memory(_ limits: CallLimits) throws(SandboxError) {
    guard !shape.imports.contains(where: { $0.kind == .memory }) else {
      throw error(
        .importDenied, "imports its memory; a worker defines and exports its own: link without --import-memory")
    }
    guard shape.memories.count == 1, shape.export("memory")?.kind == .memory else {
      throw error(.missingExport, "must define one memory and export it as `memory`; link with --export-memory")
    }
    let minimum = shape.memories[0].minimum.multipliedReportingOverflow(by: UInt64(SandboxLimits.pageBytes))
    guard !minimum.overflow, minimum.partialValue <= UInt64(max(0, limits.memoryBytes)) else {
      let needed = minimum.overflow ? Int.max : Int(clamping: minimum.partialValue)
      throw error(
        .limitTooSmall,
        """
        needs \(text(needed)) of memory to start, but `limits.memory` is \(text(limits.memoryBytes)); raise it in \
        atoll.toml, or link with a smaller stack (-z stack-size) and data
        """
      )
    }
  }

  func imports(granted: Capabilities) throws(SandboxError) {
    for entry in shape.imports where entry.kind != .memory {
      guard entry.kind == .function else {
        throw error(.importDenied, "imports the \(entry.kind) \(entry.module).\(entry.name); only functions are linked")
      }
      guard HostFunction.all.contains(where: { $0.module == entry.module }) else { throw denied(entry) }
      if let needed = Capabilities.granting(module: entry.module), !granted.isSuperset(of: needed) {
        throw error(
          .importDenied,
          "imports \(entry.module).\(entry.name), which its manifest does not grant: "
            + "write \(Capabilities.lines(granting: entry.module)) in atoll.toml")
      }
      guard let function = HostFunction.all.first(where: { $0.module == entry.module && $0.name == entry.name }) else {
        throw error(
          .importDenied,
          "imports \(entry.module).\(entry.name), and \(entry.module) has no such function; build it with a current SDK"
        )
      }
      guard function.type == entry.function else {
        throw error(
          .importDenied,
          """
          imports \(entry.module).\(entry.name) with another type than it has (docs/abi.md); build it with a current \
          SDK
          """
        )
      }
    }
  }

  private func denied(_ entry: WasmShape.Import) -> SandboxError {
    let full = "\(entry.module).\(entry.name)"
    let line: String
    switch entry.module {
    case "env":
      line =
        """
        is a symbol that nothing defined when it was linked: define it, link the library that does, or link without \
        --allow-undefined
        """
    case "wasi_unstable": line = "is WASI of before preview 1: build it with a current toolchain for wasm32-wasip1"
    case let module where module.hasPrefix("wasi:"): line = "is WASI of preview 2: build it for wasm32-wasip1"
    case let module where module.hasPrefix("atoll:"):
      line = "is no capability of this version; update Atoll, or remove its use"
    default: line = "is granted to no worker; the import modules there are, and what grants them, stand in docs/abi.md"
    }
    return error(.importDenied, "imports \(full), which \(line)")
  }

  private func text(_ bytes: Int) -> String { byteText(bytes) }
}

/// Bytes as people write them in manifests: `16MiB`, `64KiB`, `1000 bytes`.
func byteText(_ bytes: Int) -> String {
  if bytes >= 1 << 20, bytes % (1 << 20) == 0 { return "\(bytes >> 20)MiB" }
  if bytes >= 1 << 10, bytes % (1 << 10) == 0 { return "\(bytes >> 10)KiB" }
  return "\(bytes) bytes"
}
