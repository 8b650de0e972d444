// The table of everything that a guest can import: one row a function, with its type. The linker, the check of a
// program's imports and docs/abi.md all follow it.
internal import CWasmtime

/// A function that guests may import.
struct HostFunction: Sendable {
  enum Body: Sendable {
    case immediate(wasmtime_func_unchecked_callback_t)
    /// May suspend the guest: costs more, so only what sleeps is one.
    case suspending(wasmtime_func_async_callback_t)
  }

  let module: String
  let name: String
  let type: WasmShape.FunctionType
  let body: Body
  /// Its answer depends on nothing: it may be called while `_initialize` is snapshotted.
  let isConstant: Bool

  private init(_ module: String, _ name: String, _ signature: String, _ body: Body, isConstant: Bool = false) {
    self.module = module
    self.name = name
    self.body = body
    self.isConstant = isConstant
    let sides = signature.split(separator: ">", omittingEmptySubsequences: false)
    func types(_ side: Substring) -> [UInt8] { side.map { $0 == "I" ? 0x7E : 0x7F } }
    self.type = WasmShape.FunctionType(types(sides[0]), types(sides[1]))
  }

  /// Every function, `i` for i32 and `I` for i64 in the signatures.
  static let all: [HostFunction] = atoll + wasi + wasiUnsupported

  private static let atoll: [HostFunction] = [
    HostFunction("atoll:io", "request", "i>", .immediate(HostIO.request)),
    HostFunction("atoll:io", "wait", "i>i", .suspending(HostIO.wait)),
    HostFunction("atoll:io", "size", "i>i", .immediate(HostIO.size)),
    HostFunction("atoll:io", "read", "iii>i", .immediate(HostIO.read)),
    HostFunction("atoll:io", "drop", "i>", .immediate(HostIO.drop)),
    HostFunction("atoll:io", "timer", "i>i", .immediate(HostIO.timer)),
    HostFunction("atoll:clock", "now", "i>I", .immediate(HostBasics.now)),
    HostFunction("atoll:random", "fill", "ii>", .immediate(HostBasics.randomFill)),
    HostFunction("atoll:log", "write", "iii>", .immediate(HostBasics.logWrite)),
    HostFunction("atoll:progress", "report", "ii>", .immediate(HostBasics.progressReport)),
    HostFunction("atoll:kv", "start", "ii>i", .immediate(HostServices.startKV)),
    HostFunction("atoll:session", "start", "ii>i", .immediate(HostServices.startSession)),
    HostFunction("atoll:fetch", "start", "ii>i", .immediate(HostServices.startFetch)),
  ]

  static let preview1 = "wasi_snapshot_preview1"

  private static func preview1(
    _ name: String, _ signature: String, _ body: @escaping wasmtime_func_unchecked_callback_t, isConstant: Bool = false
  ) -> HostFunction {
    HostFunction(preview1, name, signature, .immediate(body), isConstant: isConstant)
  }

  private static let wasi: [HostFunction] = [
    preview1("args_get", "ii>i", WASI.succeed, isConstant: true),
    preview1("args_sizes_get", "ii>i", WASI.sizesZero, isConstant: true),
    preview1("environ_get", "ii>i", WASI.succeed, isConstant: true),
    preview1("environ_sizes_get", "ii>i", WASI.sizesZero, isConstant: true),
    preview1("clock_res_get", "ii>i", WASI.clockResolution, isConstant: true),
    preview1("clock_time_get", "iIi>i", WASI.clockTime),
    preview1("fd_close", "i>i", WASI.close, isConstant: true),
    preview1("fd_fdstat_get", "ii>i", WASI.descriptorState, isConstant: true),
    preview1("fd_prestat_get", "ii>i", WASI.badDescriptor, isConstant: true),
    preview1("fd_prestat_dir_name", "iii>i", WASI.badDescriptor, isConstant: true),
    preview1("fd_read", "iiii>i", WASI.read),
    preview1("fd_seek", "iIii>i", WASI.seek, isConstant: true),
    preview1("fd_tell", "ii>i", WASI.seek, isConstant: true),
    preview1("fd_write", "iiii>i", WASI.write),
    preview1("proc_exit", "i>", WASI.exit),
    preview1("random_get", "ii>i", WASI.random),
    preview1("sched_yield", ">i", WASI.succeed, isConstant: true),
    HostFunction(preview1, "poll_oneoff", "iiii>i", .suspending(WASI.poll)),
  ]

  /// Defined so that any toolchain's output links; each answers ENOSYS.
  private static let wasiUnsupported: [HostFunction] = [
    ("fd_advise", "iIIi"), ("fd_allocate", "iII"), ("fd_datasync", "i"), ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"), ("fd_filestat_get", "ii"), ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"), ("fd_pread", "iiiIi"), ("fd_pwrite", "iiiIi"), ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"), ("fd_sync", "i"), ("path_create_directory", "iii"), ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"), ("path_link", "iiiiiii"), ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"), ("path_remove_directory", "iii"), ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"), ("path_unlink_file", "iii"), ("proc_raise", "i"), ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"), ("sock_send", "iiiii"), ("sock_shutdown", "ii"),
  ].map { preview1($0, $1 + ">i", WASI.unsupported, isConstant: true) }
}
