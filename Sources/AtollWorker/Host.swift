// The host's functions: the imports of the ABI in a worker, stand-ins where the SDK is built for its own tests.

#if arch(wasm32)
  @_extern(wasm, module: "atoll:io", name: "request") @_extern(c)
  func importRequest(_ target: UnsafeMutablePointer<UInt8>)
  @_extern(wasm, module: "atoll:io", name: "wait") @_extern(c)
  func importWait(_ handle: Int32) -> Int32
  @_extern(wasm, module: "atoll:io", name: "size") @_extern(c)
  func importSize(_ handle: Int32) -> Int32
  @_extern(wasm, module: "atoll:io", name: "read") @_extern(c)
  func importRead(_ handle: Int32, _ target: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32
  @_extern(wasm, module: "atoll:io", name: "drop") @_extern(c)
  func importDrop(_ handle: Int32)
  @_extern(wasm, module: "atoll:io", name: "timer") @_extern(c)
  func importTimer(_ milliseconds: Int32) -> Int32
  @_extern(wasm, module: "atoll:clock", name: "now") @_extern(c)
  func importNow(_ clock: Int32) -> Int64
  @_extern(wasm, module: "atoll:log", name: "write") @_extern(c)
  func importLog(_ level: Int32, _ text: UnsafePointer<UInt8>?, _ count: Int32)
  @_extern(wasm, module: "atoll:progress", name: "report") @_extern(c)
  func importProgress(_ text: UnsafePointer<UInt8>, _ count: Int32)
  // Linked where something calls them, so that a worker imports what it uses and needs no other grant.
  @_extern(wasm, module: "atoll:kv", name: "start") @_extern(c)
  func importStartKV(_ request: UnsafePointer<UInt8>, _ count: Int32) -> Int32
  @_extern(wasm, module: "atoll:session", name: "start") @_extern(c)
  func importStartSession(_ request: UnsafePointer<UInt8>, _ count: Int32) -> Int32
  @_extern(wasm, module: "atoll:fetch", name: "start") @_extern(c)
  func importStartFetch(_ request: UnsafePointer<UInt8>, _ count: Int32) -> Int32
  @_extern(c, "strtod")
  func strtod(_ text: UnsafePointer<UInt8>, _ end: UnsafeMutablePointer<UnsafePointer<UInt8>?>?) -> Double

  enum Host {
    static func wait(_ handle: Int32) -> Int32 { importWait(handle) }
    static func size(_ handle: Int32) -> Int32 { importSize(handle) }
    static func read(_ handle: Int32, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
      importRead(handle, target, Int32(count))
    }
    static func drop(_ handle: Int32) { importDrop(handle) }
    @inline(__always)
    static func startKV(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 { importStartKV(request, Int32(count)) }
    @inline(__always)
    static func startSession(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      importStartSession(request, Int32(count))
    }
    @inline(__always)
    static func startFetch(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      importStartFetch(request, Int32(count))
    }
    static func timer(_ milliseconds: Int32) -> Int32 { importTimer(milliseconds) }
    static func now(_ clock: Int32) -> Int64 { importNow(clock) }
    static func log(_ level: Int32, _ text: UnsafeBufferPointer<UInt8>) {
      importLog(level, text.baseAddress, Int32(text.count))
    }
    static func progress(_ text: UnsafePointer<UInt8>, _ count: Int) { importProgress(text, Int32(count)) }
    /// The C library's reading, right to the last bit; the number is followed by a byte that is none of its own.
    static func parseDouble(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? { strtod(text, nil) }
  }
#else
  /// A test plays the node with one of these: each operation is a list of what its reads answer.
  final class StandIn: @unchecked Sendable {
    enum Step {
      case bytes([UInt8])
      /// A read finds nothing, and the operation has to be waited for again.
      case nothingYet
      /// The code that a read answers.
      case code(Int32)
    }
    @TaskLocal static var current: StandIn?

    private let answer: (_ module: String, _ request: [UInt8]) -> [Step]
    private var operations: [[Step]?] = []
    /// The operations in the order in which a `wait` for any finds them.
    private var ready: [Int] = []
    private(set) var waits = 0
    var held: Int { operations.count { $0 != nil } }
    /// Handles that may be held at once.
    var handlesMax = 64

    init(_ answer: @escaping (_ module: String, _ request: [UInt8]) -> [Step]) { self.answer = answer }

    fileprivate func start(_ module: String, _ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      guard held < handlesMax else { return -4 }
      operations.append(answer(module, Array(UnsafeBufferPointer(start: request, count: count))))
      // The last one first: nobody may rely on an order.
      ready.insert(operations.count - 1, at: 0)
      return Int32(operations.count - 1)
    }

    fileprivate func wait(_ handle: Int32) -> Int32 {
      waits += 1
      if handle >= 0 {
        ready.removeAll { $0 == Int(handle) }
        return handle
      }
      return ready.isEmpty ? -2 : Int32(ready.removeFirst())
    }

    fileprivate func size(_ handle: Int32) -> Int32 {
      guard case .bytes(let bytes) = operations[Int(handle)]?.first else { return 0 }
      return Int32(bytes.count)
    }

    fileprivate func read(_ handle: Int32, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
      let index = Int(handle)
      guard let step = operations[index]?.first else { return 0 }
      operations[index]?.removeFirst()
      switch step {
      case .bytes(let bytes):
        for (at, byte) in bytes.prefix(count).enumerated() { target[at] = byte }
        if bytes.count > count { operations[index]?.insert(.bytes(Array(bytes.dropFirst(count))), at: 0) }
        return Int32(min(count, bytes.count))
      case .nothingYet:
        ready.append(index)
        return -3
      case .code(let code): return code
      }
    }

    fileprivate func drop(_ handle: Int32) { operations[Int(handle)] = nil }
  }

  enum Host {
    static func wait(_ handle: Int32) -> Int32 { StandIn.current?.wait(handle) ?? handle }
    static func size(_ handle: Int32) -> Int32 { StandIn.current?.size(handle) ?? 0 }
    static func read(_ handle: Int32, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
      StandIn.current?.read(handle, target, count) ?? 0
    }
    static func drop(_ handle: Int32) { StandIn.current?.drop(handle) }
    static func startKV(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      StandIn.current?.start("kv", request, count) ?? -5
    }
    static func startSession(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      StandIn.current?.start("session", request, count) ?? -5
    }
    static func startFetch(_ request: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
      StandIn.current?.start("fetch", request, count) ?? -5
    }
    static func timer(_ milliseconds: Int32) -> Int32 { 0 }
    static func now(_ clock: Int32) -> Int64 { 0 }
    static func log(_ level: Int32, _ text: UnsafeBufferPointer<UInt8>) {}
    static func progress(_ text: UnsafePointer<UInt8>, _ count: Int) {}
    static func parseDouble(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
      Double(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    }
  }
#endif
