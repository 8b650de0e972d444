// From the bytes of a request to the bytes of its answer.
import Testing

@testable import AtollWorker

@Suite struct AnswerTests {
  let tools = [
    Tool("greet") { arguments throws(ToolError) in .text("Hello, \(try arguments.string("name"))!") },
    Tool("greet_all") { _ throws(ToolError) in .text("Hello, all") },
    Tool("sum") { arguments throws(ToolError) in
      let sum = try arguments.integer("a") + arguments.integer("b")
      return .object { $0.member("sum", sum) }
    },
    Tool("echo") { arguments throws(ToolError) in
      let value = try arguments.value("value")
      return .json { $0.value(value) }
    },
    Tool("nothing") { _ throws(ToolError) in .json { _ in } },
    Tool("who") { _, context throws(ToolError) in .text(try context.members.string("requestId")) },
    Tool("fail") { _ throws(ToolError) in throw ToolError(#"no "such" city"#) },
    Tool("refuse") { _ throws(ToolError) in .error("not today") },
    Tool("blocks") { _ throws(ToolError) in
      .content([
        .text("a \(1 + 1)"), .image(base64: "AA==", mimeType: "image/png"),
        .audio(base64: "BB==", mimeType: "audio/wav"),
        .link(uri: "https://example.org/x", name: "x"),
      ])
    },
  ]

  func call(_ name: String, _ arguments: String = "{}", context: String = "{}") -> String {
    answered(#"{"method":"tools/call","name":"\#(name)","arguments":\#(arguments),"context":\#(context)}"#, tools)
  }

  @Test func textIsOneBlock() {
    #expect(
      call("greet", #"{"name":"Ada \"L\"\n"}"#)
        == #"{"result":{"content":[{"type":"text","text":"Hello, Ada \"L\"\n!"}]}}"#)
    #expect(call("greet_all") == #"{"result":{"content":[{"type":"text","text":"Hello, all"}]}}"#)
  }

  @Test func structuredContentComesWithItsText() {
    #expect(
      call("sum", #"{"a":40,"b":2}"#)
        == #"{"result":{"structuredContent":{"sum":42},"content":[{"type":"text","text":"{\"sum\":42}"}]}}"#)
  }

  @Test(arguments: [#"{"a":"q\"\\\n"}"#, "[1, 2]", "\"x\"", "null", "-0.5e3", "[\n\t1\n]"])
  func anyValueCanBeStructured(value argument: String) throws {
    let text = call("echo", #"{"value":\#(argument)}"#)
    let result = try object(text).object("result")
    #expect(String(decoding: try result.value("structuredContent").rawBytes, as: UTF8.self) == argument)
    let block = try #require(Array(try result.array("content")).first?.object())
    #expect(try block.string("text") == argument)
  }

  @Test func aBodyThatWritesNothingAnswersNull() {
    #expect(
      call("nothing")
        == #"{"result":{"structuredContent":null,"content":[{"type":"text","text":"null"}]}}"#)
  }

  @Test func errorsAreResultsThatSayWhy() {
    #expect(
      call("fail") == #"{"result":{"isError":true,"content":[{"type":"text","text":"no \"such\" city"}]}}"#)
    #expect(call("refuse") == #"{"result":{"isError":true,"content":[{"type":"text","text":"not today"}]}}"#)
    #expect(
      call("greet", #"{"name":[]}"#)
        == #"{"result":{"isError":true,"content":[{"type":"text","text":"name must be a string, but is an array"}]}}"#)
  }

  @Test func severalBlocksKeepTheirOrder() {
    #expect(
      call("blocks")
        == #"{"result":{"content":[{"type":"text","text":"a 2"},{"type":"image","mimeType":"image/png","data":"AA=="},"#
        + #"{"type":"audio","mimeType":"audio/wav","data":"BB=="},"#
        + #"{"type":"resource_link","uri":"https://example.org/x","name":"x"}]}}"#)
  }

  @Test func theContextIsTheHosts() {
    #expect(call("who", context: #"{"requestId":"r1"}"#).contains(#""text":"r1""#))
    #expect(call("who").contains("requestId is missing"))
  }

  @Test func progressNamesWhatIsKnown() {
    #expect(written { Context.report(1, nil, nil, to: &$0) } == #"{"progress":1}"#)
    #expect(
      written { Context.report(0.5, 2, "half \"way\"", to: &$0) }
        == #"{"progress":0.5,"total":2,"message":"half \"way\""}"#)
  }

  @Test(arguments: ["gree", "greet_", "greet_all2", "", "GREET"])
  func aToolIsFoundByItsWholeName(name: String) {
    #expect(call(name).contains("this worker has no tool \(name)"))
  }

  @Test func membersOfTheEnvelopeComeInAnyOrder() {
    let request =
      #" { "context" : {"name":"sum"}, "arguments":{"name":"Ada","arguments":{"name":"Bob"}} , "name" : "greet" } "#
    #expect(answered(request, tools).contains("Hello, Ada!"))
  }

  @Test func absentArgumentsAreAnEmptyObject() {
    #expect(answered(#"{"name":"greet"}"#, tools).contains("name is missing"))
    #expect(answered(#"{"name":"greet","arguments":null}"#, tools).contains("name is missing"))
  }

  @Test func textTakesStringsAndInterpolation() {
    let name = String("Ada")
    let answers: [Answer] = [
      .text(name), .text("\(name) is \(36) and \(1.5) and \(true)"), .text("plain"), .text(name + "!"),
    ]
    let texts = answers.map { answer in written { answer.write(to: &$0) } }
    #expect(texts[0].contains(#""text":"Ada""#))
    #expect(texts[1].contains(#""text":"Ada is 36 and 1.5 and true""#))
    #expect(texts[2].contains(#""text":"plain""#))
    #expect(texts[3].contains(#""text":"Ada!""#))
  }
}
