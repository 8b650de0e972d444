// A built worker: one file, content-addressed.
public import Manifests
internal import Sandbox

/// A built worker: its manifest, its schemas and its module.
///
///     let (bundle, notes) = try Bundle.build("workers/hello")
///     try bundle.write(to: Bundle.path(of: "hello", in: "workers/hello"))
public struct Bundle: Sendable {
  public let manifest: Manifest
  /// `atoll.toml` as its author wrote it.
  public let manifestText: String
  /// The core module. It still exports `_initialize` only where a snapshot was not possible. Of a JavaScript worker it
  /// is the image of its memory.
  public let module: [UInt8]
  /// SHA-256 of the contents, as 64 lower-case hexadecimal digits.
  public let digest: String
  /// What the module was built from; nil for a bundle of a prebuilt module.
  let inputs: [UInt8]?
  let javaScript: JavaScriptParts?
  let file: [UInt8]

  public static let fileExtension = ".atoll"

  /// `FOLDER/.atoll/NAME.atoll`: where `atoll build` puts a bundle.
  public static func path(of name: String, in folder: String) -> String { "\(folder)/.atoll/\(name)\(fileExtension)" }

  /// Packs what was built. The same parts always give the same bytes.
  init(
    manifest: Manifest, manifestText: String, module: [UInt8], javaScript: JavaScriptParts? = nil, inputs: [UInt8]?
  ) {
    // By the bytes of their paths: what differs in them is another file, even where the Strings are equal.
    var schemas: [[UInt8]: [UInt8]] = [:]
    for tool in manifest.tools {
      for schema in [tool.input, tool.output] {
        if let schema, let file = schema.file { schemas[Array(file.utf8)] = schema.bytes }
      }
    }
    var sections = [Archive.Section(kind: .manifest, bytes: Array(manifestText.utf8))]
    for path in schemas.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      var bytes: [UInt8] = []
      bytes.appendLEB(path.count)
      sections.append(Archive.Section(kind: .schema, bytes: bytes + path + (schemas[path] ?? [])))
    }
    sections.append(Archive.Section(kind: .module, bytes: module))
    if let inputs { sections.append(Archive.Section(kind: .inputs, bytes: inputs)) }
    if let javaScript { sections += javaScript.sections }
    let (file, digest) = Archive(sections: sections).encoded()
    self.manifest = manifest
    self.manifestText = manifestText
    self.module = module
    self.inputs = inputs
    self.javaScript = javaScript
    self.file = file
    self.digest = SHA256.hex(digest: digest)
  }

  /// Opens a bundle file; its digest is checked before anything else is read.
  public static func open(_ path: String) throws(BundleError) -> Bundle {
    let file: [UInt8]
    do throws(FileError) {
      file = try Files.read(path, atMost: BundleLimits.bundleBytes)
    } catch {
      throw BundleError(
        .fileFailed, "cannot read the bundle \(path): \(error.reason); build it with `atoll build`", cause: error)
    }
    return try decode(file, name: path)
  }

  /// Reads a bundle's bytes; `name` is what errors call it.
  public static func decode(_ file: [UInt8], name: String) throws(BundleError) -> Bundle {
    let (archive, digest) = try Archive.decode(file, name: name)
    var text: String?
    var schemas: [[UInt8]: [UInt8]] = [:]
    var module: [UInt8]?
    var inputs: [UInt8]?
    var javaScript: [Archive.Kind: [UInt8]] = [:]
    for section in archive.sections {
      switch section.kind {
      case .manifest:
        guard text == nil, let given = String(validating: section.bytes, as: UTF8.self) else {
          throw Archive.damaged(name, "it has no one manifest of UTF-8 text")
        }
        text = given
      case .schema:
        var cursor = ByteCursor(section.bytes)
        guard let range = try? cursor.counted(), String(validating: section.bytes[range], as: UTF8.self) != nil,
          schemas.updateValue(Array(section.bytes[cursor.at...]), forKey: Array(section.bytes[range])) == nil
        else { throw Archive.damaged(name, "a schema in it has no name, or another's") }
      case .module:
        guard module == nil else { throw Archive.damaged(name, "it has two modules") }
        module = section.bytes
      case .inputs:
        guard inputs == nil, section.bytes.count == SHA256.byteCount else {
          throw Archive.damaged(name, "the digest of its sources is wrong")
        }
        inputs = section.bytes
      case .engine, .sourceMap, .files:
        guard javaScript.updateValue(section.bytes, forKey: section.kind) == nil else {
          throw Archive.damaged(name, "it has two engines, source maps or lists of files")
        }
        let limit = section.kind == .files ? BundleLimits.fileListBytes : BundleLimits.sourceMapBytes
        guard section.bytes.count <= limit else {
          throw Archive.damaged(name, "its source map or list of files is larger than \(limit) bytes")
        }
      }
    }
    guard let text, let module else { throw Archive.damaged(name, "it lacks a manifest or a module") }
    let files = schemas
    let manifest: Manifest
    do throws(ManifestError) {
      manifest = try Manifest.parse(
        text, file: "\(name)/\(Manifest.fileName)",
        schema: SchemaFiles { path throws(FileError) in
          guard let bytes = files[Array(path.utf8)] else {
            throw FileError(path: path, reason: "it is not in the bundle")
          }
          return bytes
        })
    } catch {
      throw BundleError(.badManifest, error.description, cause: error)
    }
    let parts = javaScript.isEmpty ? nil : JavaScriptParts(javaScript)
    let isJavaScript = manifest.source?.language.isScript == true
    guard isJavaScript == (parts != nil), javaScript.isEmpty == (parts == nil) else {
      throw Archive.damaged(name, "what a JavaScript worker needs is missing, or there is too much of it")
    }
    return Bundle(manifest, text, module, SHA256.hex(digest: digest), inputs, parts, file)
  }

  private init(
    _ manifest: Manifest, _ text: String, _ module: [UInt8], _ digest: String, _ inputs: [UInt8]?,
    _ javaScript: JavaScriptParts?, _ file: [UInt8]
  ) {
    self.manifest = manifest
    manifestText = text
    self.module = module
    self.digest = digest
    self.inputs = inputs
    self.javaScript = javaScript
    self.file = file
  }

  /// The whole file.
  public var bytes: [UInt8] { file }

  /// Writes the file, and its folder where that is missing. Readers see the old file or the new one, never a part.
  public func write(to path: String) throws(BundleError) {
    do throws(FileError) {
      try OutputFile.write(file, to: path)
    } catch {
      throw BundleError(.fileFailed, "cannot write the bundle \(error.path): \(error.reason)", cause: error)
    }
  }
}
