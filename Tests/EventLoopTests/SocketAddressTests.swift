// Reading and printing addresses.
@testable import EventLoop
import Testing

@Suite struct SocketAddressTests {
  @Test(
    arguments: [
      ("127.0.0.1:8787", "127.0.0.1", 8787, "127.0.0.1:8787"),
      ("localhost:80", "127.0.0.1", 80, "127.0.0.1:80"),
      ("0.0.0.0:0", "0.0.0.0", 0, "0.0.0.0:0"),
      ("255.255.255.255:65535", "255.255.255.255", 65535, "255.255.255.255:65535"),
      ("[::1]:80", "::1", 80, "[::1]:80"),
      ("[::]:0", "::", 0, "[::]:0"),
      ("[2001:db8::8a2e:370:7334]:443", "2001:db8::8a2e:370:7334", 443, "[2001:db8::8a2e:370:7334]:443"),
      ("[::ffff:10.0.0.7]:443", "10.0.0.7", 443, "10.0.0.7:443"),
    ] as [(String, String, UInt16, String)])
  func readsAndPrints(text: String, host: String, port: UInt16, printed: String) throws {
    let address = try SocketAddress.parse(text)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.description == printed)
    #expect(try SocketAddress.parse(address.description) == address)
  }

  @Test(arguments: [
    ("", "the port is missing"),
    ("8787", "the port is missing"),
    ("127.0.0.1", "the port is missing"),
    ("127.0.0.1:", "the port is missing"),
    (":8787", "the host is missing"),
    ("127.0.0.1:65536", "from 0 to 65535"),
    ("127.0.0.1:-1", "from 0 to 65535"),
    ("127.0.0.1:+1", "from 0 to 65535"),
    ("127.0.0.1:80x", "from 0 to 65535"),
    ("127.0.0.1:000080", "from 0 to 65535"),
    ("::1:80", "needs brackets"),
    ("[::1:80", "closing bracket"),
    ("[::1]", "the port is missing"),
    ("[::1]80", "the port is missing"),
    ("[127.0.0.1]:80", "brackets are for IPv6"),
    ("[::zz]:80", "neither an IP address"),
    ("256.0.0.1:80", "neither an IP address"),
    ("1.2.3:80", "neither an IP address"),
    ("example.com:80", "other names are not looked up"),
    ("*:80", "neither an IP address"),
    ("127.0.0.1\u{0}:80", "neither an IP address"),
  ])
  func refusesAndSaysWhatToWrite(text: String, reason: String) {
    let error = #expect(throws: LoopError.self) { _ = try SocketAddress.parse(text) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains(reason) == true)
    #expect(error?.message.contains("write it as 127.0.0.1:8787") == true)
  }

  @Test func countsByAddressWithoutThePort() throws {
    let first = try SocketAddress.parse("10.0.0.7:1000")
    let second = try SocketAddress.parse("10.0.0.7:2000")
    #expect(first != second)
    #expect(first.withoutPort == second.withoutPort)
    #expect(Set([first.withoutPort, second.withoutPort]).count == 1)
  }

  @Test(arguments: [
    ("127.0.0.1:1", true), ("127.8.8.8:1", true), ("[::1]:1", true), ("128.0.0.1:1", false), ("[::2]:1", false),
  ])
  func knowsLoopback(text: String, isLoopback: Bool) throws {
    #expect(try SocketAddress.parse(text).isLoopback == isLoopback)
  }
}
