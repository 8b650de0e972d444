// Modules with more entries than the engine takes are refused before anything is allocated for them.
import Testing

@testable import Sandbox

@Suite("Shape limits")
struct ShapeLimitTests {
  private static func leb(_ number: Int) -> [UInt8] {
    var (out, rest): ([UInt8], Int) = ([], number)
    repeat {
      out.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest != 0
    return out
  }

  private static func section(_ id: UInt8, _ count: Int, of entry: [UInt8]) -> [UInt8] {
    var contents = leb(count)
    contents.reserveCapacity(count * entry.count + 8)
    for _ in 0..<count { contents.append(contentsOf: entry) }
    return [id] + leb(contents.count) + contents
  }

  struct Bound: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let id: UInt8
    let entry: [UInt8]
    let limit: Int
  }

  static let bounds = [
    Bound(testDescription: "types", id: 1, entry: [0x60, 0, 0], limit: 1_000_000),
    Bound(testDescription: "imports", id: 2, entry: [0, 0, 3, 0x7F, 0], limit: 100_000),
    Bound(testDescription: "functions", id: 3, entry: [0], limit: 1_000_000),
    Bound(testDescription: "tables", id: 4, entry: [0x70, 0, 0], limit: 100),
    Bound(testDescription: "memories", id: 5, entry: [0, 0], limit: 100),
    Bound(testDescription: "globals", id: 6, entry: [0x7F, 0, 0x41, 0, 0x0B], limit: 1_000_000),
    Bound(testDescription: "exports", id: 7, entry: [0, 0, 0], limit: 100_000),
    Bound(testDescription: "element segments", id: 9, entry: [1, 0, 0], limit: 100_000),
    Bound(testDescription: "data segments", id: 11, entry: [1, 0], limit: 100_000),
    Bound(testDescription: "tags", id: 13, entry: [0], limit: 1_000_000),
  ]

  private static let header: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]

  @Test(arguments: bounds)
  func oneMoreIsRefusedInOneSectionAndInTwo(_ bound: Bound) throws {
    // Debug builds read a million entries in seconds: where the limit is so high, only what is refused is tried.
    let most = Self.section(bound.id, bound.limit, of: bound.entry)
    if bound.limit <= 100_000 {
      #expect(throws: Never.self) { try WasmShape(Self.header + most) }
      let error = #expect(throws: SandboxError.self) {
        try WasmShape(Self.header + most + Self.section(bound.id, 1, of: bound.entry))
      }
      #expect(error?.message.contains("more than \(bound.limit) \(bound.testDescription)") == true)
    }
    let error = #expect(throws: SandboxError.self) {
      try WasmShape(Self.header + Self.section(bound.id, bound.limit + 1, of: bound.entry))
    }
    #expect(error?.code == .malformedModule)
    #expect(error?.message.contains("more than \(bound.limit) \(bound.testDescription)") == true)
  }

  @Test func aTypeMayHaveAThousandParametersAndNotOneMore() throws {
    func module(_ count: Int) -> [UInt8] {
      Self.header + Self.section(1, 1, of: [0x60] + Self.leb(count) + [UInt8](repeating: 0x7F, count: count) + [0])
    }
    #expect(throws: Never.self) { try WasmShape(module(1000)) }
    #expect(throws: SandboxError.self) { try WasmShape(module(1001)) }
  }
}
