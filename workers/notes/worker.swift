// Notes by title, in a namespace of the node's key-value store.
import AtollWorker

@main struct Notes: Worker {
  static let tools = [
    Tool("add_note") { arguments throws(ToolError) in
      let title = try arguments.string("title")
      do throws(StateError) {
        let life = try? arguments.integerIfPresent("days").map { $0 * 86_400_000 }
        let version = try notes.put(title, .text(text(arguments)), ttlMilliseconds: life ?? nil, if: .absent)
        return written(title, version)
      } catch {
        throw error.code == "conflict"
          ? ToolError("conflict: there is a note \(title) already; edit_note changes it") : ToolError(error)
      }
    },

    Tool("get_note") { arguments throws(ToolError) in
      let title = try arguments.string("title")
      guard let note = try orToolError(notes.get(title)) else { throw ToolError("there is no note \(title)") }
      return .object {
        $0.member("title", title)
        $0.member("text", note.text)
        $0.member("version", note.version)
        $0.member("expires_ms", note.expiresMilliseconds)
      }
    },

    Tool("edit_note") { arguments throws(ToolError) in
      let title = try arguments.string("title")
      let version = try arguments.string("version")
      do throws(StateError) {
        return written(title, try notes.put(title, .text(text(arguments)), if: .version(version)))
      } catch {
        throw error.code == "conflict"
          ? ToolError(
            "conflict: \(title) was changed or deleted since version \(version); get_note, and edit what it says now")
          : ToolError(error)
      }
    },

    Tool("search_notes") { arguments throws(ToolError) in
      try page(prefix: arguments.string("prefix"), arguments)
    },

    Tool("list_notes") { arguments throws(ToolError) in
      try page(prefix: "", arguments)
    },

    Tool("delete_note") { arguments throws(ToolError) in
      let title = try arguments.string("title")
      let version = try arguments.stringIfPresent("version")
      do throws(StateError) {
        let deleted = try notes.delete(title, ifVersion: version)
        return .object { $0.member("deleted", deleted) }
      } catch {
        throw error.code == "conflict"
          ? ToolError("conflict: \(title) is not at version \(version ?? "") any more; get_note before you delete it")
          : ToolError(error)
      }
    },
  ]

  static let notes = KV("notes")

  /// The schema has made sure that it is there.
  static func text(_ arguments: Arguments) -> String { (try? arguments.string("text")) ?? "" }

  static func written(_ title: String, _ version: String) -> Answer {
    .object {
      $0.member("title", title)
      $0.member("version", version)
    }
  }

  /// Titles in the order of their bytes, and where to go on.
  static func page(prefix: String, _ arguments: Arguments) throws(ToolError) -> Answer {
    let cursor = try arguments.stringIfPresent("cursor")
    let limit = try arguments.integerIfPresent("limit") ?? 20
    let page = try orToolError(notes.list(prefix: prefix, cursor: cursor, limit: Int(limit)))
    return .object {
      $0.key("notes")
      $0.array {
        for note in page.keys {
          $0.object {
            $0.member("title", note.key)
            $0.member("version", note.version)
          }
        }
      }
      if let cursor = page.cursor { $0.member("cursor", cursor) }
      $0.member("complete", page.cursor == nil)
    }
  }
}
