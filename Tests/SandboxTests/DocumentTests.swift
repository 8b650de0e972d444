// docs/abi.md against the table of host functions and the limits: the manual may not drift.
import Foundation
import Testing

@testable import Sandbox

@Suite("docs/abi.md")
struct DocumentTests {
  private static let text =
    (try? String(
      contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/abi.md"), encoding: .utf8)) ?? ""

  @Test func everyFunctionIsListedInItsModule() {
    for function in HostFunction.all {
      let isWASI = function.module == HostFunction.preview1
      let title = isWASI ? "## WASI preview 1" : "### `\(function.module)`"
      guard let start = Self.text.range(of: title) else {
        Issue.record("no section \(title)")
        continue
      }
      let rest = Self.text[start.upperBound...]
      let end = rest.range(of: "\n##")?.lowerBound ?? rest.endIndex
      #expect(
        rest[..<end].contains("`\(function.name)\(isWASI ? "" : "(")"),
        "\(function.module).\(function.name) is not listed")
    }
  }

  @Test func nothingIsListedThatIsNotThere() {
    let listed = Self.text.matches(of: /^\| `(fd_\w+|path_\w+|sock_\w+|proc_\w+|poll_\w+)/.anchorsMatchLineEndings())
    #expect(listed.count >= 8)
    for match in listed {
      let name = String(match.1)
      #expect(HostFunction.all.contains { $0.name == name }, "\(name) is listed, but not linked")
    }
  }

  @Test func theNumbersAreTheLimits() {
    for (words, value) in [
      ("a table of more\nthan 2,000 elements", SandboxLimits.tableElementsMax),
      ("may hold 64", SandboxLimits.handlesMax),
      ("at most 65,536 a call", SandboxLimits.randomBytesMax), ("cut at 8 KiB", SandboxLimits.logLineBytesMax),
      ("past 64 KiB is counted", SandboxLimits.logBytesMax), ("at most 4,096 bytes", SandboxLimits.progressBytesMax),
      ("may have 1,024 buffers", SandboxLimits.vectorsMax), ("At most 64 entries", SandboxLimits.subscriptionsMax),
      ("at most 64 KiB of it a call", SandboxLimits.logWriteBytesMax),
    ] {
      #expect(Self.text.contains(words), "`\(words)`, which is \(value)")
    }
    #expect(SandboxLimits.tableElementsMax == 2000 && SandboxLimits.handlesMax == 64)
    #expect(SandboxLimits.randomBytesMax == 65536 && SandboxLimits.logLineBytesMax == 8192)
    #expect(SandboxLimits.logBytesMax == 65536 && SandboxLimits.progressBytesMax == 4096)
    #expect(SandboxLimits.vectorsMax == 1024 && SandboxLimits.subscriptionsMax == 64)
    #expect(SandboxLimits.logWriteBytesMax == 65536)
  }
}
