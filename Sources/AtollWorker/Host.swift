// The host's functions: the imports of the ABI in a worker, stand-ins where the SDK is built for its own tests.

#if arch(wasm32)
  @_extern(wasm, module: "atoll:io", name: "request") @_extern(c)
  func importRequest(_ target: UnsafeMutablePointer<UInt8>)
  @_extern(wasm, module: "atoll:io", name: "wait") @_extern(c)
  func importWait(_ handle: Int32) -> Int32
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
  @_extern(c, "strtod")
  func strtod(_ text: UnsafePointer<UInt8>, _ end: UnsafeMutablePointer<UnsafePointer<UInt8>?>?) -> Double

  enum Host {
    static func wait(_ handle: Int32) -> Int32 { importWait(handle) }
    static func drop(_ handle: Int32) { importDrop(handle) }
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
  enum Host {
    static func wait(_ handle: Int32) -> Int32 { handle }
    static func drop(_ handle: Int32) {}
    static func timer(_ milliseconds: Int32) -> Int32 { 0 }
    static func now(_ clock: Int32) -> Int64 { 0 }
    static func log(_ level: Int32, _ text: UnsafeBufferPointer<UInt8>) {}
    static func progress(_ text: UnsafePointer<UInt8>, _ count: Int) {}
    static func parseDouble(_ text: UnsafePointer<UInt8>, _ count: Int) -> Double? {
      Double(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    }
  }
#endif
