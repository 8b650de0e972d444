// The parser's memory: a fixed pool for each loop, so that no request makes the parser grow.
import CYYJSON

/// A fixed piece of memory that documents are parsed into. One for each loop; what does not fit is refused.
///
/// Documents of one pool may live at the same time and share its memory; the pool lives as long as they do.
/// Confined to its loop's thread (asserted in debug builds).
@safe
public final class JSONPool: @unchecked Sendable {
  /// The bytes of the pool.
  public let byteCount: Int
  let allocator: UnsafeMutablePointer<yyjson_alc>
  private let memory: UnsafeMutableRawPointer
  #if DEBUG
    private var thread: UInt?
  #endif

  /// A pool of this many bytes; the system hands the pages out as they are touched.
  /// ``bytes(forInputOf:)`` says what is always enough.
  public init(bytes: Int) {
    byteCount = max(bytes, 4096)
    memory = .allocate(byteCount: byteCount, alignment: 16)
    allocator = .allocate(capacity: 1)
    allocator.initialize(to: yyjson_alc())
    precondition(yyjson_alc_pool_init(allocator, memory, byteCount), "a pool of \(bytes) bytes is too small")
  }

  deinit {
    allocator.deallocate()
    memory.deallocate()
  }

  /// What any document of this many bytes fits in (about twelve times its size: `[1,1,1,…` is the worst);
  /// usual documents need two to four times their size.
  public static func bytes(forInputOf count: Int) -> Int {
    Int(yyjson_read_max_memory_usage(count, JSONDocument.flags)) + 4096
  }

  func assertConfined() {
    #if DEBUG
      let current = currentThread()
      if let thread { assert(thread == current, "a JSONPool is used on two threads") }
      thread = current
    #endif
  }
}
