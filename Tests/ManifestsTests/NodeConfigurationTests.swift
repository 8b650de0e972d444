// node.toml, right and wrong.
import Manifests
import Testing

@Suite struct NodeConfigurationTests {
  @Test func withoutAFileEverythingHasADefault() {
    let node = NodeConfiguration.standard
    #expect(node.name == "node")
    #expect(node.listen == "127.0.0.1:8787")
    #expect(node.admin == nil)
    #expect(node.loops == nil)
    #expect(node.workers == [])
    #expect(node.limits.instances == 1_000)
    #expect(node.limits.queueDepth == 1_000)
    #expect(node.limits.queueMilliseconds == 1_000)
    #expect(node.limits.connections == 10_000)
    #expect(node.limits.bodyBytes == 4 << 20)
    #expect(node.limits.callsPerSecond == 100_000)
    #expect(node.limits.callsBurst == 100_000)
    #expect(node.hosts == nil)
    #expect(node.origins == [])
  }

  @Test func everyKeyArrives() throws {
    let node = try NodeConfiguration.parse(
      """
      name = "edge-1"
      listen = "[::1]:9000"
      admin = "127.0.0.1:0"
      loops = 2
      [[workers]]
      path = "workers/hello"
      [[workers]]
      path = "/srv/weather.atoll"
      prefix = "eu_"
      [limits]
      instances = 20000
      queue = 0
      queue_ms = 50
      connections = 10
      body = "1MiB"
      calls_per_second = 5
      calls_burst = 9
      [http]
      hosts = ["mcp.example.com", "mcp.example.com:8443", "[::1]:80"]
      origins = ["https://app.example.com", "http://localhost:3000"]
      """)
    #expect(node.name == "edge-1")
    #expect(node.listen == "[::1]:9000")
    #expect(node.admin == "127.0.0.1:0")
    #expect(node.loops == 2)
    #expect(node.workers == [.init(path: "workers/hello"), .init(path: "/srv/weather.atoll", prefix: "eu_")])
    #expect(node.limits.instances == 20_000)
    #expect(node.limits.queueDepth == 0)
    #expect(node.limits.queueMilliseconds == 50)
    #expect(node.limits.connections == 10)
    #expect(node.limits.bodyBytes == 1 << 20)
    #expect(node.limits.callsPerSecond == 5)
    #expect(node.limits.callsBurst == 9)
    #expect(node.hosts == ["mcp.example.com", "mcp.example.com:8443", "[::1]:80"])
    #expect(node.origins == ["https://app.example.com", "http://localhost:3000"])
  }

  @Test func whereStateSecretsAndUpstreamsAre() throws {
    let node = try NodeConfiguration.parse(
      """
      kv = "redis://127.0.0.1:6379"
      kv_timeout_ms = 250
      keys = { file = "keys" }
      secrets = { folder = "/run/secrets" }
      [[callers]]
      name = "ci"
      token = "{secret:CI_TOKEN}"
      [upstreams]
      allow = ["127.0.0.0/8"]
      ca = "ca.pem"
      at = { api = "http://127.0.0.1:9001" }
      """)
    #expect(node.kv == "redis://127.0.0.1:6379")
    #expect(node.kvMilliseconds == 250)
    #expect(node.keysFile == "keys")
    #expect(node.secretsFolder == "/run/secrets")
    #expect(node.callers.map(\.name) == ["ci"])
    #expect(node.callers.first?.token.secrets == ["CI_TOKEN"])
    #expect(node.anonymous == false)
    #expect(node.allowedAddresses == ["127.0.0.0/8"])
    #expect(node.upstreamCA == "ca.pem")
    #expect(node.upstreamsAt == ["api": "http://127.0.0.1:9001"])
    #expect(try NodeConfiguration.parse("").anonymous)
  }

  @Test func theBurstFollowsTheRate() throws {
    #expect(try NodeConfiguration.parse("[limits]\ncalls_per_second = 7").limits.callsBurst == 7)
  }

  @Test(arguments: [
    ("listen = \"8787\"", 1, "an address is HOST:PORT"),
    ("listen = \"127.0.0.1:65536\"", 1, "an address is HOST:PORT"),
    ("listen = \"[::1:80\"", 1, "an address is HOST:PORT"),
    ("listen = \":80\"", 1, "an address is HOST:PORT"),
    ("\nport = 80", 2, "the file knows `name`, `listen`"),
    ("listn = \"a:1\"", 1, "did you mean `listen`?"),
    ("instances = 5", 1, "did you mean `instances` in [limits]?"),
    ("tier = \"edge\"", 1, "`tier` is not enforced by this version"),
    ("kv = \"redis:x\"", 1, "a store is memory:, sqlite:PATH"),
    ("kv_timeout_ms = 0", 1, "must be 1 to 60000"),
    ("keys = \"abc\"", 1, "`keys` must be a table"),
    ("[[callers]]\nname = \"a\"\ntoken = \"hunter2\"", 3, "a token is never written out"),
    ("[[callers]]\nname = \"anonymous\"\ntoken = \"{secret:A}\"", 2, "is who has no token"),
    (
      "[[callers]]\nname = \"a\"\ntoken = \"{secret:A}\"\n[[callers]]\nname = \"a\"\ntoken = \"{secret:B}\"", 5, "twice"
    ),
    ("[upstreams]\nallow = [\"10.0.0.0\"]", 2, "a range is ADDRESS/BITS"),
    ("[upstreams]\nat = { api = \"10.0.0.0:80\" }", 2, "https://HOST/PATH"),
    ("loops = 0", 1, "must be 1 to 256; write 1"),
    ("[limits]\ninstances = 20001", 2, "must be 1 to 20000; write 20000"),
    ("[limits]\nqueue = -1", 2, "must be 0 to 1000000"),
    ("[[workers]]\nprefix = \"a\"", 1, "[[workers]] number 1 has no `path`"),
    ("[[workers]]\npath = \"a\"\nprefix = \"a b\"", 3, "letters, digits"),
    ("[[workers]]\npath = \"a\"\n[[workers]]\npath = \"a\"", 4, "stands here twice (first on line 2)"),
    ("workers = [\"a\"]", 1, "`workers[1]` must be a table, but is a string; write [[workers]]"),
    ("[http]\nhosts = [\"a\",\n\"*.b\"]", 3, "`http.hosts[2]`"),
    ("[http]\nhosts = [\"https://a\"]", 2, "a host has no scheme"),
    ("[http]\norigins = [\"app.example.com\"]", 2, "an origin is SCHEME://HOST"),
    ("[http]\norigins = [\"https://a/b\"]", 2, "without a path"),
    ("[http]\norigins = [1]", 2, "`http.origins[1]` must be a string, but is a whole number"),
    ("[http]\nhosts = \"a\"", 2, "must be an array of strings, but is a string; write hosts = ["),
  ])
  func isRefusedWithLineAndFix(toml: String, line: Int, words: String) {
    let error = #expect(throws: ManifestError.self) { try NodeConfiguration.parse(toml) }
    #expect(error?.line == line, "\(String(describing: error))")
    #expect(error?.file == "node.toml")
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
  }
}
