// The compiled SDK. It takes three times as long to compile as a worker, so it is kept in the user's cache folder,
// under a name that says what it was made from.
internal import Glibc
internal import Manifests
internal import Sandbox

/// A folder with `AtollWorker.swiftmodule` and the objects that a Swift worker is linked with.
struct SDKObjects: Equatable {
  let folder: String
  let objects: [String]

  init(folder: String, sdk: WorkerSDK) {
    self.folder = folder
    let c = sdk.files.map(\.path).filter { $0.hasSuffix(".c") }.map { Self.object(for: $0) }
    objects = (["AtollWorker.o"] + c + ["atoll_abi.o"]).map { folder + "/" + $0 }
  }

  /// `Runtime/allocator.c` gives `allocator.o`.
  static func object(for source: String) -> String {
    let name = source.split(whereSeparator: { $0 == "/" || $0 == "-" }).last.map(String.init) ?? source
    return String(name.dropLast(2)) + ".o"
  }

  private var files: [String] { objects + [folder + "/AtollWorker.swiftmodule"] }

  /// From the cache, or compiled into `session`'s scratch folder and from there into the cache.
  static func prepare(
    _ sdk: WorkerSDK, _ session: inout Toolchain.Session, cache: String?
  ) throws(BundleError) -> SDKObjects {
    var key = Array("\(session.toolchain.identity) \(Toolchain.Session.recipe)".utf8)
    key += sdk.digest
    let kept = cache.map { SDKObjects(folder: "\($0)/sdk-\(SHA256.hex(of: key).prefix(32))", sdk: sdk) }
    if let kept, isOurs(kept.folder), kept.files.allSatisfy({ unsafe access($0, R_OK) == 0 }) { return kept }
    try session.sdk(sdk)
    let made = SDKObjects(folder: session.scratch.path, sdk: sdk)
    if let kept { made.keep(as: kept) }
    return made
  }

  /// Others could put code into our workers through a folder that they may write to.
  private static func isOurs(_ folder: String) -> Bool {
    var status = stat()
    return unsafe lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
      && status.st_mode & 0o022 == 0
  }

  /// A cache that cannot be written costs time at the next build and nothing else, so nothing is thrown.
  private func keep(as kept: SDKObjects) {
    let temporary = "\(kept.folder).\(getpid())"
    do throws(FileError) {
      try OutputFile.makeFolder(OutputFile.folder(of: kept.folder))
      guard unsafe mkdir(temporary, 0o700) == 0 else { return }
      for (from, to) in zip(files, kept.files) {
        let bytes = try Files.read(from, atMost: BundleLimits.moduleBytes)
        try OutputFile.write(bytes, to: temporary + "/" + OutputFile.name(of: to))
      }
      // Where another build was first, its folder stays.
      if unsafe rename(temporary, kept.folder) == 0 { return }
    } catch {}
    for name in Folder.names(in: temporary) { unsafe unlink(temporary + "/" + name) }
    unsafe rmdir(temporary)
  }

  /// `$XDG_CACHE_HOME/atoll`, else `~/.cache/atoll`; nil where neither is known.
  static func userCache() -> String? {
    let variable = { (name: String) in unsafe getenv(name).map { unsafe String(cString: $0) } }
    if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/atoll" }
    if let home = variable("HOME"), home.hasPrefix("/") { return home + "/.cache/atoll" }
    return nil
  }
}
