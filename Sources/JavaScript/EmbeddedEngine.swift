// The engine as it travels with the binary.
internal import CJavaScriptEngine
internal import Glibc
internal import Sandbox

enum EmbeddedEngine {
  /// The module that Scripts/bootstrap linked.
  static let wasm: [UInt8] = {
    let count = cjavascriptengine_byte_count()
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      if let base = target.baseAddress { unsafe memcpy(base, cjavascriptengine_bytes(), count) }
      initialized = count
    }
  }()

  static let digest = SHA256.digest(of: wasm)
}
