// Where names lead: the system's lookup, which blocks.
internal import EventLoop
internal import Glibc

/// What became of the lookup of a name.
enum LinkLookup: Sendable {
  case addresses([SocketAddress])
  case failure(String)

  /// Asks the system. Blocks: for the loops' pool of threads.
  static func ofSystem(_ host: String, port: UInt16) -> LinkLookup {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else { return .failure(String(cString: gai_strerror(status))) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = list
    while let current = entry {
      entry = current.pointee.ai_next
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(
          current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
          == 0
      else { continue }
      let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let address = try? SocketAddress(host: name, port: port), !addresses.contains(address) else { continue }
      addresses.append(address)
    }
    return addresses.isEmpty ? .failure("it has no address") : .addresses(addresses)
  }
}
