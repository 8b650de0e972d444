// A site that the test plays itself: it sees what a node sends, byte by byte, and answers as it likes.
import Foundation
import Synchronization

/// One connection of a node to the test.
final class Conversation: @unchecked Sendable {
  struct Request {
    var head: String
    var body: String
    /// The value of one header line.
    func header(_ name: String) -> String? {
      head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        .map { String($0.dropFirst(name.utf8.count + 2)) }
    }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// The next whole request; nil when the node is gone.
  func request() -> Request? {
    while true {
      if let head = received.firstRange(of: Array("\r\n\r\n".utf8)) {
        let text = String(decoding: received[..<head.lowerBound], as: UTF8.self)
        let length = Request(head: text, body: "").header("content-length").flatMap { Int($0) } ?? 0
        if received.count - head.upperBound >= length {
          let body = String(decoding: received[head.upperBound..<head.upperBound + length], as: UTF8.self)
          received.removeFirst(head.upperBound + length)
          return Request(head: text, body: body)
        }
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      received += buffer[..<count]
    }
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  func sendPiece(_ text: String) { send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n") }
}

/// Listens on a port of its own; `answer` gets each request that is no probe. Gone when released.
final class ScriptedSite: Sendable {
  let port: UInt16
  private let listener: Int32

  init(_ answer: @escaping @Sendable (Conversation, Conversation.Request) -> Void) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0 ? getsockname(descriptor, $0, &size) : -1
      }
    }
    guard status == 0 else { throw EndToEndError("cannot listen") }
    port = UInt16(bigEndian: address.sin_port)
    listener = descriptor
    Thread.detachNewThread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          let conversation = Conversation(connection)
          while let request = conversation.request() {
            if request.head.hasPrefix("GET /health/site ") {
              conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            } else {
              answer(conversation, request)
            }
          }
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
