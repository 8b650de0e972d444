// Who reads an answer that comes over a link, and how its head looks to them.

/// Reads one answer. Confined to the loop. Never called from inside ``LinkPool/send(_:to:receiver:)``, and never after
/// ``LinkExchange/cancel()``; may cancel, resume and send from inside a call.
public protocol LinkReceiver: AnyObject {
  /// At most once, before any bytes. The view shows the connection's own buffer and cannot be kept.
  func head(_ head: borrowing LinkHead)
  /// A piece of the body as it came, without its framing. The bytes are gone when the call returns.
  func bytes(_ bytes: RawSpan)
  /// Exactly once, last. An error may come before the head, and after a part of the body.
  func end(_ result: Result<Void, LinkError>)
}

/// The head of an answer.
public struct LinkHead: ~Copyable, ~Escapable {
  private let head: AnswerHead

  @_lifetime(borrow head)
  init(_ head: borrowing AnswerHead) { self.head = copy head }

  /// 200 to 599, never 1xx.
  public var status: Int { head.status }
  /// The body's length where it was announced.
  public var contentLength: Int? { head.contentLength }

  /// First value of the header of that lowercase name, white space round it removed. Cost: one String.
  public func value(_ lowercasedName: String) -> String? {
    head.firstIndex(of: lowercasedName).map { String(decoding: head.bytes[head.slots[$0].value], as: UTF8.self) }
  }

  /// The same as it was sent, which need not be UTF-8.
  public func valueBytes(_ lowercasedName: String) -> ArraySlice<UInt8>? {
    head.firstIndex(of: lowercasedName).map { head.bytes[head.slots[$0].value] }
  }

  /// All lines that are the message's, in order: without Content-Length, without those of the connection, and without
  /// those that `Connection` names. Cost: two Strings a line.
  public var fields: [(name: String, value: String)] { head.endToEnd }
}

/// Collects an answer's head. Its buffers serve one answer of a connection after the other.
final class AnswerHead {
  struct Slot {
    var name = 0..<0
    var value = 0..<0
  }

  var status = 0
  var contentLength: Int?
  var bytes: [UInt8] = []
  var slots: [Slot] = []

  func reset() {
    status = 0
    contentLength = nil
    if bytes.capacity > 8192 { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
    if slots.capacity > 64 { slots = [] } else { slots.removeAll(keepingCapacity: true) }
  }

  func append(name: String, value: String) {
    let start = bytes.count
    bytes.append(contentsOf: name.utf8)
    let end = bytes.count
    bytes.append(contentsOf: value.utf8)
    slots.append(Slot(name: start..<end, value: end..<bytes.count))
  }

  func firstIndex(of lowercasedName: String, from: Int = 0) -> Int? {
    var name = lowercasedName
    return name.withUTF8 { name in
      bytes.withUnsafeBufferPointer { bytes in
        var index = from
        while index < slots.count {
          let range = slots[index].name
          if range.count == name.count, Self.equals(bytes, at: range.lowerBound, name) { return index }
          index += 1
        }
        return nil
      }
    }
  }

  @inline(__always)
  private static func equals(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ lowercased: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for index in lowercased.indices {
      let byte = bytes[start + index]
      if (byte &- 65 < 26 ? byte | 0x20 : byte) != lowercased[index] { return false }
    }
    return true
  }

  /// What `Connection` names, in lower case: lines that end here. Nil where that is more than
  /// ``ConnectionNames/most``. Cost: none where there is no such line.
  func connectionNames() -> Set<String>? {
    var names = ConnectionNames()
    var index = 0
    while let found = firstIndex(of: "connection", from: index) {
      guard names.add(bytes[slots[found].value]) else { return nil }
      index = found + 1
    }
    return names.names
  }

  /// None of the lines of a head that names too many: whoever reads heads has refused it.
  var endToEnd: [(name: String, value: String)] {
    guard let named = connectionNames() else { return [] }
    var fields: [(name: String, value: String)] = []
    fields.reserveCapacity(slots.count)
    for slot in slots {
      let name = String(decoding: bytes[slot.name], as: UTF8.self)
      let key = name.lowercased()
      guard !isConnectionLine(key), key != "content-length", !named.contains(key) else { continue }
      fields.append((name, String(decoding: bytes[slot.value], as: UTF8.self)))
    }
    return fields
  }
}
