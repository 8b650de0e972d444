// Finding compilers and libraries, and saying what to install.
@testable import Bundles
import Foundation
import Testing

@Suite struct ToolchainTests {
  /// A folder with a toolchain of empty programs.
  private func programs(_ names: [String]) throws -> String {
    let folder = NSTemporaryDirectory() + "toolchain-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in names {
      let isMade = FileManager.default.createFile(
        atPath: folder + "/" + name, contents: Data(), attributes: [.posixPermissions: 0o755])
      try #require(isMade)
    }
    return try #require(unsafe realpath(folder, nil).map { unsafe String(cString: $0) })
  }

  private func error(_ places: Toolchain.Places) -> BundleError? {
    #expect(throws: BundleError.self) { try Toolchain.find(in: places) }
  }

  @Test func withoutSwiftcTheToolchainIsNamed() {
    let error = error(Toolchain.Places(programs: ["/nowhere"]))
    #expect(error?.code == .toolchainMissing)
    #expect(error?.message.contains("install the Swift 6.3 toolchain") == true)
  }

  @Test func clangOfAnotherFolderIsNotTaken() throws {
    let swift = try programs(["swiftc", "wasm-ld"])
    let other = try programs(["clang", "wasm-ld"])
    let error = error(Toolchain.Places(programs: [swift, other]))
    #expect(error?.message.contains("no clang and wasm-ld beside \(swift)/swiftc") == true)
  }

  @Test func missingLibrariesNameTheirPackages() throws {
    let swift = try programs(["swiftc", "clang", "wasm-ld"])
    var places = Toolchain.Places(programs: [swift])
    places.builtins = ["/nowhere/a"]
    #expect(error(places)?.message.hasSuffix("apt-get install libclang-rt-19-dev-wasm32") == true)
    places.headers = []
    #expect(error(places)?.message.hasSuffix("apt-get install wasi-libc") == true)
    places.libraries = ["/nowhere"]
    #expect(
      error(places)?.message == "wasi-libc is not installed (looked for /nowhere/libc.a): apt-get install wasi-libc")
  }

  @Test func aLinkToSwiftcLeadsToItsFolder() throws {
    let swift = try programs(["swiftc", "clang", "wasm-ld"])
    let elsewhere = try programs([])
    try FileManager.default.createSymbolicLink(atPath: elsewhere + "/swiftc", withDestinationPath: swift + "/swiftc")
    #expect(try Toolchain.find(in: Toolchain.Places(programs: ["/nowhere", elsewhere])).bin == swift)
  }

  @Test func everyFileOfTheSDKIsInTheBinary() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appendingPathComponent("Sources/AtollWorker").path
    let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") || $0.hasSuffix(".h") }
    #expect(Set(WorkerSDK.embedded.files.map(\.path)) == Set(names), "put it into Sources/CLibraries/CWorkerSDK")
    for file in WorkerSDK.embedded.files {
      #expect(
        FileManager.default.contents(atPath: folder + "/" + file.path).map(Array.init) == file.bytes, "\(file.path)")
    }
  }

  @Test func theABIObjectIsTheOneThatWasTried() {
    #expect(ABIObject.bytes.count == 51 - 8)
    #expect(ABIObject.bytes.prefix(8) == [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00])
  }
}
