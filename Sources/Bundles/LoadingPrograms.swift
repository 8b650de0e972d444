// From a bundle to a program that can be called: whole modules, and images with the engine that they need.
public import JavaScript
internal import Manifests
public import Sandbox

extension Bundle {
  /// Loads the worker's code and checks it, as a node does. Compiles where the cache does not have it yet.
  ///
  /// - Parameter engine: used where the worker is JavaScript; of the same `ModuleStore`.
  /// - Throws: `BundleError`; its cause is the `SandboxError` where there is one.
  public func load(
    _ modules: ModuleStore, javaScript engine: JavaScriptEngine
  ) throws(BundleError) -> (program: Program, report: LoadReport) {
    let limits = CallLimits(manifest.limits)
    do {
      let (module, report) = try modules.load(self.module)
      guard let parts = javaScript else {
        return (try Program(module: module, limits: limits, grants: manifest.grants, name: manifest.name), report)
      }
      guard parts.engine == JavaScriptEngine.digest else {
        throw BundleError(
          .wrongVersion,
          """
          worker `\(manifest.name)` was built for another JavaScript engine \
          (\(SHA256.hex(digest: parts.engine).prefix(12)), and this Atoll has \
          \(SHA256.hex(digest: JavaScriptEngine.digest).prefix(12))); build it again with `atoll build`
          """)
      }
      return (try engine.program(image: module, limits: limits, grants: manifest.grants, name: manifest.name), report)
    } catch let error as BundleError {
      throw error
    } catch {
      throw BundleError(.badModule, "\(error)", cause: error)
    }
  }

  /// For a JavaScript worker, what turns positions in its bundled module into its author's; nil for others, and where
  /// the map in the bundle cannot be read.
  public func sourceMap() -> SourceMap? {
    guard let parts = javaScript else { return nil }
    return try? SourceMap(parts.sourceMap)
  }

  /// The files that a JavaScript worker was made from, below its folder or by their whole path; none of other workers.
  public var scriptFiles: [String] { javaScript?.files ?? [] }

  /// SHA-256 of the engine that a JavaScript worker was built for, in hexadecimal; nil for other workers.
  public var engineDigest: String? { javaScript.map { SHA256.hex(digest: $0.engine) } }
}
