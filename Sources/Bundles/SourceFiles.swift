// The files that a worker is built from: `entry`, or everything of its language in the folder that `entry` names.
internal import Glibc
internal import Manifests
internal import Sandbox

struct SourceFiles {
  struct File {
    /// As the compiler is given it; without links.
    let path: String
    /// Below the worker's folder, as the manifest spells it.
    let name: String
    let bytes: [UInt8]
  }
  let files: [File]
  /// What C sources may include: it is not compiled itself, and decides the module all the same.
  let included: [File]
  /// Where they lie.
  let folder: String

  var paths: [String] { files.map(\.path) }

  init(_ source: Source, folder root: String) throws(BundleError) {
    do throws(FileError) {
      let entry = try Files.real(root + "/" + source.entry)
      let home = try Files.real(root)
      guard entry.utf8.elementsEqual(home.utf8) || Files.isInside(entry, folder: home) else {
        throw FileError(path: source.entry, reason: "it lies outside the worker's folder")
      }
      let names: [String]
      if Folder.isFolder(entry) {
        let suffix = "." + source.language.rawValue
        names = Folder.names(in: entry).filter { $0.hasSuffix(suffix) }.map { "\(source.entry)/\($0)" }
        folder = entry
        if names.isEmpty { throw FileError(path: source.entry, reason: "there is no *\(suffix) in it") }
        if source.language == .wasm || source.language.isScript {
          throw FileError(path: source.entry, reason: "it is a folder; name the module itself")
        }
      } else {
        names = [source.entry]
        folder = OutputFile.folder(of: entry)
      }
      guard names.count <= BundleLimits.sourceFiles else {
        throw FileError(path: source.entry, reason: "it has more than \(BundleLimits.sourceFiles) source files")
      }
      var files: [File] = []
      let limit = source.language == .wasm ? BundleLimits.moduleBytes : BundleLimits.sourceFileBytes
      for name in names {
        files.append(
          File(
            path: try Files.real(root + "/" + name), name: name,
            bytes: try Files.read(name, inside: root, atMost: limit)))
      }
      self.files = files
      included = source.language == .c ? try Self.included(from: folder) : []
    } catch {
      throw BundleError(
        .badSource,
        """
        \(root)/\(Manifest.fileName): `source.entry` is "\(source.entry)": \(error.reason); write the path of the \
        source in the worker's folder
        """,
        cause: error)
    }
  }

  private static func included(from folder: String) throws(FileError) -> [File] {
    var files: [File] = []
    for name in Folder.tree(in: folder) where name.hasSuffix(".h") || name.hasSuffix(".c") {
      guard files.count < BundleLimits.sourceFiles else {
        throw FileError(path: folder, reason: "there are more than \(BundleLimits.sourceFiles) source files below it")
      }
      let path = folder + "/" + name
      files.append(File(path: path, name: name, bytes: try Files.read(path, atMost: BundleLimits.sourceFileBytes)))
    }
    return files
  }

  /// SHA-256 over what decides the module: language, flags, names, contents, and the SDK where it takes part.
  func digest(_ language: SourceLanguage) -> [UInt8] {
    var all = Array("atoll inputs 1 \(language.rawValue) \(Toolchain.Session.recipe)\n".utf8)
    if language == .swift { all += WorkerSDK.embedded.digest }
    if language == .c { all += SHA256.digest(of: WorkerSDK.embedded.header) }
    for file in files + included {
      all.appendLEB(file.name.utf8.count)
      all.append(contentsOf: file.name.utf8)
      all += SHA256.digest(of: file.bytes)
    }
    return SHA256.digest(of: all)
  }
}

extension Folder {
  /// The paths of all files below a folder; folders with a dot in front, and links to folders, are left out.
  static func tree(in folder: String, depth: Int = 0) -> [String] {
    guard depth < BundleLimits.folderDepth else { return [] }
    return names(in: folder).flatMap { name -> [String] in
      var status = stat()
      guard !name.hasPrefix("."), unsafe lstat(folder + "/" + name, &status) == 0 else { return [] }
      guard status.st_mode & S_IFMT == S_IFDIR else { return [name] }
      return tree(in: folder + "/" + name, depth: depth + 1).map { "\(name)/\($0)" }
    }
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
