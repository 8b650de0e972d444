// The guest SDK as it travels with the binary.
internal import CWorkerSDK
internal import Glibc
internal import Sandbox

/// The sources of AtollWorker.
struct WorkerSDK: Sendable {
  struct File: Sendable, Equatable {
    /// Path below `Sources/AtollWorker`.
    let path: String
    let bytes: [UInt8]
  }
  let files: [File]
  /// SHA-256 over paths and contents: says when objects made from it are out of date.
  let digest: [UInt8]

  static let embedded = WorkerSDK()

  /// `atoll.h`, for workers in C.
  var header: [UInt8] { files.first { $0.path == "Runtime/atoll.h" }?.bytes ?? [] }

  private init() {
    files = (0..<cworkersdk_count()).map { index in
      let count = cworkersdk_byte_count(index)
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
        if let base = target.baseAddress { unsafe memcpy(base, cworkersdk_bytes(index), count) }
        initialized = count
      }
      return unsafe File(path: String(cString: cworkersdk_name(index)), bytes: bytes)
    }
    var all: [UInt8] = []
    for file in files {
      all.appendLEB(file.path.utf8.count)
      all.append(contentsOf: file.path.utf8)
      all.appendLEB(file.bytes.count)
      all.append(contentsOf: file.bytes)
    }
    digest = SHA256.digest(of: all)
  }
}

/// The immutable global `atoll_abi` = 1, as an object file for wasm-ld, which exports it by itself. No compiler of the
/// toolchain can write it: clang initialises a `.globaltype` with 0, and a data symbol would export an address.
enum ABIObject {
  static let bytes: [UInt8] =
    [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00]  // \0asm, version 1
    + [0x06, 0x06, 0x01, 0x7F, 0x00, 0x41, 0x01, 0x0B]  // globals: one i32, immutable, i32.const 1
    + [0x00, 0x19, 0x07] + Array("linking".utf8)  // a custom section
    + [0x02, 0x08, 0x0E, 0x01, 0x02, 0x20, 0x00, 0x09]  // version 2; symbols: one global, exported, index 0
    + Array("atoll_abi".utf8)
}
