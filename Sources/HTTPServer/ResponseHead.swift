// The head of an answer, written piece by piece into a reused buffer.

/// One header line of an answer.
public typealias HTTPHeader = (name: String, value: String)

/// How the body of an answer ends on the wire.
enum BodyFraming: Equatable {
  /// `Content-Length` with that many bytes.
  case counted(Int)
  /// `Transfer-Encoding: chunked`.
  case chunked
  /// HTTP/1.0 has no chunks: the body ends with the connection.
  case untilClose
  /// 1xx, 204 and 304 have no body and say no length.
  case none
}

/// What the connection says about itself in an answer.
enum ConnectionHeader: Equatable {
  /// HTTP/1.1 that stays open: nothing to say.
  case silent
  case close
  /// HTTP/1.0 that stays open must say so.
  case keepAlive
}

/// Pieces of answers, written before the first request. One for each loop.
struct ResponseWriter {
  private var lines: [[UInt8]] = []

  init() {
    lines = (0..<600).map { code in
      guard let phrase = ResponseWriter.phrases[code] else { return [] }
      return Array("HTTP/1.1 \(code) \(phrase)\r\n".utf8)
    }
  }

  /// Appends status line, Date, framing and connection; the caller appends its fields and the empty line.
  func begin(
    _ out: inout [UInt8], code: Int, date: [UInt8], framing: BodyFraming, connection: ConnectionHeader
  ) {
    let known = lines.indices.contains(code) ? lines[code] : []
    if known.isEmpty {
      append(&out, "HTTP/1.1 ")
      appendDecimal(&out, min(max(code, 100), 999))
      append(&out, " \r\n")
    } else {
      out.append(contentsOf: known)
    }
    out.append(contentsOf: date)
    switch framing {
    case .counted(let count):
      append(&out, "Content-Length: ")
      appendDecimal(&out, count)
      append(&out, "\r\n")
    case .chunked: append(&out, "Transfer-Encoding: chunked\r\n")
    case .untilClose, .none: break
    }
    switch connection {
    case .silent: break
    case .close: append(&out, "Connection: close\r\n")
    case .keepAlive: append(&out, "Connection: keep-alive\r\n")
    }
  }

  /// Appends one line. A name that is no token drops the line, and a control character in a value becomes a space:
  /// what a service passes can never end a line or add one (response splitting).
  /// The server's own fields (Content-Length, Transfer-Encoding, Date, Connection) are dropped too.
  func append(_ out: inout [UInt8], _ name: String, _ value: String) {
    guard ResponseWriter.isToken(name), !ResponseWriter.isOwned(name) else { return }
    out.append(contentsOf: name.utf8)
    append(&out, ": ")
    var value = value
    value.withUTF8 { value in
      if value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) {
        out.append(contentsOf: value)
      } else {
        out.append(contentsOf: value.map { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F ? 0x20 : $0 })
      }
    }
    append(&out, "\r\n")
  }

  @inline(__always)
  func append(_ out: inout [UInt8], _ text: StaticString) {
    out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether the server writes that field itself.
  private static func isOwned(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: name.lowercased() == "date"
    case 10: name.lowercased() == "connection" || name.lowercased() == "keep-alive"
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }

  /// RFC 9110, 5.6.2.
  static func isToken(_ name: String) -> Bool {
    !name.utf8.isEmpty && name.utf8.allSatisfy { $0 < 128 && tokenBytes[Int($0 >> 6)] >> UInt64($0 & 63) & 1 == 1 }
  }

  /// A bit for each byte that a token may hold: digits, letters and !#$%&'*+-.^_`|~
  private static let tokenBytes: [2 of UInt64] = [0x03FF_6CFA_0000_0000, 0x57FF_FFFE_C7FF_FFFE]

  private static let phrases: [Int: String] = [
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
    308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
    415: "Unsupported Media Type", 417: "Expectation Failed", 421: "Misdirected Request",
    422: "Unprocessable Content", 425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  ]
}

/// Appends a number in decimal without a String. The number is not negative.
@inline(__always)
func appendDecimal(_ out: inout [UInt8], _ value: Int) {
  var divisor = 1
  while value / divisor >= 10 { divisor *= 10 }
  while divisor > 0 {
    out.append(UInt8(48 + value / divisor % 10))
    divisor /= 10
  }
}

/// Appends a chunk's size in hexadecimal.
@inline(__always)
func appendHexadecimal(_ out: inout [UInt8], _ value: Int) {
  var shift = 0
  while shift < 60, value >> (shift + 4) > 0 { shift += 4 }
  while shift >= 0 {
    let digit = UInt8((value >> shift) & 15)
    out.append(digit < 10 ? 48 + digit : 87 + digit)
    shift -= 4
  }
}
