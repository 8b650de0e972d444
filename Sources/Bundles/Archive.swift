// The file format of a bundle. One header, one list, then the sections back to back:
//
//   0   8  magic: 0x89 "ATOLL" CR LF (a text transfer or a cut first byte shows at once)
//   8   4  format version, 1
//  12  32  SHA-256 of everything after this field: the bundle's digest
//  44   4  number of sections
//  48  12  for each section: kind (4), length in bytes (8)
//   …      the sections in the order of the list, nothing between them and nothing after
//
// Numbers are little-endian. Lengths alone place the sections, so that none can overlap or lie outside; every bit of
// the file is covered by the magic, the version or the digest.
internal import Sandbox

/// A bundle's sections, before they mean anything.
struct Archive: Equatable {
  enum Kind: UInt32 {
    /// `atoll.toml` as its author wrote it. The typed manifest is read from it again: a second form could disagree.
    case manifest = 1
    /// LEB128 length and path, then the bytes of a schema file; ascending by path.
    case schema = 2
    /// The core module, snapshotted where that was possible; of a JavaScript worker the image of its memory.
    case module = 3
    /// SHA-256 of what the module was built from, to see whether a rebuild is due.
    case inputs = 4
    /// SHA-256 of the engine that the image was made with: JavaScript workers only, as the two below.
    case engine = 5
    /// A source map, JSON.
    case sourceMap = 6
    /// The files that the image was made from, each with its LEB128 length; ascending.
    case files = 7
  }
  struct Section: Equatable {
    var kind: Kind
    var bytes: [UInt8]
  }

  static let magic: [UInt8] = [0x89, 0x41, 0x54, 0x4F, 0x4C, 0x4C, 0x0D, 0x0A]
  static let version: UInt32 = 1

  var sections: [Section]

  /// The file, and the digest that stands in it.
  func encoded() -> (file: [UInt8], digest: [UInt8]) {
    var body: [UInt8] = []
    body.reserveCapacity(sections.reduce(64) { $0 + $1.bytes.count + 12 })
    body.appendFixed(UInt32(sections.count))
    for section in sections {
      body.appendFixed(section.kind.rawValue)
      body.appendFixed(UInt64(section.bytes.count))
    }
    for section in sections { body.append(contentsOf: section.bytes) }
    let digest = SHA256.digest(of: body)
    var file = Self.magic
    file.appendFixed(Self.version)
    return (file + digest + body, digest)
  }

  /// Reads a file; `name` is what errors call it. Nothing of the body is looked at before its digest is right.
  static func decode(_ file: [UInt8], name: String) throws(BundleError) -> (archive: Archive, digest: [UInt8]) {
    guard file.starts(with: magic) else {
      let isModule = file.starts(with: [0x00, 0x61, 0x73, 0x6D])
      throw BundleError(
        .notABundle,
        "\(name) is not an Atoll bundle\(isModule ? ", but a WebAssembly module" : ""); make one with `atoll build`")
    }
    let header: (version: UInt32, digest: [UInt8], body: [UInt8])
    do throws(MalformedBytes) {
      var cursor = ByteCursor(file, magic.count..<file.count)
      header = (try cursor.fixed32(), Array(file[try cursor.take(SHA256.byteCount)]), Array(file[cursor.at...]))
    } catch {
      throw damaged(name, "it ends in its header")
    }
    guard header.version == version else {
      throw BundleError(
        .wrongVersion,
        "\(name) has bundle format \(header.version), but this Atoll reads format \(version); build it again with it"
      )
    }
    guard SHA256.digest(of: header.body) == header.digest else {
      throw damaged(name, "its contents do not match its digest \(SHA256.hex(digest: header.digest))")
    }
    do throws(MalformedBytes) {
      var cursor = ByteCursor(header.body)
      return (Archive(sections: try sections(&cursor)), header.digest)
    } catch {
      throw damaged(name, "its list of sections is wrong at byte \(error.offset)")
    }
  }

  private static func sections(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [Section] {
    let count = Int(try cursor.fixed32())
    guard count <= BundleLimits.sections else { throw MalformedBytes(offset: cursor.at) }
    var list: [(kind: Kind, length: Int)] = []
    for _ in 0..<count {
      let at = cursor.at
      guard let kind = Kind(rawValue: try cursor.fixed32()), let length = Int(exactly: try cursor.fixed64()) else {
        throw MalformedBytes(offset: at)
      }
      list.append((kind, length))
    }
    var sections: [Section] = []
    for (kind, length) in list {
      sections.append(Section(kind: kind, bytes: Array(cursor.bytes[try cursor.take(length)])))
    }
    guard cursor.isAtEnd else { throw MalformedBytes(offset: cursor.at) }
    return sections
  }

  static func damaged(_ name: String, _ what: String) -> BundleError {
    BundleError(.damaged, "\(name) is damaged: \(what); copy it again, or build it again with `atoll build`")
  }
}
