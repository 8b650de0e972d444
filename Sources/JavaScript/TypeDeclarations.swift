// `atoll.d.ts`: the types that a worker's author writes against, with an argument type for each tool.

/// A tool, as far as its types go.
public struct TypedTool: Sendable {
  public var name: String
  public var description: String
  /// JSON Schema of the arguments.
  public var input: [UInt8]
  /// JSON Schema of the structured content, where there is one.
  public var output: [UInt8]?

  public init(name: String, description: String, input: [UInt8], output: [UInt8]? = nil) {
    self.name = name
    self.description = description
    self.input = input
    self.output = output
  }
}

public enum TypeDeclarations {
  /// The name of the file in a worker's folder.
  public static let fileName = "atoll.d.ts"

  /// The whole file. The same tools give the same bytes.
  public static func text(tools: [TypedTool]) -> String {
    var text = "// Written by `atoll types`, and written anew by it: change the schemas, not this file.\n\n"
    text += runtime
    text += "\ndeclare module \"atoll\" {\n" + module
    var names = Set<String>()
    var members: [String] = []
    for tool in tools {
      let name = unused(typeName(tool.name), &names)
      text += "\n  /** Arguments of `\(SchemaTypes.comment(tool.name))`. */\n"
      text += "  export type \(name)Arguments = \(SchemaTypes.text(of: tool.input, indent: "  "));\n"
      var answer = "Answer"
      if let output = tool.output {
        text += "  /** What `\(SchemaTypes.comment(tool.name))` answers. */\n"
        text += "  export type \(name)Answer = \(SchemaTypes.text(of: output, indent: "  "));\n"
        answer = "\(name)Answer"
      }
      members.append(
        """
            /** \(SchemaTypes.comment(tool.description)) */
            \(SchemaTypes.property(tool.name))(args: \(name)Arguments, context: Context): \(answer) | Promise<\(answer)>;
        """)
    }
    text += "\n  /** The tools that atoll.toml declares. */\n  export interface Tools {\n"
    text += members.joined(separator: "\n") + "\n  }\n}\n"
    return text
  }

  /// `get_forecast` becomes `GetForecast`.
  static func typeName(_ tool: String) -> String {
    let parts = tool.split(whereSeparator: { $0 == "_" || $0 == "-" || $0 == "." })
    let name = parts.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    return name.first?.isLetter == true ? name : "Tool\(name)"
  }

  private static func unused(_ name: String, _ taken: inout Set<String>) -> String {
    var candidate = name
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = "\(name)\(number)"
      number += 1
    }
    return candidate
  }
}
