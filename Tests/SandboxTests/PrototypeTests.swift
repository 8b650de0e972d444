// Our prototypes against those that come with the library's own wheel: names, arity, and the sizes of records.
import CWasmtime
import Foundation
import Testing

@Suite("Prototypes")
struct PrototypeTests {
  /// The package's folder, from this file's place in it.
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let bindings = root.appendingPathComponent(".deps/wasmtime/wasmtime/_bindings.py")
  private static let areThere = FileManager.default.fileExists(atPath: bindings.path)

  /// Name to number of parameters, of everything that our header declares.
  private func ours() throws -> [String: Int] {
    let header = Self.root.appendingPathComponent("Sources/CLibraries/CWasmtime/include/CWasmtime.h")
    var text = try String(contentsOf: header, encoding: .utf8)
    text.replace(/\/\/[^\n]*/, with: "")
    text.replace(/typedef[^;]*;/, with: "")
    // A callback inside of a parameter list is one parameter.
    text.replace(/void \(\*finalizer\)\(void \*\)/, with: "void *finalizer")
    var found: [String: Int] = [:]
    for match in text.matches(of: /(wasm(?:time)?_\w+)\(([^()]*)\);/) {
      let list = match.2.trimmingCharacters(in: .whitespacesAndNewlines)
      found[String(match.1)] = list == "void" ? 0 : list.split(separator: ",").count
    }
    return found
  }

  /// The same of the wheel's.
  private func theirs() throws -> [String: Int] {
    let text = try String(contentsOf: Self.bindings, encoding: .utf8)
    var found: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      guard let match = line.firstMatch(of: /^_(wasm\w+)\.argtypes = \[(.*)\]$/) else { continue }
      var depth = 0
      var count = match.2.isEmpty ? 0 : 1
      for character in match.2 {
        if character == "(" || character == "[" { depth += 1 }
        if character == ")" || character == "]" { depth -= 1 }
        if character == ",", depth == 0 { count += 1 }
      }
      found[String(match.1)] = count
    }
    return found
  }

  @Test(.enabled(if: areThere, "Scripts/bootstrap has not laid the wheel's prototypes out"))
  func namesAndArityAreThoseOfTheLibrary() throws {
    let ours = try ours()
    let theirs = try theirs()
    #expect(ours.count > 60)
    for (name, count) in ours.sorted(by: { $0.key < $1.key }) {
      #expect(
        theirs[name] == count, "\(name): \(count) parameters here, \(theirs[name].map(String.init) ?? "unknown") there")
    }
  }

  @Test func recordsHaveTheLibrarysSizes() {
    #expect(MemoryLayout<wasmtime_val_t>.size == 32)
    #expect(MemoryLayout<wasmtime_val_raw_t>.size == 16)
    #expect(MemoryLayout<wasmtime_extern_t>.size == 32)
    #expect(MemoryLayout<wasmtime_instance_t>.size == 16)
    #expect(MemoryLayout<wasmtime_memory_t>.stride == 24)
    #expect(MemoryLayout<wasmtime_async_continuation_t>.size == 24)
    // The epoch's words stand on cache lines of their own.
    #expect(MemoryLayout<atoll_epoch_slot_t>.stride == 128)
    #expect(MemoryLayout<atoll_epoch_sleeper_t>.stride == 128)
  }

  @Test func theLibraryIsTheVersionWeWroteFor() throws {
    let version = Self.root.appendingPathComponent(".deps/wasmtime/.version")
    guard let text = try? String(contentsOf: version, encoding: .utf8) else { return }
    #expect(text.contains("50.0.1"))
  }
}
