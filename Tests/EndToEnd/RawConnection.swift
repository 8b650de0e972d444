// A blocking socket and the few lines of HTTP that a test needs to send what no client would and see what comes back.
import Foundation

/// One connection to a port of this machine; closed when released.
final class RawConnection: @unchecked Sendable {
  private let descriptor: Int32
  private var received: [UInt8] = []

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw EndToEndError("connect: \(reason)")
    }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { throw EndToEndError("send: \(String(cString: strerror(errno)))") }
      rest = rest.dropFirst(sent)
    }
  }

  /// Says that nothing more will be sent.
  func finishSending() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes with a reset, as a client that dies does.
  func reset() {
    var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// The next response; throws when the peer closes or the time is over before it is whole.
  func readResponse(timeoutSeconds: Int = 10) throws -> RawResponse {
    let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
    while true {
      if let (response, length) = RawResponse.parse(received) {
        received.removeFirst(length)
        return response
      }
      guard try receive(until: deadline) else {
        throw EndToEndError("the connection was closed after \(received.count) bytes of a response")
      }
    }
  }

  /// What has come up to and with `marker`, for answers in pieces.
  func read(until marker: String, timeoutSeconds: Int = 10) throws -> String {
    let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
    let wanted = Array(marker.utf8)
    var looked = 0
    while true {
      if let found = received[looked...].firstRange(of: wanted) {
        defer { received.removeFirst(found.upperBound) }
        return String(decoding: received[..<found.upperBound], as: UTF8.self)
      }
      looked = max(0, received.count - wanted.count)
      guard try receive(until: deadline) else {
        throw EndToEndError("the connection was closed after \(received.count) bytes")
      }
    }
  }

  /// True when the peer closes (or resets) in time, whatever it sends before.
  func closesWithin(seconds: Int) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    do {
      while try receive(until: deadline) {}
      return true
    } catch let error as EndToEndError {
      return !error.description.hasPrefix("nothing came")
    } catch {
      return false
    }
  }

  /// Appends what comes next; false at the end of the stream.
  private func receive(until deadline: ContinuousClock.Instant) throws -> Bool {
    let left = (deadline - ContinuousClock.now) / .milliseconds(1)
    var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard left > 0, poll(&interest, 1, Int32(left) + 1) > 0 else {
      throw EndToEndError("nothing came in time, after \(received.count) bytes")
    }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw EndToEndError("recv: \(String(cString: strerror(errno)))") }
    received += buffer[..<count]
    return count > 0
  }
}

/// One HTTP response with a Content-Length.
struct RawResponse {
  let status: Int
  let headers: [String: String]
  let body: [UInt8]

  var bodyText: String { String(decoding: body, as: UTF8.self) }

  /// The first whole response in the bytes and its length; nil while it is incomplete.
  static func parse(_ bytes: [UInt8]) -> (RawResponse, length: Int)? {
    let separator = Array("\r\n\r\n".utf8)
    guard let head = bytes.firstRange(of: separator) else { return nil }
    let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    if status == 100 {
      return parse(Array(bytes[head.upperBound...])).map { ($0.0, head.upperBound + $0.length) }
    }
    let length = Int(headers["content-length"] ?? "0") ?? 0
    guard bytes.count - head.upperBound >= length else { return nil }
    let body = Array(bytes[head.upperBound..<head.upperBound + length])
    return (RawResponse(status: status, headers: headers, body: body), head.upperBound + length)
  }
}
