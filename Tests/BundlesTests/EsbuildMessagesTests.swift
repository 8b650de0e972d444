// esbuild's words, taken apart.
@testable import Bundles
import Testing

@Suite struct EsbuildMessagesTests {
  @Test func eachErrorIsALineWithItsPlaceCountedFromOne() {
    let said = EsbuildMessages(
      """
      ▲ [WARNING] Comparison with -0 [equals-negative-zero]

          a/b.ts:7:0:
            7 │ x === -0

      ✘ [ERROR] Unexpected ";"

          worker.ts:3:8:
            3 │ let a = ;
              ╵         ^

      ✘ [ERROR] The symbol "x" was declared twice

          /opt/x.ts:1:4:
            1 │ ...

        The other is here:

          worker.ts:9:9:

      ✘ [ERROR] Cannot read file: no place
      """)
    #expect(
      said.error(in: "w") == """
        w/worker.ts:3:9: Unexpected ";"
        /opt/x.ts:1:5: The symbol "x" was declared twice
        w: Cannot read file: no place
        """)
    #expect(said.warnings(in: "w") == ["w/a/b.ts:7:1: Comparison with -0 [equals-negative-zero]"])
  }

  @Test func wordsOfAnotherKindAreNoErrors() {
    #expect(EsbuildMessages("panic: something\n\ngoroutine 1").error(in: "w") == nil)
    #expect(EsbuildMessages("").warnings(in: "w") == [])
  }

  @Test func filesAreNamedFromTheWorkersFolder() {
    let names = Esbuild.Names(home: "/home/me/w")
    #expect(names.name(of: "../../home/me/w/lib/./a.ts", from: "/tmp/x") == "lib/a.ts")
    #expect(names.name(of: "../shared//a.ts", from: "/home/me/w") == "/home/me/shared/a.ts")
    #expect(names.name(of: "/home/me/wide/a.ts", from: "/") == "/home/me/wide/a.ts")
    #expect(names.name(of: "<define:x>", from: "/tmp") == "<define:x>")
  }
}
