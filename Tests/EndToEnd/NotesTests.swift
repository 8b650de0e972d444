// State in a namespace, through the built binary: kept over restarts, shared by nodes, seen by `atoll kv`.
import Foundation
import Testing

extension TheBinary {
  @Suite("with a key-value store")
  struct Notes {
    @Test(.timeLimit(.minutes(3)))
    func notesOutliveTheNode() throws {
      let worker = try Bundles.edited("notes")
      let folder = try TemporaryFolder()
      let store = "sqlite:\(folder.file("state.db"))"
      do {
        let node = try ServedNode([worker], options: ["--loops", "1", "--kv", store])
        for title in ["b/two", "a/one", "b/one"] {
          let added = try node.call("add_note", #"{"title":"\#(title)","text":"text of \#(title)"}"#)
          #expect(!added.isError, "\(added.text)")
        }
        let twice = try node.call("add_note", #"{"title":"a/one","text":"other"}"#)
        #expect(twice.isError, "\(twice.text)")
        node.crash()
      }
      let node = try ServedNode([worker], options: ["--loops", "2", "--kv", store])
      let read = try node.call("get_note", #"{"title":"b/one"}"#)
      #expect(read.text.contains("text of b/one"), "\(read.text)")
      let listed = try node.call("list_notes")
      let titles = listed.text.ranges(of: #/[ab]/(one|two)/#).map { String(listed.text[$0]) }
      #expect(titles == ["a/one", "b/one", "b/two"], "\(listed.text)")
      let keys = try Command.run(["kv", "list", "--kv", store, "notes"])
      #expect(keys.status == ExitStatus.ok && keys.output.contains("a/one"), "\(keys.output)\(keys.errors)")
      #expect(try node.metric("atoll_state_operations_total") ?? 0 >= 2)
    }

    @Test(.timeLimit(.minutes(2)))
    func withoutAFlagStateIsBelowTheFolderOfTheCall() throws {
      let worker = try Bundles.edited("notes")
      let folder = try TemporaryFolder()
      func call(_ tool: String, _ arguments: String) throws -> Command {
        try Command.run(
          "/bin/sh", ["-c", "cd \"$0\" && exec \"$@\"", folder.path, Installation.binary, "call", worker, tool, arguments],
          timeoutSeconds: 60)
      }
      let added = try call("add_note", #"{"title":"one","text":"kept"}"#)
      #expect(added.status == ExitStatus.ok, "\(added.errors)")
      let read = try call("get_note", #"{"title":"one"}"#)
      #expect(read.output.contains("kept"), "\(read.output)\(read.errors)")
      #expect(FileManager.default.fileExists(atPath: folder.file(".atoll/state.db")))
    }
  }
}
