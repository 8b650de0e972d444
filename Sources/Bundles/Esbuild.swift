// esbuild: one file out of a worker's modules. It takes TypeScript, JSON and node_modules; it touches no network.
internal import Glibc
internal import JSON
internal import JavaScript
internal import Manifests

struct Esbuild: Sendable, Equatable {
  let program: String

  /// Why each flag is there stands beside it. All of them are part of a bundle's inputs.
  static let flags = [
    "--bundle", "--format=esm", "--platform=neutral",
    // The newest that Debian's esbuild has a name for; the engine knows it, and what is newer is rewritten.
    "--target=es2022",
    // With neutral, packages that only have `main` would not be found.
    "--main-fields=module,main",
    // Many libraries ask, and throw where there is no `process`.
    "--define:process.env.NODE_ENV=\"production\"",
    // The engine supplies it.
    "--external:atoll",
    "--sourcemap=external", "--sources-content=false", "--charset=utf8", "--legal-comments=none",
    "--log-level=warning", "--color=false",
  ]

  /// What a run gives.
  struct Output {
    /// The bundled module.
    var code: [UInt8]
    /// Positions in it, with files as ``files`` names them.
    var map: SourceMap
    /// The files that it was made from: below the worker's folder as the manifest would write them, others absolute.
    /// Ascending.
    var files: [String]
    var exports: [String]
    /// What it warned of, a line each.
    var warnings: [String]
  }

  /// `ATOLL_ESBUILD`, else `esbuild` of PATH.
  static func find() throws(BundleError) -> Esbuild {
    let variable = { (name: String) in unsafe getenv(name).map { unsafe String(cString: $0) } }
    return try find(named: variable("ATOLL_ESBUILD"), path: variable("PATH") ?? "")
  }

  static func find(named: String?, path: String) throws(BundleError) -> Esbuild {
    if let named {
      // esbuild runs in the worker's folder, where a relative path would name another file.
      guard named.hasPrefix("/"), unsafe access(named, X_OK) == 0 else {
        throw BundleError(
          .toolchainMissing,
          "ATOLL_ESBUILD is \(named), which is no program's whole path: set it to esbuild's, from / on, or unset it")
      }
      return Esbuild(program: named)
    }
    for folder in path.split(separator: ":")
    where folder.hasPrefix("/") && (unsafe access("\(folder)/esbuild", X_OK) == 0) {
      return Esbuild(program: "\(folder)/esbuild")
    }
    throw BundleError(
      .toolchainMissing,
      """
      esbuild is not installed, which bundles JavaScript and TypeScript workers: apt-get install esbuild, or set \
      ATOLL_ESBUILD to its path
      """)
  }

  /// Bundles a worker. `entry` is relative to `folder`; `name` is what errors call the folder.
  func bundle(_ entry: String, in folder: String, name: String) throws(BundleError) -> Output {
    let scratch = try unusable { () throws(FileError) in try ScratchFolder() }
    let home = try unusable { () throws(FileError) in try Files.real(folder) }
    let place = try unusable { () throws(FileError) in try Files.real(scratch.path) }
    let target = "\(place)/\(SourceMap.bundledFile)"
    let meta = "\(place)/meta.json"
    let result: ChildProcess.Result
    do throws(FileError) {
      result = try ChildProcess.run(
        program, Self.flags + ["--outfile=\(target)", "--metafile=\(meta)", "./\(entry)"], in: home,
        log: "\(place)/log.txt")
    } catch {
      throw BundleError(.toolchainMissing, "esbuild cannot be run: \(error)", cause: error)
    }
    let said = EsbuildMessages(result.output)
    guard result.status == 0 else {
      throw BundleError(
        .compilerFailed, said.error(in: name) ?? "esbuild ended with status \(result.status):\n\(result.output)")
    }
    let names = Names(home: home)
    do {
      let (files, exports) = try Self.read(meta: try Files.read(meta, atMost: BundleLimits.sourceFileBytes), names)
      let map = try SourceMap(try Files.read("\(target).map", atMost: BundleLimits.sourceMapBytes)) {
        names.name(of: $0, from: place)
      }
      let code = try Files.read(target, atMost: BundleLimits.sourceFileBytes)
      return Output(code: code, map: map, files: files, exports: exports, warnings: said.warnings(in: name))
    } catch {
      throw BundleError(.compilerFailed, "what esbuild wrote cannot be used: \(error)", cause: error)
    }
  }

  private func unusable<T: ~Copyable>(_ body: () throws(FileError) -> T) throws(BundleError) -> T {
    do throws(FileError) { return try body() } catch {
      throw BundleError(.fileFailed, "cannot make a folder for the build: \(error)", cause: error)
    }
  }

  private static func read(meta: [UInt8], _ names: Names) throws -> (files: [String], exports: [String]) {
    let document = try JSONDocument(meta)
    var files: [String] = []
    if let inputs = document.root["inputs"] {
      var members = inputs.members
      // "(disabled):fs" is no file.
      while let member = members.next() {
        if !member.key.hasPrefix("(") { files.append(names.name(of: member.key, from: names.home)) }
      }
    }
    var exports: [String] = []
    if let outputs = document.root["outputs"] {
      var members = outputs.members
      while let member = members.next() {
        guard exports.isEmpty, let list = member.value["exports"] else { continue }
        var elements = list.elements
        while let element = elements.next() { if let name = element.string { exports.append(name) } }
      }
    }
    return (files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, exports)
  }

  /// Files by names that do not depend on where the worker's folder or the scratch folder lies.
  struct Names {
    /// The worker's folder, without links.
    let home: String

    func name(of path: String, from folder: String) -> String {
      if path.hasPrefix("<") || path.hasPrefix("(") { return path }
      let whole = Self.normal(path.hasPrefix("/") ? path : "\(folder)/\(path)")
      // By bytes: a letter of two bytes is one Character, and may combine with what follows it.
      let prefix = Array((home + "/").utf8)
      return whole.utf8.starts(with: prefix) ? String(decoding: whole.utf8.dropFirst(prefix.count), as: UTF8.self) : whole
    }

    /// Without `.`, `..` and double slashes.
    private static func normal(_ path: String) -> String {
      var parts: [Substring] = []
      for part in path.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
      }
      return "/" + parts.joined(separator: "/")
    }
  }
}

/// What esbuild said, taken apart: a line "✘ [ERROR] text", and one "    file:line:column:" below it. Columns are counted
/// from 0 there, from 1 here.
struct EsbuildMessages {
  private struct Message: Equatable {
    var isError: Bool
    var text: String
    var place: String?
  }
  private var messages: [Message] = []

  init(_ output: String) {
    for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
      if let text = Self.after("✘ [ERROR] ", line) {
        messages.append(Message(isError: true, text: text))
      } else if let text = Self.after("▲ [WARNING] ", line) {
        messages.append(Message(isError: false, text: text))
      } else if let last = messages.indices.last, messages[last].place == nil, let place = Self.place(line) {
        messages[last].place = place
      }
    }
  }

  /// All errors, a line each; nil where there is none.
  func error(in folder: String) -> String? {
    let lines = messages.filter(\.isError).map { line($0, in: folder) }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  func warnings(in folder: String) -> [String] { messages.filter { !$0.isError }.map { line($0, in: folder) } }

  private func line(_ message: Message, in folder: String) -> String {
    let text = message.text + Self.advice(message.text)
    guard let place = message.place else { return "\(folder): \(text)" }
    return place.hasPrefix("/") ? "\(place): \(text)" : "\(folder)/\(place): \(text)"
  }

  /// What to change, where esbuild's own advice is for other platforms or is missing.
  private static func advice(_ text: String) -> String {
    guard let wanted = after("Could not resolve \"", Substring(text))?.dropLast() else { return "" }
    if wanted.hasPrefix(".") || wanted.hasPrefix("/") { return ": there is no such file; write the path of one" }
    if wanted.hasPrefix("node:") || Self.partsOfNode.contains(String(wanted)) {
      return ": it is a part of Node, which workers do not have; use what docs/javascript.md lists"
    }
    return ": install the package in the worker's folder (npm install \(wanted)), or correct its name"
  }

  private static let partsOfNode: Set<String> = [
    "assert", "buffer", "child_process", "crypto", "dns", "events", "fs", "fs/promises", "http", "http2", "https",
    "module", "net", "os", "path", "perf_hooks", "process", "querystring", "readline", "stream", "timers", "tls", "tty",
    "url", "util",
    "v8", "vm", "worker_threads", "zlib",
  ]

  private static func after(_ prefix: String, _ line: Substring) -> String? {
    line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : nil
  }

  /// "    worker.ts:3:8:" gives "worker.ts:3:9".
  private static func place(_ line: Substring) -> String? {
    guard line.hasPrefix("    "), !line.hasPrefix("     "), line.hasSuffix(":") else { return nil }
    let parts = line.dropFirst(4).dropLast().split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, let row = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1]) else {
      return nil
    }
    return "\(parts.dropLast(2).joined(separator: ":")):\(row):\(column + 1)"
  }
}
