// `atoll build`: from a folder or a module to a bundle.
internal import JavaScript
internal import Manifests
internal import Sandbox

/// A bundle that was just built.
public struct BuildResult: Sendable {
  public let bundle: Bundle
  /// What its author should know although the build succeeded, a line or more each.
  public let notes: [String]
}

extension Bundle {
  /// Builds a worker: `path` is a folder with an `atoll.toml`, or a `.wasm` with an `atoll.toml` beside it.
  ///
  /// Nothing is written; see ``write(to:)``. Blocks for as long as the compilers run (3 s for Swift, 10 s the first
  /// time): call it off the loop.
  /// - Throws: `BundleError`; its cause is the `ManifestError` or `SandboxError` where there is one.
  public static func build(_ path: String) throws(BundleError) -> BuildResult {
    let checks = try BuildChecks.sandbox(moduleCache: ModuleStore.defaultCacheDirectory)
    return try Build(path).run(checks: checks, cache: SDKObjects.userCache(), toolchain: Toolchain.find)
  }

  /// Builds, and writes the bundle to its place in the worker's folder, which is answered too.
  public static func buildAndWrite(_ path: String) throws(BundleError) -> (result: BuildResult, path: String) {
    let result = try build(path)
    let target = self.path(of: result.bundle.manifest.name, in: try Build.folder(of: path))
    try result.bundle.write(to: target)
    return (result, target)
  }

  /// The bundle of a worker as it is now, from its place in the worker's folder; nil where sources, manifest or
  /// schemas are others than it was built from, or it is missing or damaged. Costs reading the files, no compiler.
  public static func current(_ path: String) throws(BundleError) -> Bundle? {
    let build = try Build(path)
    let target = self.path(of: build.manifest.name, in: build.folder)
    guard let bundle = try? open(target), bundle.inputs == (try build.inputs(of: bundle)),
      bundle.manifestText.utf8.elementsEqual(build.manifestText.utf8), bundle.manifest == build.manifest
    else { return nil }
    return bundle
  }

  /// What `atoll serve WORKER` runs: a `.atoll` is opened; a folder's or module's bundle is built where it is not
  /// current.
  public static func ready(_ worker: String) throws(BundleError) -> BuildResult {
    if worker.hasSuffix(fileExtension) { return BuildResult(bundle: try open(worker), notes: []) }
    if let bundle = try current(worker) { return BuildResult(bundle: bundle, notes: []) }
    return try buildAndWrite(worker).result
  }
}

/// What a module is run and held against while it is built.
struct BuildChecks: Sendable {
  /// Runs `_initialize` and reads what it left.
  var initialize: @Sendable (_ wasm: [UInt8], _ limits: Limits, _ name: String) throws(BundleError) -> Snapshot.State
  /// Holds the module against the ABI and its manifest, as a node will; `isFinished` once it goes into the bundle.
  var verify:
    @Sendable (_ wasm: [UInt8], _ manifest: Manifest, _ isFinished: Bool) throws(BundleError) -> Void
  /// Evaluates JavaScript workers and loads their images; images and the engine are compiled into its cache.
  var javaScript: JavaScriptEngine
}

/// One build.
struct Build {
  let folder: String
  let manifest: Manifest
  let manifestText: String
  let source: Source

  init(_ path: String) throws(BundleError) {
    folder = try Self.folder(of: path)
    do throws(ManifestError) {
      manifestText = try Manifest.text(folder: folder)
      manifest = try Manifest.parse(manifestText, file: "\(folder)/\(Manifest.fileName)", schema: .folder(folder))
    } catch {
      throw BundleError(.badManifest, error.description, cause: error)
    }
    let module = path.hasSuffix(".wasm") ? OutputFile.name(of: path) : nil
    if let module {
      if let given = manifest.source, given.language != .wasm || given.entry != module {
        throw BundleError(
          .badSource,
          """
          \(folder)/\(Manifest.fileName): [source] says language = "\(given.language.rawValue)", \
          entry = "\(given.entry)", which is not \(path); build the folder instead: atoll build \(folder)
          """
        )
      }
      source = Source(language: .wasm, entry: module)
    } else if let given = manifest.source {
      source = given
    } else {
      throw BundleError(
        .badManifest,
        """
        \(folder)/\(Manifest.fileName): there is no [source], so nothing can be built; write [source] with language \
        and entry, or name a module: atoll build \(folder)/worker.wasm
        """
      )
    }
  }

  /// The folder of a worker that is named by folder or by module.
  static func folder(of path: String) throws(BundleError) -> String {
    if path.hasSuffix(".wasm") { return OutputFile.folder(of: path) }
    if Folder.isFolder(path) { return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }
    if path.hasSuffix(Bundle.fileExtension) {
      throw BundleError(.badSource, "\(path) is built already; name the folder of its source")
    }
    throw BundleError(
      .badSource, "\(path) is neither a folder with an \(Manifest.fileName) nor a .wasm; name one of them")
  }

  func run(
    checks: BuildChecks, cache: String?, toolchain: () throws(BundleError) -> Toolchain
  ) throws(BundleError) -> BuildResult {
    try compileSchemas()
    if source.language.isScript { return try javaScript(checks: checks, esbuild: Esbuild.find) }
    var notes: [String] = []
    let sources = try SourceFiles(source, folder: folder)
    let compiled: [UInt8]
    switch source.language {
    case .wasm: compiled = sources.files[0].bytes
    case .c:
      var session = try Toolchain.Session(try toolchain())
      compiled = try session.c(sources.paths, includes: sources.folder)
      notes += session.notes
    case .swift:
      var session = try Toolchain.Session(try toolchain())
      let objects = try SDKObjects.prepare(.embedded, &session, cache: cache)
      session.notes = []
      compiled = try session.swift(sources.paths, sdk: objects)
      notes += session.notes
    case .javascript, .typescript: preconditionFailure("built above")
    }
    let needsInitialize = try Snapshot.mayRun(compiled)
    try checks.verify(compiled, manifest, !needsInitialize)
    let snapshot = try Snapshot.take(compiled, clearsStack: source.language == .swift) { wasm throws(BundleError) in
      try checks.initialize(wasm, manifest.limits, manifest.name)
    }
    if let reason = snapshot.reason {
      notes.append("`_initialize` stays in the module and runs at every call: \(reason)")
    }
    if needsInitialize { try checks.verify(snapshot.module, manifest, true) }
    let bundle = Bundle(
      manifest: manifest, manifestText: manifestText, module: snapshot.module, inputs: sources.digest(source.language))
    return BuildResult(bundle: bundle, notes: notes)
  }

  /// What a bundle would be made from now. What a JavaScript worker imports is known from its last build.
  func inputs(of bundle: Bundle) throws(BundleError) -> [UInt8] {
    let files = try SourceFiles(source, folder: folder)
    guard source.language.isScript else { return files.digest(source.language) }
    return ScriptSources(files: bundle.javaScript?.files ?? [], folder: folder).digest(source.language)
  }
}
