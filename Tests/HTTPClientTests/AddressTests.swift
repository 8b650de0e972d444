// Which addresses are refused, at the edges of every block and in every spelling.
import Foundation
import Testing

@testable import HTTPClient

@Suite struct AddressPolicyTests {
  private let policy = AddressPolicy.publicOnly

  /// First and last address of each block, and their neighbours.
  @Test(
    arguments: [
      ("0.0.0.0", "0.255.255.255", nil, "1.0.0.0"), ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
      ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
      ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
      ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
      ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
      ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
      ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
      ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
      ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
      ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
      ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
      ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
      ("224.0.0.0", "239.255.255.255", "223.255.255.255", nil), ("240.0.0.0", "255.255.255.255", nil, nil),
      ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, "2000::"),
      ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
      ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
      ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
      ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil),
      ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil), ("fe80::", "febf::ffff", nil, nil),
      ("fec0::", "feff::1", nil, nil), ("ff00::", "ff02::1", nil, nil), ("64:ff9b:1::", "64:ff9b:1:ffff::1", nil, nil),
    ] as [(String, String, String?, String?)])
  func blocksAreRefusedUpToTheirEdges(_ first: String, _ last: String, _ before: String?, _ after: String?) {
    #expect(policy.refusal(of: first) != nil && policy.refusal(of: last) != nil)
    for neighbour in [before, after].compactMap({ $0 }) {
      #expect(policy.refusal(of: neighbour) == nil, "\(neighbour)")
    }
  }

  @Test(arguments: [
    "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2002:c0a8:101:5::7",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2600::5efe:10.0.0.1", "2600::200:5efe:127.0.0.1", "fe80::1",
    "fd00:ec2::254", "ff02::1",
    "100::1", "::2", "0:0:0:0:0:ffff:7f00:1",
  ])
  func everySpellingOfAnInnerAddressIsRefused(_ text: String) { #expect(policy.refusal(of: text) != nil) }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1", "2600::5efe:8.8.8.8",
  ])
  func publicAddressesAreAllowed(_ text: String) { #expect(policy.refusal(of: text) == nil) }

  @Test func theNodeAllowsBlocks() throws {
    let policy = try AddressPolicy(allowed: ["127.0.0.0/8", "10.1.2.3", "fd00::/8"])
    for text in ["127.0.0.1", "127.255.255.255", "::ffff:127.0.0.1", "10.1.2.3", "fd12::1", "8.8.8.8"] {
      #expect(policy.refusal(of: text) == nil, "\(text)")
    }
    // Through somebody's translator, 127.0.0.1 is not ours.
    for text in ["10.1.2.2", "10.1.2.4", "::1", "fc00::1", "64:ff9b::127.0.0.1", "2002:7f00:1::", "169.254.169.254"] {
      #expect(policy.refusal(of: text) != nil, "\(text)")
    }
    #expect(policy.refusal(of: "10.0.0.1") == "a private address")
    #expect(policy.refusal(of: "169.254.169.254") == "a link-local address")
    let all = try AddressPolicy(allowed: ["0.0.0.0/0", "::/0"])
    for text in ["0.0.0.0", "255.255.255.255", "::", "ff02::1", "::ffff:10.0.0.1"] {
      #expect(all.refusal(of: text) == nil)
    }
  }

  @Test(arguments: [
    "", "/", "127.0.0.1/", "127.0.0.1/33", "127.0.0.1/8", "127.0.0.0/-1", "127.0.0.0/+8", "127.0.0.0/08",
    "127.0.0.0/8/8", "127.0.0/8",
    "127.1", "0x7f.0.0.0/8", "0177.0.0.0/8", "2130706432", "localhost", "::1/129", "fd00::1/8", "[::1]", "fe80::1%eth0",
    " 10.0.0.0/8",
    "10.0.0.0/8 ", "10.0.0.0/0000008", "127.0.0.1\0/32",
  ])
  func whatIsNoBlockIsRefused(_ text: String) {
    let error = #expect(throws: UpstreamConfigurationError.self) { try AddressPolicy(allowed: [text]) }
    #expect(error?.message.contains("127.0.0.0/8") == true)
  }
}

/// The policy where it binds: at the socket.
@Suite(.timeLimit(.minutes(1))) struct AddressAtTheSocketTests {
  @Test func loopbackIsRefusedHoweverItIsWritten() async throws {
    let server = try TestServer.hostile()
    try await withHarness(allowed: []) { harness in
      for host in [
        "127.0.0.1", "127.1", "0x7f000001", "2130706432", "017700000001", "127.0.0.2", "localhost", "LOCALHOST",
        "sub.localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "%6c%6fcalhost",
      ] {
        let got = await harness.fetch(
          UpstreamRequest(url: "upstream://api/ok"), try grant("http://\(host):\(server.port)"))
        #expect(
          got.code == .addressRefused || (host == "sub.localhost" && got.code == .connectFailed),
          "\(host): \(String(describing: got.error))")
        #expect(!got.wereBytesSent)
      }
      #expect(await harness.statistics().connectionsOpened == 0)
    }
    try await withHarness { harness in
      let seen = await harness.fetch(UpstreamRequest(url: "upstream://api/count?of=connections"), try grant(server.url))
      #expect(seen.text == "1")
    }
  }

  @Test func theCloudsMetadataIsRefused() async throws {
    try await withHarness(allowed: []) { harness in
      for host in [
        "169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0251.0376.0251.0376", "2852039166",
      ] {
        let got = await harness.fetch(UpstreamRequest(url: "upstream://api/latest"), try grant("http://\(host)"))
        #expect(got.code == .addressRefused, "\(host): \(String(describing: got.error))")
      }
    }
  }

  /// A name of this machine that leads to an inner address, through the system's resolver.
  @Test func aNameThatLeadsInsideIsRefused() async throws {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try await withHarness(allowed: []) { harness in
      let got = await harness.fetch(UpstreamRequest(url: "upstream://api/"), try grant("http://\(host):9"))
      #expect(got.code == .addressRefused || got.code == .connectFailed)
      #expect(await harness.statistics().connectionsOpened == 0)
    }
  }

  @Test func anAllowedBlockIsConnectedTo() async throws {
    let server = try TestServer.hostile(host: "::1")
    try await withHarness(allowed: ["::1"]) { harness in
      for host in ["[::1]", "localhost"] {
        let got = await harness.fetch(
          UpstreamRequest(url: "upstream://api/ok"), try grant("http://\(host):\(server.port)"))
        #expect(got.text == "hello", "\(host)")
      }
    }
  }
}
