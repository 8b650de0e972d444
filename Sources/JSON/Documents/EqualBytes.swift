// Comparing bytes.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@inline(__always)
func equalBytes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
  left.count == right.count && (left.count == 0 || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0)
}

@inline(__always)
func equalBytes(_ left: UnsafeBufferPointer<UInt8>, _ right: String) -> Bool {
  let text = right.utf8
  guard left.count == text.count else { return false }
  return text.span.withUnsafeBufferPointer { equalBytes(left, $0) }
}
