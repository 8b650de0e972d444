// atoll call WORKER|URL TOOL [JSON]: one call, over HTTP to a node or straight from a folder.

import ArgumentParser
import HTTPClient
import JSON
import MCP
import Nodes

struct CallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Call a tool, on a node by its URL or straight from a worker's folder.",
    discussion: """
      Prints the tool's text; with --json the whole result. ARGUMENTS is a JSON object, or - for standard \
      input. Exit status: 0 ok, 1 the tool answered an error, 2 wrong usage, 3 could not reach or run it.
      """)

  @Argument(help: "A worker's folder, a bundle, or the URL of an MCP server.", completion: .file()) var target: String
  @Argument(help: "The tool's name.") var tool: String
  @Argument(help: "The arguments, a JSON object.") var arguments = "{}"
  @Flag(help: "Print the result as JSON.") var json = false
  @Option(help: "Milliseconds to wait for the answer.") var timeout = 60_000
  @OptionGroup(title: "For a worker's folder") var services: ServiceFlags

  func run() throws {
    let text = arguments == "-" ? Files.standardInput() : Array(arguments.utf8)
    guard JSONText.isObject(text) else {
      throw Failure(.usage, "the arguments are not a JSON object: write them as '{\"name\":\"Ada\"}'")
    }
    let request = ToolRequest(tool: tool, arguments: text, client: ("atoll", Version.number))
    let isURL = target.hasPrefix("http://") || target.hasPrefix("https://")
    let answer = try isURL ? remote(request) : LocalRun.answer(request, worker: target, services: services)
    try print(ToolReply(answer))
  }

  private func remote(_ request: ToolRequest) throws -> [UInt8] {
    do {
      let client = HTTPClient(timeoutMilliseconds: timeout)
      let answer = try client.post(ToolRequest.endpoint(target), headers: request.headers, body: request.body)
      return answer.contentType.hasPrefix("text/event-stream") ? ToolReply.lastEvent(answer.body) : answer.body
    } catch {
      throw Failure(
        .unreachable, "no answer from \(error.message); is a node running there? start one with `atoll serve`")
    }
  }

  private func print(_ reply: ToolReply) throws {
    switch reply.kind {
    case .result(let isError):
      Terminal.output(json ? reply.resultBytes : Array(reply.text.utf8))
      if isError { throw ExitCode(ExitStatus.toolError.rawValue) }
    case .protocolError(let message):
      throw Failure(.unreachable, message)
    case .notMCP:
      throw Failure(.unreachable, "\(target) did not answer with an MCP result; is this its MCP endpoint?")
    }
  }
}
