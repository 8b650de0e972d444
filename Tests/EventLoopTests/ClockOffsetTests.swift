// The file by which a simulator sets a node's clock wrong.
@testable import EventLoop
import Foundation
import Testing

@Suite struct ClockOffsetTests {
  private func file(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/clock-\(UUID().uuidString)"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  private func bytes(_ nanoseconds: Int64) -> [UInt8] { withUnsafeBytes(of: nanoseconds) { Array($0) } }

  @Test func aChangeIsSeenAtTheNextLook() throws {
    let path = try file(bytes(0))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let offset = try ClockOffset(file: path)
    #expect(offset.nanoseconds == 0)
    for wanted: Int64 in [5_000_000_000, -5_000_000_000, .max, .min, 1] {
      let handle = try FileHandle(forWritingTo: URL(filePath: path))
      try handle.write(contentsOf: Data(bytes(wanted)))
      try handle.close()
      #expect(offset.nanoseconds == wanted)
    }
  }

  @Test(arguments: [[], [1, 2, 3], [UInt8](repeating: 0, count: 7)])
  func aFileThatIsTooShortIsRefused(_ content: [UInt8]) throws {
    let path = try file(content)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: LoopError.self) { _ = try ClockOffset(file: path) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains(path) == true)
  }

  @Test(arguments: ["/nonexistent/clock", "/", "/dev/null", ""]) func whatIsNoFileIsRefused(_ path: String) {
    #expect(throws: LoopError.self) { _ = try ClockOffset(file: path) }
  }

  @Test func withoutTheVariableThereIsNone() throws {
    try ClockOffset.check()
    #expect(ClockOffset.current == nil)
  }
}
