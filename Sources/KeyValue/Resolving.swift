// From a name to addresses, with the system's resolver, which blocks.
internal import EventLoop
internal import Glibc

struct ResolvingFailure: Error, Sendable {
  var words: String
}

/// The addresses of a name, in the order in which to try them. Blocks for as long as the resolver takes: for a pool.
func resolved(_ name: String, port: UInt16) -> Result<[SocketAddress], ResolvingFailure> {
  var hints = addrinfo()
  hints.ai_family = AF_UNSPEC
  hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  var first: UnsafeMutablePointer<addrinfo>?
  let status = getaddrinfo(name, nil, &hints, &first)
  guard status == 0 else { return .failure(ResolvingFailure(words: String(cString: gai_strerror(status)))) }
  defer { freeaddrinfo(first) }
  var found: [SocketAddress] = []
  var next = first
  while let info = next {
    next = info.pointee.ai_next
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(
        info.pointee.ai_addr, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { continue }
    let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let address = try? SocketAddress(host: host, port: port), !found.contains(address) { found.append(address) }
  }
  return .success(found)
}
