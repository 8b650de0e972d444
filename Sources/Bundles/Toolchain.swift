// The compilers and libraries that workers are built with, and where they are looked for.
internal import Glibc
internal import Manifests

/// Swift's own clang and wasm-ld, and Debian's libraries for wasm32.
public struct Toolchain: Sendable, Equatable {
  /// The folder of `swiftc`. The clang and wasm-ld in it are used, never those of PATH: they must fit each other, and
  /// the first clang in PATH is usually too old.
  let bin: String
  /// `libc.a` and the start files of wasi-libc.
  let libraries: String
  /// The headers of wasi-libc.
  let headers: String
  /// Compiler-rt's builtins for wasm32.
  let builtins: String

  var swiftc: String { bin + "/swiftc" }
  var clang: String { bin + "/clang" }
  var linker: String { bin + "/wasm-ld" }
  /// What Embedded Swift needs for strings' Unicode rules.
  var unicodeTables: String { bin + "/../lib/swift/embedded/\(Self.swiftTarget)/libswiftUnicodeDataTables.a" }

  static let swiftTarget = "wasm32-unknown-none-wasm"

  /// Where things are looked for.
  struct Places: Sendable {
    /// Folders that may hold `swiftc`, in order.
    var programs: [String]
    var libraries = ["/usr/lib/wasm32-wasi", "/usr/lib/wasm32-wasip1", "/usr/local/lib/wasm32-wasi"]
    var headers = ["/usr/include/wasm32-wasi", "/usr/include/wasm32-wasip1", "/usr/local/include/wasm32-wasi"]
    var builtins = [22, 21, 20, 19, 18, 17, 16, 15, 14].flatMap { version in
      [
        "wasi/libclang_rt.builtins-wasm32.a", "wasm32-unknown-wasi/libclang_rt.builtins.a",
        "wasip1/libclang_rt.builtins-wasm32.a",
      ].map {
        "/usr/lib/llvm-\(version)/lib/clang/\(version)/lib/\($0)"
      }
    }

    /// `ATOLL_TOOLCHAIN` where it is set, else PATH.
    static func system() -> Places {
      let variable = { (name: String) in unsafe getenv(name).map { unsafe String(cString: $0) } }
      let path = variable("ATOLL_TOOLCHAIN") ?? variable("PATH") ?? ""
      return Places(programs: path.split(separator: ":").map(String.init))
    }
  }

  /// Finds everything, or says what to install.
  public static func find() throws(BundleError) -> Toolchain { try find(in: .system()) }

  static func find(in places: Places) throws(BundleError) -> Toolchain {
    guard let named = places.programs.map({ $0 + "/swiftc" }).first(where: isExecutable) else {
      throw BundleError(
        .toolchainMissing,
        "swiftc is not on PATH: install the Swift 6.3 toolchain from swift.org, or set ATOLL_TOOLCHAIN to its usr/bin")
    }
    let bin = OutputFile.folder(of: (try? Files.real(named)) ?? named)
    // swiftc may be a link to swift-frontend beside it, or a version manager's link to itself.
    guard
      let home = [bin, OutputFile.folder(of: named)].first(where: {
        isExecutable($0 + "/wasm-ld") && isExecutable($0 + "/clang")
      })
    else {
      throw BundleError(
        .toolchainMissing,
        """
        there is no clang and wasm-ld beside \(named): set ATOLL_TOOLCHAIN to the usr/bin of a Swift 6.3 toolchain \
        from swift.org, which has both
        """
      )
    }
    return Toolchain(
      bin: home,
      libraries: try first(places.libraries, has: "/libc.a", what: "wasi-libc", package: "wasi-libc"),
      headers: try first(places.headers, has: "/stdio.h", what: "the headers of wasi-libc", package: "wasi-libc"),
      builtins: try first(
        places.builtins, has: "", what: "compiler-rt for wasm32", package: "libclang-rt-19-dev-wasm32"))
  }

  private static func first(
    _ folders: [String], has file: String, what: String, package: String
  ) throws(BundleError) -> String {
    if let found = folders.first(where: { unsafe access($0 + file, R_OK) == 0 }) { return found }
    throw BundleError(
      .toolchainMissing,
      """
      \(what) is not installed (looked for \(folders.prefix(3).map { $0 + file }.joined(separator: ", "))): \
      apt-get install \(package)
      """
    )
  }

  private static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

  /// Changes when another compiler stands in the same place.
  var identity: String {
    var status = stat()
    guard let real = try? Files.real(swiftc), unsafe stat(real, &status) == 0 else { return swiftc }
    return "\(real) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }
}
