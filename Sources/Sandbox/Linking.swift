// Host functions into linkers.
internal import CWasmtime

enum Linking {
  static func linker(over engine: Engine) throws(SandboxError) -> OpaquePointer {
    guard let linker = wasmtime_linker_new(engine.pointer) else {
      throw SandboxError(.badConfiguration, "wasmtime could not make a linker; is memory short?")
    }
    return linker
  }

  /// One that has every host function.
  static func linkerOfHostFunctions(
    over engine: Engine, environment: UnsafeMutableRawPointer
  ) throws(SandboxError) -> OpaquePointer {
    let linker = try linker(over: engine)
    do throws(SandboxError) {
      for function in HostFunction.all { try define(function, in: linker, environment: environment) }
    } catch {
      wasmtime_linker_delete(linker)
      throw error
    }
    return linker
  }

  /// Defines one function; `environment` is what its callback gets.
  static func define(
    _ function: HostFunction, in linker: OpaquePointer, environment: UnsafeMutableRawPointer?
  ) throws(SandboxError) {
    let type = functionType(function.type)
    defer { wasm_functype_delete(type) }
    let error: OpaquePointer?
    switch function.body {
    case .immediate(let callback):
      error = wasmtime_linker_define_func_unchecked(
        linker, function.module, function.module.utf8.count, function.name, function.name.utf8.count, type, callback,
        environment, nil)
    case .suspending(let callback):
      error = wasmtime_linker_define_async_func(
        linker, function.module, function.module.utf8.count, function.name, function.name.utf8.count, type, callback,
        environment, nil)
    }
    if let error {
      throw .taking(error, .badConfiguration, "host function \(function.module).\(function.name) cannot be defined")
    }
  }

  static func functionType(_ type: WasmShape.FunctionType) -> OpaquePointer? {
    var parameters = values(type.parameters)
    var results = values(type.results)
    return wasm_functype_new(&parameters, &results)
  }

  /// The library takes the types over.
  private static func values(_ types: [UInt8]) -> wasm_valtype_vec_t {
    let kinds: [UInt8: Int] = [
      0x7F: WASMTIME_KIND_I32, 0x7E: WASMTIME_KIND_I64, 0x7D: WASMTIME_KIND_F32, 0x7C: WASMTIME_KIND_F64,
    ]
    let pointers = types.map { wasm_valtype_new(UInt8(kinds[$0] ?? WASMTIME_KIND_I32)) }
    var vector = wasm_valtype_vec_t()
    pointers.withUnsafeBufferPointer { wasm_valtype_vec_new(&vector, $0.count, $0.baseAddress) }
    return vector
  }
}
