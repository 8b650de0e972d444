// A parsed JSON text: yyjson validates it and gives the tree.
import CYYJSON

/// A parsed JSON text that owns its tree. The caller's bytes are neither changed nor needed afterwards.
///
/// It is moved, not copied, and its values (``JSONValue``) cannot outlive it: the compiler refuses. So keep a document
/// in a local variable and read what you need, or copy out (`string`, or a raw slice through ``JSONScanner``).
///
/// Duplicate keys are accepted, as JSON is (RFC 8259 section 4); ``JSONValue/duplicateKey`` and
/// ``JSONScanner/duplicateKey(in:of:)`` find them where they are refused.
@safe
public struct JSONDocument: ~Copyable {
  /// Numbers that fit no 64-bit type are kept as text.
  static let flags: yyjson_read_flag = YYJSON_READ_BIGNUM_AS_RAW

  let pointer: UnsafeMutablePointer<yyjson_doc>
  /// Keeps the memory; nil when the document is on the heap.
  private let pool: JSONPool?

  /// Parses one JSON text.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 without a byte order mark; nothing but white space may surround the value.
  ///   - pool: memory for the tree; without one it is taken from the heap (for load time, not for a call).
  ///   - maximumDepth: at most ``JSONLimits/maximumDepth``.
  /// - Throws: ``JSONError`` with `.syntax`, `.invalidUTF8`, `.tooDeep` or `.tooLarge`.
  public init(
    _ bytes: Span<UInt8>, pool: JSONPool? = nil, maximumDepth: Int = JSONLimits.maximumDepth
  ) throws(JSONError) {
    pool?.assertConfined()
    var error = yyjson_read_err()
    let parsed = bytes.withUnsafeBufferPointer { buffer in
      // Without the in-situ flag yyjson copies the text first; its parameter lacks a `const` only for that flag.
      let text = UnsafeMutableRawPointer(mutating: buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
      return yyjson_read_opts(text, buffer.count, Self.flags, pool?.allocator, &error)
    }
    guard let parsed else { throw JSONError(error, pool: pool) }
    let allowed = min(maximumDepth, JSONLimits.maximumDepth)
    guard Self.isShallow(parsed, maximumDepth: allowed) else {
      yyjson_doc_free(parsed)
      throw JSONError(.tooDeep, "the JSON is nested more than \(allowed) levels deep; flatten it")
    }
    pointer = parsed
    self.pool = pool
  }

  /// Parses one JSON text; see ``init(_:pool:maximumDepth:)-(Span<UInt8>,_,_)``.
  public init(
    _ bytes: [UInt8], pool: JSONPool? = nil, maximumDepth: Int = JSONLimits.maximumDepth
  ) throws(JSONError) {
    try self.init(bytes.span, pool: pool, maximumDepth: maximumDepth)
  }

  deinit { yyjson_doc_free(pointer) }

  /// The value of the text.
  public var root: JSONValue {
    @_lifetime(borrow self) get { tied(JSONValue(pointer.pointee.root), borrowing: self) }
  }

  /// How many values there are, keys included: what a walk of the whole document costs.
  public var valueCount: Int { Int(pointer.pointee.val_read) }

  /// yyjson does not recurse and has no limit of its own, so the tree is walked once. Its values lie one after another,
  /// and a container knows where it ends: a stack of the ends gives the depth.
  private static func isShallow(_ document: UnsafeMutablePointer<yyjson_doc>, maximumDepth: Int) -> Bool {
    let first = document.pointee.root!
    guard yyjson_is_ctn(first) else { return true }
    guard maximumDepth > 0 else { return false }
    // Fewer values than levels: the common case, a small message.
    if document.pointee.val_read <= maximumDepth { return true }
    var ends = InlineArray<64, UInt>(repeating: 0)
    var depth = 0
    var value = UnsafeMutablePointer(first)
    let last = value + Int(document.pointee.val_read)
    while value < last {
      let address = UInt(bitPattern: value)
      while depth > 0, ends[depth - 1] <= address { depth -= 1 }
      if yyjson_is_ctn(value) {
        if depth == maximumDepth { return false }
        ends[depth] = address + UInt(value.pointee.uni.ofs)
        depth += 1
      }
      value += 1
    }
    return true
  }
}

extension JSONError {
  fileprivate init(_ error: yyjson_read_err, pool: JSONPool?) {
    let reason = error.msg.map { String(cString: $0) } ?? "not JSON"
    let offset = Int(error.pos)
    switch error.code {
    case YYJSON_READ_ERROR_MEMORY_ALLOCATION:
      let room = pool.map { " of \($0.byteCount) bytes" } ?? ""
      self.init(.tooLarge, "the JSON does not fit in the parser's memory\(room); send less")
    case YYJSON_READ_ERROR_INVALID_STRING where reason.contains("UTF-8") || reason.contains("surrogate"):
      self.init(.invalidUTF8, "not valid UTF-8 JSON: \(reason)", offset: offset)
    case YYJSON_READ_ERROR_INVALID_PARAMETER:
      self.init(.syntax, "not valid JSON: the input is empty", offset: 0)
    default:
      self.init(.syntax, "not valid JSON: \(reason)", offset: offset)
    }
  }
}
