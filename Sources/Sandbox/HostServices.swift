// `atoll:kv`, `atoll:session` and `atoll:fetch`: one function each, which starts an operation of the node's.
internal import CWasmtime

/// Host functions that a manifest has to grant (docs/abi.md).
enum HostServices {
  typealias Immediate = wasmtime_func_unchecked_callback_t

  static let startKV: Immediate = { environment, caller, values, _ in
    start(.kv, "atoll:kv", environment, caller, values)
  }
  static let startSession: Immediate = { environment, caller, values, _ in
    start(.session, "atoll:session", environment, caller, values)
  }
  static let startFetch: Immediate = { environment, caller, values, _ in
    start(.fetch, "atoll:fetch", environment, caller, values)
  }

  /// `start(ptr, len) → handle`. The only way from a guest to what the node holds or reaches.
  private static func start(
    _ capability: Capabilities, _ module: StaticString, _ environment: UnsafeMutableRawPointer?,
    _ caller: OpaquePointer?, _ values: UnsafeMutablePointer<wasmtime_val_raw_t>?
  ) -> OpaquePointer? {
    let call = runningCall(environment)
    if let trap = call.count() { return trap }
    let values = values.unsafelyUnwrapped
    // A worker without the grant is not even linked; the JavaScript engine, which all its workers share, is.
    guard call.prepared.program.grants.contains(capability) else {
      values[0].i32 = OperationTable.Code.denied
      return nil
    }
    guard let source = call.memory(caller, values[0].i32, guestCount: values[1].i32) else {
      return call.trap("\(module).start: the request does not lie within memory")
    }
    guard source.count <= SandboxLimits.operationRequestBytesMax else {
      values[0].i32 = OperationTable.Code.requestTooLarge
      return nil
    }
    let request = [UInt8](source)
    let begun = call.begin(
      .unsafe, target: "\(module)", requestDigest: SHA256.digest(of: request), requestBytes: request.count)
    values[0].i32 = begun.handle
    guard case .started(let operation) = begun else { return begun.trap }
    guard let services = call.pointee.services else {
      let head = #"{"error":{"code":"state_unavailable","message":"this run of the worker has no such service"}}"#
      operation.complete(Array(head.utf8), outcome: .failed("no_service"))
      return nil
    }
    services.start(capability, request: request, operation)
    return nil
  }
}
