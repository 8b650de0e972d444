// The head of one request: its bytes in one buffer, its header lines as offsets into it.

import CLLHTTP
import HTTPTypes

/// Where the name and the value of one header line stand in the head's bytes.
struct HeaderSlot {
  var name: UInt32 = 0
  var nameCount: UInt32 = 0
  var value: UInt32 = 0
  var valueCount: UInt32 = 0

  @inline(__always) var nameStart: Int { Int(name) }
  @inline(__always) var nameRange: Range<Int> { Int(name)..<(Int(name) + Int(nameCount)) }
  @inline(__always) var valueRange: Range<Int> { Int(value)..<(Int(value) + Int(valueCount)) }
}

/// One parsed request head. Its arrays keep their capacity from request to request.
///
/// A class, so that parser and exchange trade heads by reference: as a struct it was copied 26 times a request. It has
/// one owner at a time.
final class RequestHead {
  /// The head as it was sent, from the first byte of the target to the end of the last value at least.
  var bytes: [UInt8] = []
  var slots: [HeaderSlot] = []
  var targetCount = 0
  /// Path and query inside ``bytes``; an absolute-form target has its scheme and authority cut off.
  var path: Range<Int> = 0..<0
  var query: Range<Int>?
  /// llhttp's number of the method.
  var method: UInt8 = 0
  var isHTTP10 = false
  var keepsAlive = false
  var isChunked = false
  var contentLength: UInt64 = 0
  var expectsContinue = false
  /// Indexes of lines that every request is asked for; -1 where there is none.
  var host = -1
  var origin = -1

  /// Forgets the request but keeps small buffers; large ones are given back, so that an idle connection stays small.
  func reset(keepingBytes: Int = 4096, keepingSlots: Int = 64) {
    if bytes.capacity > keepingBytes { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    if slots.capacity > keepingSlots { slots = [] } else { slots.removeAll(keepingCapacity: true) }
    targetCount = 0
    path = 0..<0
    query = nil
    method = 0
    isHTTP10 = false
    keepsAlive = false
    isChunked = false
    contentLength = 0
    expectsContinue = false
    host = -1
    origin = -1
  }

  /// Whether the head announces a body.
  var hasBody: Bool { isChunked || contentLength > 0 }

  /// What the request costs while it waits its turn.
  var cost: Int { bytes.count + slots.count * MemoryLayout<HeaderSlot>.stride }

  var isHead: Bool { method == UInt8(HTTP_HEAD.rawValue) }

  var methodName: HTTPRequest.Method {
    switch UInt32(method) {
    case HTTP_GET.rawValue: return .get
    case HTTP_POST.rawValue: return .post
    case HTTP_HEAD.rawValue: return .head
    case HTTP_DELETE.rawValue: return .delete
    case HTTP_PUT.rawValue: return .put
    default:
      let name = llhttp_method_name(llhttp_method_t(UInt32(method))).map { String(cString: $0) }
      return name.flatMap { HTTPRequest.Method($0) } ?? .get
    }
  }

  /// Whether the path begins with that, compared byte by byte. Cost: no allocation.
  func pathStarts(with prefix: String) -> Bool {
    var prefix = prefix
    return prefix.withUTF8 { prefix in
      path.count >= prefix.count
        && bytes.withUnsafeBufferPointer { bytes in
          UnsafeBufferPointer(rebasing: bytes[path].prefix(prefix.count)).elementsEqual(prefix)
        }
    }
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  func valueRange(_ index: Int) -> Range<Int>? { index < 0 ? nil : slots[index].valueRange }

  /// Index of the first line of that lowercase name at or after `from`. Cost: one length check a line.
  func firstIndex(of lowercasedName: String, from: Int = 0) -> Int? {
    var name = lowercasedName
    return name.withUTF8 { name in
      bytes.withUnsafeBufferPointer { bytes in
        slots.withUnsafeBufferPointer { slots in
          var index = from
          while index < slots.count {
            let slot = slots[index]
            if Int(slot.nameCount) == name.count, equalsLowercased(bytes, at: slot.nameStart, name) { return index }
            index += 1
          }
          return nil
        }
      }
    }
  }

  /// All header lines as typed fields, in order. Cost: two strings a line.
  func makeFields() -> HTTPFields {
    var fields = HTTPFields()
    fields.reserveCapacity(slots.count)
    for slot in slots {
      guard let name = HTTPField.Name(string(slot.nameRange)) else { continue }
      fields.append(HTTPField(name: name, lenientValue: bytes[slot.valueRange]))
    }
    return fields
  }
}

/// Whether the bytes at `start`, lowercased as ASCII, are `lowercased`; the caller has compared the lengths.
@inline(__always)
func equalsLowercased(
  _ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ lowercased: UnsafeBufferPointer<UInt8>
) -> Bool {
  var index = 0
  while index < lowercased.count {
    if asciiLowercased(bytes[start + index]) != lowercased[index] { return false }
    index += 1
  }
  return true
}

/// The lowercase form of an ASCII letter, any other byte as it is.
@inline(__always)
func asciiLowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }
