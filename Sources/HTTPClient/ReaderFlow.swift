// What lies between a transfer and its reader: how far the reader is behind, and what is kept for it.

/// Hands bytes to a receiver until it is ``UpstreamLimits/unreadBytesMax`` behind, and keeps the rest. What is kept is
/// what a transfer brought in before it rested, and everything over HTTP/2; the call's byte budget bounds it.
///
/// The receiver may come back from inside a call: nothing here is changed across one.
final class ReaderFlow {
  private(set) var receiver: (any UpstreamReceiver)?
  /// Given since the reader was last done.
  private var unread = 0
  private var kept: [UInt8] = []
  private var keptStart = 0
  private var result: Result<Void, UpstreamError>?
  private var isDelivering = false

  init(_ receiver: any UpstreamReceiver) { self.receiver = receiver }

  var isBehind: Bool { unread >= UpstreamLimits.unreadBytesMax }
  /// Bytes that wait here.
  var keptBytes: Int { kept.count - keptStart }

  func readerIsDone() { unread = 0 }

  func add(_ bytes: UnsafeRawBufferPointer) {
    guard let receiver else { return }
    guard keptBytes == 0, !isBehind, !isDelivering else { return kept.append(contentsOf: bytes) }
    unread += bytes.count
    receiver.bytes(bytes.bytes)
  }

  /// What is told once everything was handed over; the first one counts.
  func end(_ result: Result<Void, UpstreamError>) { if self.result == nil { self.result = result } }

  /// Tells nothing more.
  func drop() {
    receiver = nil
    kept = []
    keptStart = 0
  }

  /// Hands over what is kept as far as the reader is not behind, then the end.
  func deliver() {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    while keptBytes > 0, !isBehind, let receiver {
      // Taken out first: what comes in meanwhile goes into a new array.
      let taken = kept
      let start = keptStart
      let end = min(taken.count, start + UpstreamLimits.unreadBytesMax - unread)
      keptStart = end
      if end == taken.count { (kept, keptStart) = ([], 0) }
      unread += end - start
      receiver.bytes(taken.span.bytes.extracting(start..<end))
    }
    guard keptBytes == 0, let result, let receiver else { return }
    self.receiver = nil
    receiver.end(result)
  }
}
