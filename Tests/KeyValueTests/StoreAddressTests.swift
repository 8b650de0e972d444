// How a store is written, and that a password is never repeated.
import KeyValue
import Testing

@Suite("store addresses")
struct StoreAddressTests {
  @Test func eachFormIsRead() throws {
    let forms: [(String, StoreAddress)] = [
      ("memory:", .memory), ("sqlite:state.db", .sqlite(path: "state.db")),
      ("sqlite:/var/lib/a b/state.db", .sqlite(path: "/var/lib/a b/state.db")),
      ("sqlite:///var/state.db", .sqlite(path: "///var/state.db")),
      ("redis://localhost", .redis(url: "redis://localhost")),
      ("rediss://:p@h:6380/2", .redis(url: "rediss://:p@h:6380/2")),
      ("nats://a,nats://b", .nats(url: "nats://a,nats://b")), ("tls://u:p@h", .nats(url: "tls://u:p@h")),
      ("redis://[::1]:6379", .redis(url: "redis://[::1]:6379")),
    ]
    for (text, address) in forms { #expect(try StoreAddress.parse(text) == address) }
  }

  @Test(arguments: [
    "", "memory", "memory:x", "sqlite", "sqlite:", "sqlite://host/x", "redis", "redis:", "redis://", "redis:host",
    "redis:///0", "redis://u:secret@", "nats://", "nats://:4222", "postgres://u:secret@h/db", "state.db",
    "http://secret",
    "u:secret@h", "redis://ho st", "SQLITE:x",
  ])
  func whatIsNoAddressIsRefusedWithTheForms(text: String) throws {
    let error = try #require(throws: KeyValueError.self) { try StoreAddress.parse(text) }
    #expect(error.code == .configuration)
    #expect(error.message.contains("write") || error.message.contains("written"))
    #expect(!error.message.contains("secret"))
  }

  @Test func aDescriptionShowsNoPassword() throws {
    let described = [
      "memory:": "memory:", "sqlite:/a/b": "sqlite:/a/b", "redis://h:1/2": "redis://h:1/2",
      "redis://:secret@h:1/2": "redis://h:1/2", "rediss://u:sec/ret@h": "rediss://h",
      "redis://u:se@cret@h": "redis://h",
      "nats://u:secret,x@a,nats://u:secret@b": "nats://b", "redis://u:se?cret#@h?password=secret": "redis://h",
    ]
    for (text, description) in described {
      let address = try StoreAddress.parse(text)
      #expect("\(address)" == description)
      #expect(!String(reflecting: [address]).contains("cret"))
    }
  }

  @Test func memoryAndFilesOpen() throws {
    #expect(try StoreAddress.parse("memory:").open() is MemoryBackend)
    let file = try TemporaryFile("state.db")
    let backend = try StoreAddress.parse("sqlite:\(file.path)").open()
    #expect(backend is SQLiteBackend)
    backend.close()
  }
}
