// What the bundle of a JavaScript worker has beside the parts of every bundle.
internal import Sandbox

/// What only the bundle of a JavaScript worker has.
struct JavaScriptParts: Sendable, Equatable {
  /// SHA-256 of the engine that the image was made with, and runs with.
  var engine: [UInt8]
  /// From positions in the bundled module to the author's: JSON.
  var sourceMap: [UInt8]
  /// The files that it was made from, ascending; see ``ScriptSources``.
  var files: [String]

  init(engine: [UInt8], sourceMap: [UInt8], files: [String]) {
    self.engine = engine
    self.sourceMap = sourceMap
    self.files = files
  }

  var sections: [Archive.Section] {
    var list: [UInt8] = []
    for file in files {
      list.appendLEB(file.utf8.count)
      list += Array(file.utf8)
    }
    return [
      Archive.Section(kind: .engine, bytes: engine), Archive.Section(kind: .sourceMap, bytes: sourceMap),
      Archive.Section(kind: .files, bytes: list),
    ]
  }

  /// From the sections of a bundle; nil where one is missing or wrong.
  init?(_ sections: [Archive.Kind: [UInt8]]) {
    guard let engine = sections[.engine], engine.count == SHA256.byteCount, let sourceMap = sections[.sourceMap],
      let list = sections[.files]
    else { return nil }
    var files: [String] = []
    var cursor = ByteCursor(list)
    while !cursor.isAtEnd {
      guard let range = try? cursor.counted(), let name = String(validating: list[range], as: UTF8.self) else {
        return nil
      }
      files.append(name)
    }
    self.init(engine: engine, sourceMap: sourceMap, files: files)
  }
}
