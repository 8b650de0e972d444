// Texts that the library hands out, as Swift strings, and errors turned into ours.
internal import CWasmtime

extension String {
  /// Copies the bytes and deletes the vector.
  init(taking vector: inout wasm_byte_vec_t) {
    self = String(decoding: UnsafeBufferPointer(start: vector.data, count: vector.size), as: UTF8.self)
    wasm_byte_vec_delete(&vector)
  }
}

extension SandboxError {
  /// Consumes the library's error.
  static func taking(_ error: OpaquePointer, _ code: Code, _ context: String) -> SandboxError {
    SandboxError(code, "\(context): \(wasmtimeMessage(taking: error))")
  }
}

/// The text of an error, which is deleted.
func wasmtimeMessage(taking error: OpaquePointer) -> String {
  var message = wasm_byte_vec_t()
  wasmtime_error_message(error, &message)
  wasmtime_error_delete(error)
  return String(taking: &message)
}
