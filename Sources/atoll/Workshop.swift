// Bundles and manifests for the verbs: the modules' errors become the one line that a verb ends with.

import Bundles
import Manifests

enum Workshop {
  /// Runs a step whose error already says where it is wrong and what to write.
  static func attempt<T>(_ body: () throws(BundleError) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw Failure(.usage, error.message) }
  }

  static func attempt<T>(_ body: () throws(ManifestError) -> T) throws(Failure) -> T {
    do { return try body() } catch { throw Failure(.usage, "\(error)") }
  }

  static func nodeConfiguration(_ file: String) throws -> NodeConfiguration {
    let text = String(decoding: try Files.read(file), as: UTF8.self)
    return try attempt { () throws(ManifestError) in try NodeConfiguration.parse(text, file: file) }
  }

  /// The folder a file lies in; `.` for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
