// The cache of compiled modules: hits, damage, and directories that must not be trusted.
import CWasmtime
import EventLoop
import Foundation
import Testing

@testable import Sandbox

@Suite("Module store", .timeLimit(.minutes(1)))
struct ModuleStoreTests {
  /// A new directory of mode 0700 for one test.
  private final class Place {
    let path: String
    init() {
      var template = Array((NSTemporaryDirectory() + "/atoll-cache-XXXXXX").utf8CString)
      path = String(cString: realpath(mkdtemp(&template), nil))
    }
    deinit {
      chmod(path, 0o700)
      try? FileManager.default.removeItem(atPath: path)
    }
    var cache: String { path + "/modules" }
    func files() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []).sorted() }
    func mode(of path: String) -> mode_t {
      var state = stat()
      return stat(path, &state) == 0 ? state.st_mode & 0o7777 : 0
    }
  }

  private func store(_ path: String?) -> ModuleStore { ModuleStore(engine: Shared.engine, cacheDirectory: path) }

  private func answers(_ module: Module) async throws -> Bool {
    let program = try Program(module: module, limits: CallLimits(), name: "cached")
    return try await withSandbox { sandbox in
      await sandbox.call(try sandbox.prepare(program), request: [5, 6], ledger: CallLedger()).answer == [5, 6]
    }
  }

  @Test func theSecondLoadIsAHitThatRuns() async throws {
    let place = Place()
    let bytes = try wasm(Guests.echo)
    let (_, first) = try store(place.cache).load(bytes)
    #expect(!first.cacheHit)
    #expect(first.compileMilliseconds > 0)
    #expect(first.notice == nil)
    let (module, second) = try store(place.cache).load(bytes)
    #expect(second.cacheHit)
    #expect(second.compileMilliseconds == 0)
    #expect(module.digest == SHA256.hex(of: bytes))
    #expect(try await answers(module))
    #expect(place.files().count == 1)
    #expect(place.mode(of: place.cache) == 0o700)
    #expect(place.mode(of: place.cache + "/" + place.files()[0]) == 0o600)
  }

  @Test func withoutADirectoryEachLoadCompiles() throws {
    let store = store(nil)
    #expect(store.cacheWarning == nil)
    #expect(try !store.load(wasm(Guests.echo)).1.cacheHit)
    #expect(try !store.load(wasm(Guests.echo)).1.cacheHit)
  }

  @Test(arguments: [0.0, 0.3, 0.7, 0.999, 1.0])
  func aFlippedBitAnywhereIsCompiledAnew(_ place: Double) async throws {
    let directory = Place()
    let bytes = try wasm(Guests.echo)
    _ = try store(directory.cache).load(bytes)
    let file = directory.cache + "/" + directory.files()[0]
    var contents = try Data(contentsOf: URL(fileURLWithPath: file))
    contents[Int(Double(contents.count - 1) * place)] ^= 0x10
    try contents.write(to: URL(fileURLWithPath: file))
    let (module, report) = try store(directory.cache).load(bytes)
    #expect(!report.cacheHit)
    #expect(report.notice?.code == .cacheRefused)
    #expect(report.notice?.message.contains("compiled anew") == true)
    #expect(try await answers(module))
    #expect(try store(directory.cache).load(bytes).1.cacheHit)
  }

  @Test(arguments: [0, 1, 40, 56, 57, 4096])
  func aFileThatWasCutShortIsCompiledAnew(_ length: Int) throws {
    let directory = Place()
    let bytes = try wasm(Guests.echo)
    _ = try store(directory.cache).load(bytes)
    truncate(directory.cache + "/" + directory.files()[0], length)
    let (_, report) = try store(directory.cache).load(bytes)
    #expect(!report.cacheHit)
    #expect(report.notice != nil)
  }

  @Test func aFileOfOtherContentsWithARightDigestIsRefusedByTheLibrary() throws {
    let directory = Place()
    let bytes = try wasm(Guests.echo)
    _ = try store(directory.cache).load(bytes)
    let name = directory.files()[0]
    let cache = try CacheDirectory(directory.cache)
    let other = Array("not a module of wasmtime's at all".utf8)
    try other.withUnsafeBytes { bytes throws in try CacheFile.store(name, in: cache, payload: bytes) }
    let (_, report) = try store(directory.cache).load(bytes)
    #expect(!report.cacheHit)
    #expect(report.notice?.message.contains("refused") == true)
  }

  @Test func aCacheFileThatIsALinkIsNotFollowed() throws {
    let directory = Place()
    let bytes = try wasm(Guests.echo)
    _ = try store(directory.cache).load(bytes)
    let file = directory.cache + "/" + directory.files()[0]
    try FileManager.default.moveItem(atPath: file, toPath: directory.path + "/elsewhere")
    symlink(directory.path + "/elsewhere", file)
    #expect(try !store(directory.cache).load(bytes).1.cacheHit)
    #expect(try store(directory.cache).load(bytes).1.cacheHit)
  }

  @Test func aMappedModuleOutlivesItsFile() async throws {
    let directory = Place()
    let bytes = try wasm(Guests.echo)
    _ = try store(directory.cache).load(bytes)
    let (module, report) = try store(directory.cache).load(bytes)
    #expect(report.cacheHit)
    try FileManager.default.removeItem(atPath: directory.cache)
    #expect(try await answers(module))
  }

  private func refusal(_ path: String) throws -> SandboxError? {
    let store = store(path)
    // Refused or not, modules load.
    #expect(try !store.load(wasm(Guests.echo)).1.cacheHit)
    return store.cacheWarning
  }

  @Test func aLinkIsRefused() throws {
    let place = Place()
    mkdir(place.path + "/real", 0o700)
    symlink(place.path + "/real", place.cache)
    let warning = try refusal(place.cache)
    #expect(warning?.code == .cacheRefused)
    #expect(warning?.message.contains("it is a link") == true)
  }

  @Test(arguments: [mode_t(0o777), 0o770, 0o720, 0o702])
  func aDirectoryThatOthersMayWriteIsRefused(_ mode: mode_t) throws {
    let place = Place()
    mkdir(place.cache, 0o700)
    chmod(place.cache, mode)
    #expect(try refusal(place.cache)?.message.contains("others may write") == true)
  }

  @Test(arguments: [mode_t(0o777), 0o770])
  func aParentThatOthersMayWriteIsRefused(_ mode: mode_t) throws {
    let place = Place()
    chmod(place.path, mode)
    #expect(try refusal(place.cache)?.message.contains("its parent \(place.path)") == true)
  }

  @Test func aStickyParentIsAccepted() throws {
    let place = Place()
    chmod(place.path, 0o1777)
    #expect(store(place.cache).cacheWarning == nil)
  }

  @Test func oneThatOthersMayReadIsTightened() throws {
    let place = Place()
    mkdir(place.cache, 0o700)
    chmod(place.cache, 0o755)
    #expect(store(place.cache).cacheWarning == nil)
    #expect(place.mode(of: place.cache) == 0o700)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
  func anotherUsersDirectoryOrParentIsRefused() throws {
    let place = Place()
    mkdir(place.cache, 0o700)
    chown(place.cache, 12345, 0)
    #expect(try refusal(place.cache)?.message.contains("belongs to user 12345") == true)
    chown(place.cache, 0, 0)
    chown(place.path, 12345, 0)
    #expect(try refusal(place.cache)?.message.contains("belongs to user 12345") == true)
    chown(place.path, 0, 0)
  }

  @Test(arguments: ["relative/path", "/", "/tmp/../etc/cache", "/dev/null/cache", "/proc/self/cache"])
  func aPathThatCannotBeOneIsOneClearWarning(_ path: String) throws {
    let warning = try refusal(path)
    #expect(warning != nil)
    #expect(warning?.message.contains("cache directory") == true)
  }

  @Test func aFileThatCannotBeWrittenIsANoticeAndTheModuleRuns() async throws {
    let place = Place()
    let store = store(place.cache)
    // Gone under our feet: the descriptor still stands for a directory in which nothing can be made, for root too.
    rmdir(place.cache)
    let (module, report) = try store.load(wasm(Guests.echo))
    #expect(report.notice?.code == .cacheFailed)
    #expect(report.notice?.message.contains(place.cache) == true)
    #expect(try await answers(module))
  }

  @Test func theOldestFilesGoFirst() throws {
    let place = Place()
    let cache = try CacheDirectory(place.cache)
    for index in 0..<6 {
      let path = place.cache + "/\(index).cwasm"
      _ = FileManager.default.createFile(atPath: path, contents: Data([1]))
      var times = [
        timeval(tv_sec: 1000 + (index * 5) % 6, tv_usec: 0), timeval(tv_sec: 1000 + (index * 5) % 6, tv_usec: 0),
      ]
      utimes(path, &times)
    }
    _ = FileManager.default.createFile(atPath: place.cache + "/notes.txt", contents: Data([1]))
    CacheFile.trim(cache, keeping: 2)
    // Used at 1000, 1005, 1004, 1003, 1002, 1001: the first two in time that stay are 1 and 2.
    #expect(place.files() == ["1.cwasm", "2.cwasm", "notes.txt"])
  }

  @Test func twoThreadsLoadTheSameModule() async throws {
    let place = Place()
    let store = store(place.cache)
    let bytes = try wasm(Guests.echo)
    let digests = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<8 { group.addTask { try? store.load(bytes).0.digest } }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(digests == [SHA256.hex(of: bytes)])
    #expect(place.files().count == 1)
  }

  @Test func onlyALinkIsBadWhereAFileCannotBeOpened() {
    #expect(CacheFile.reading(ofOpenError: ENOENT) == .isMissing)
    #expect(CacheFile.reading(ofOpenError: ELOOP) == .isBad)
    for number in [EMFILE, ENFILE, EINTR, ENOMEM, EACCES, EIO] {
      #expect(CacheFile.reading(ofOpenError: number) == .isOfTheHost, "\(number)")
    }
  }

  @Test func aFileThatTheHostCannotReadNowStays() throws {
    let place = Place()
    _ = try store(place.cache).load(wasm(Guests.echo))
    // A name below a file: neither missing nor bad, and this fails for root too.
    let name = place.files()[0] + "/x"
    let cache = try CacheDirectory(place.cache)
    guard case .unreadable(let why) = CacheFile.load(name, in: cache, engine: Shared.engine) else {
      Issue.record("it was not called unreadable")
      return
    }
    #expect(why == "it cannot be opened (Not a directory)")
    #expect(place.files().count == 1)
  }

  @Test func aSystemCallThatFailedInTheLibraryIsNotARefusal() throws {
    var module: OpaquePointer?
    let error = try #require(wasmtime_module_deserialize_file(Shared.engine.pointer, "/proc/self/fd/-1", &module))
    #expect(CacheFile.isOfTheHost(wasmtimeMessage(taking: error)))
    #expect(!CacheFile.isOfTheHost("Module was compiled with a different Wasmtime version"))
  }
}
