// Bundles and manifests for the verbs: the modules' errors become the one line that a verb ends with.

import Bundles
import Manifests
import MCP
import Nodes

enum Workshop {
  /// Runs a step whose error already says where it is wrong and what to write.
  static func attempt<T>(_ body: () throws(BundleError) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw Failure(.usage, error.message) }
  }

  static func attempt<T>(_ body: () throws(ManifestError) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw Failure(.usage, "\(error)") }
  }

  static func nodeConfiguration(_ file: String) throws(Failure) -> NodeConfiguration {
    try attempt { () throws(ManifestError) in try NodeConfiguration.load(file) }
  }

  /// Manifest and schemas, as a node would load them.
  static func check(folder: String) throws(Failure) {
    let manifest = try attempt { () throws(ManifestError) in try Manifest.load(folder: folder) }
    do throws(MCPError) {
      _ = try Catalog(
        tools: manifest.tools.map { CatalogTool($0, prefix: nil) },
        identity: ServerIdentity(name: manifest.name, version: manifest.version))
    } catch {
      throw Failure(.usage, "\(folder): \(error.message)")
    }
    // Milliseconds, unlike the compilers of other languages.
    if manifest.source?.language.isScript == true {
      _ = try attempt { () throws(BundleError) in try Bundle.build(folder) }
    }
  }

  /// The folder a file lies in; `.` for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
