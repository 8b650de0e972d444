// The lines that turn sources into a module. Everything here was tried by hand first; why a flag is there stands
// beside it, so that none is dropped by accident.
internal import Manifests

extension Toolchain {
  /// Objects go into `scratch`; what the compilers said although they succeeded goes into `notes`.
  struct Session: ~Copyable {
    let toolchain: Toolchain
    let scratch: ScratchFolder
    var notes: [String] = []

    init(_ toolchain: Toolchain) throws(BundleError) {
      self.toolchain = toolchain
      do throws(FileError) { scratch = try ScratchFolder() } catch {
        throw BundleError(.fileFailed, "cannot make a folder for the build: \(error)", cause: error)
      }
    }

    func path(_ name: String) -> String { scratch.path + "/" + name }
  }
}

extension Toolchain.Session {
  private static let swiftFlags = [
    "-swift-version", "6", "-target", Toolchain.swiftTarget,
    "-enable-experimental-feature", "Embedded", "-enable-experimental-feature", "Extern",
    "-wmo", "-O",
    // `@main` needs it where there is one file only.
    "-parse-as-library",
    // Nothing in a freestanding module gives the stack protector its guard.
    "-Xfrontend", "-disable-stack-protector",
    // Else the object has a hash in its data that is another at every run.
    "-Xfrontend", "-disable-incremental-llvm-codegen",
  ]
  private static let linkFlags = [
    "--gc-sections", "--strip-all",
    // An overflow of the stack runs into address 0 and traps, instead of into data.
    "--stack-first", "-z", "stack-size=\(BundleLimits.stackBytes)",
  ]
  /// Not --sysroot=/usr: a header that wasi-libc lacks would come from the host's /usr/include.
  private static let clangFlags = ["--target=wasm32-unknown-wasi", "-nostdlibinc", "-O2", "-Wall", "-Wextra"]
  private var clangFlags: [String] { Self.clangFlags + ["-isystem", toolchain.headers] }

  /// All flags as text: what is kept was made with these or is out of date.
  static let recipe = (swiftFlags + linkFlags + clangFlags).joined(separator: " ")

  /// A worker in Embedded Swift, with the SDK: a reactor.
  mutating func swift(_ sources: [String], sdk: SDKObjects) throws(BundleError) -> [UInt8] {
    try run(
      toolchain.swiftc,
      Self.swiftFlags + ["-I", sdk.folder, "-module-name", "Worker", "-c"] + sources + ["-o", path("worker.o")])
    try link(
      ["--no-entry", path("worker.o")] + sdk.objects + [
        toolchain.unicodeTables,
        // After the objects: the SDK's allocator takes the place of its malloc.
        toolchain.libraries + "/libc.a", toolchain.builtins,
      ])
    return try module()
  }

  /// A program in C: a WASI command.
  mutating func c(_ sources: [String], includes: String) throws(BundleError) -> [UInt8] {
    do throws(FileError) { try OutputFile.write(WorkerSDK.embedded.header, to: path("atoll.h")) } catch {
      throw BundleError(.fileFailed, "cannot write the SDK's header: \(error)", cause: error)
    }
    var objects: [String] = []
    for (index, source) in sources.enumerated() {
      let object = path("source\(index).o")
      try run(toolchain.clang, clangFlags + ["-I", includes, "-isystem", scratch.path, "-c", source, "-o", object])
      objects.append(object)
    }
    try link(
      [toolchain.libraries + "/crt1-command.o"] + objects + [
        toolchain.libraries + "/libc.a", toolchain.libraries + "/libm.a", toolchain.builtins,
      ])
    return try module()
  }

  /// The SDK's module and objects, into the scratch folder.
  mutating func sdk(_ sdk: WorkerSDK) throws(BundleError) {
    var swift: [String] = []
    var c: [String] = []
    do throws(FileError) {
      for file in sdk.files {
        let flat = path(file.path.split(separator: "/").joined(separator: "-"))
        try OutputFile.write(file.bytes, to: flat)
        if flat.hasSuffix(".swift") { swift.append(flat) }
        if flat.hasSuffix(".c") { c.append(flat) }
      }
      try OutputFile.write(ABIObject.bytes, to: path("atoll_abi.o"))
    } catch {
      throw BundleError(.fileFailed, "cannot write the SDK's sources: \(error)", cause: error)
    }
    try run(
      toolchain.swiftc,
      Self.swiftFlags + [
        "-module-name", "AtollWorker", "-emit-module", "-emit-module-path", path("AtollWorker.swiftmodule"), "-c",
      ]
        + swift + ["-o", path("AtollWorker.o")])
    for source in c {
      try run(toolchain.clang, clangFlags + ["-c", source, "-o", path(SDKObjects.object(for: source))])
    }
  }

  private mutating func link(_ inputs: [String]) throws(BundleError) {
    try run(toolchain.linker, Self.linkFlags + inputs + ["-o", path("worker.wasm")])
  }

  private func module() throws(BundleError) -> [UInt8] {
    do throws(FileError) { return try Files.read(path("worker.wasm"), atMost: BundleLimits.moduleBytes) } catch {
      throw BundleError(.badModule, "the linked module cannot be used: \(error.reason)", cause: error)
    }
  }

  private mutating func run(_ program: String, _ arguments: [String]) throws(BundleError) {
    let name = OutputFile.name(of: program)
    let result: ChildProcess.Result
    do throws(FileError) { result = try ChildProcess.run(program, arguments, log: path("log.txt")) } catch {
      throw BundleError(.toolchainMissing, "\(name) cannot be run: \(error)", cause: error)
    }
    guard result.status == 0 else {
      let said = result.output.isEmpty ? "\(name) said nothing" : result.output
      throw BundleError(.compilerFailed, "\(name) ended with status \(result.status):\n\(said)")
    }
    if !result.output.isEmpty { notes.append("\(name): \(result.output)") }
  }
}
