// What a connection asks of its socket, so that the protocol is tested without one.

import EventLoop

/// A byte stream both ways; confined to its loop, like the connection that owns it.
protocol HTTPTransport: AnyObject {
  /// Bytes written but not yet taken by the kernel.
  var unsentBytes: Int { get }
  /// Whether nothing can be sent any more.
  var hasFailed: Bool { get }
  func write(_ bytes: [UInt8])
  func write(head: [UInt8], body: [UInt8])
  func startReading()
  func pauseReading()
  /// Ends the output after everything written; input goes on.
  func shutdown()
  /// Closes at once; unsent bytes are dropped.
  func close()
}

extension TCPConnection: HTTPTransport {
  var hasFailed: Bool { failure != nil }
}
