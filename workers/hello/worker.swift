// Two tools in Swift: one answers text, one structured content.
import AtollWorker

@main struct Hello: Worker {
  static let tools = [
    Tool("greet") { arguments throws(ToolError) in
      .text("Hello, \(try arguments.string("name"))!")
    },
    Tool("add") { arguments throws(ToolError) in
      let sum = try arguments.double("a") + arguments.double("b")
      return .object { $0.member("sum", sum) }
    },
  ]
}
