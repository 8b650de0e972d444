// A JavaScript or TypeScript worker: bundled, evaluated once, kept as an image of its memory.
internal import JavaScript
internal import Manifests
internal import Sandbox

extension Build {
  /// Bundles, evaluates, and checks the tools against the manifest.
  func javaScript(checks: BuildChecks, esbuild: () throws(BundleError) -> Esbuild) throws(BundleError) -> BuildResult {
    try Self.checkName(source, in: folder)
    // The entry must lie inside the worker's folder, whatever it imports.
    _ = try SourceFiles(source, folder: folder)
    let begun = Files.now
    let output = try esbuild().bundle(source.entry, in: folder, name: folder)
    guard output.exports.contains("default") else {
      throw BundleError(
        .badSource,
        """
        \(folder)/\(source.entry): there is no default export; write export default { tools: { \
        \(Self.property(manifest.tools.first?.name ?? "name"))(args) { … } } }
        """)
    }
    let worker: EvaluatedWorker
    do throws(JavaScriptError) {
      worker = try checks.javaScript.evaluate(output.code, limits: CallLimits(manifest.limits))
    } catch {
      throw evaluationError(error, output.map)
    }
    try compareTools(worker.tools)
    do throws(JavaScriptError) {
      _ = try checks.javaScript.program(
        image: worker.image, limits: CallLimits(manifest.limits), grants: manifest.grants, name: manifest.name)
    } catch {
      throw BundleError(.badModule, error.message, cause: error)
    }
    let sources = ScriptSources(files: output.files, folder: folder)
    let bundle = Bundle(
      manifest: manifest, manifestText: manifestText, module: worker.image,
      javaScript: JavaScriptParts(
        engine: JavaScriptEngine.digest, sourceMap: output.map.encoded(), files: sources.files),
      // A save during the build: the bundle is what it was made from, and never current.
      inputs: sources.haveChanged(since: begun) ? nil : sources.digest(source.language))
    return BuildResult(bundle: bundle, notes: output.warnings)
  }

  /// One language, its own endings: what the manifest says is what is built.
  private static func checkName(_ source: Source, in folder: String) throws(BundleError) {
    // esbuild reads `a=b` as "b, to be written to a".
    guard !source.entry.contains("=") else {
      throw BundleError(
        .badSource, "\(folder)/\(Manifest.fileName): `source.entry` is \"\(source.entry)\"; a name with = cannot be bundled")
    }
    let endings = source.language == .typescript ? [".ts", ".mts", ".tsx"] : [".js", ".mjs", ".jsx"]
    guard !endings.contains(where: { source.entry.hasSuffix($0) }) else { return }
    throw BundleError(
      .badSource,
      """
      \(folder)/\(Manifest.fileName): `source.entry` is "\(source.entry)", but language = \
      "\(source.language.rawValue)" takes one file that ends in \(endings.joined(separator: " or ")); name that file, \
      or change the language
      """)
  }

  private func evaluationError(_ error: JavaScriptError, _ map: SourceMap) -> BundleError {
    let stack = error.stack.map(map.mapped) ?? ""
    let message = map.mapped(error.message)
    let position = map.firstPosition(in: error.stack ?? "") ?? map.firstPosition(in: error.message)
    let place = position?.description ?? source.entry
    // One frame says no more than the place does.
    let frames = stack.split(separator: "\n").filter { !$0.contains("atoll:") }
    let trace = frames.count > 1 ? "\n" + frames.joined(separator: "\n") : ""
    let prefix = place.hasPrefix("/") ? "" : "\(folder)/"
    return BundleError(.evaluationFailed, "\(prefix)\(place): \(message)\(trace)", cause: error)
  }

  /// A tool that only one side knows could not be called, or would never be.
  private func compareTools(_ names: [String]) throws(BundleError) {
    let declared = manifest.tools.map(\.name)
    if let missing = declared.first(where: { !names.contains($0) }) {
      let line = manifestLine(ofTool: missing).map { ":\($0)" } ?? ""
      let there = names.isEmpty ? "has none" : "has \(names.map { "`\($0)`" }.joined(separator: ", "))"
      throw BundleError(
        .badSource,
        """
        \(folder)/\(Manifest.fileName)\(line): the tool `\(missing)` is declared here, but `tools` of \
        \(source.entry) \(there); write \(Self.property(missing))(args) { … } there, or remove this table
        """)
    }
    if let extra = names.first(where: { !declared.contains($0) }) {
      throw BundleError(
        .badSource,
        """
        \(folder)/\(source.entry): `tools` has `\(extra)`, which \(Manifest.fileName) does not declare; add [[tools]] \
        with name = "\(extra)" and a description there, or remove it here
        """)
    }
  }

  /// As it is written in an object: names that are no identifiers are quoted.
  private static func property(_ name: String) -> String {
    let isIdentifier = name.utf8.enumerated().allSatisfy { index, byte in
      switch byte {
      case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24: true
      case 0x30...0x39: index > 0
      default: false
      }
    }
    return isIdentifier ? name : "\"\(name)\""
  }

  /// The line of a tool's `name`; nil where it is not written plainly.
  private func manifestLine(ofTool name: String) -> Int? {
    var isTool = false
    for (index, line) in manifestText.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.filter { !$0.isWhitespace }
      if words.hasPrefix("[") { isTool = words.hasPrefix("[[tools]]") }
      if isTool, words.hasPrefix("name=\"\(name)\"") { return index + 1 }
    }
    return nil
  }
}
