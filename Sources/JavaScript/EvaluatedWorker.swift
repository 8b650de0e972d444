// What an evaluation gives: the worker's image and its tools, or the error in words.
internal import JSON
internal import Sandbox

/// A worker's source after its one evaluation.
public struct EvaluatedWorker: Sendable {
  /// The image module: the memory with the worker's heap in it.
  public let image: [UInt8]
  /// The names in the default export's `tools`, in the order of the source.
  public let tools: [String]

  init(_ evaluation: consuming Evaluation, limits: CallLimits) throws(JavaScriptError) {
    switch evaluation.ending {
    case .reported(let report): tools = try Self.tools(report)
    case .outOfTime:
      throw JavaScriptError(
        .outOfTime,
        """
        evaluating the module used more than \(limits.cpuMilliseconds) ms of processor time; do less at top level (does \
        a loop end?), or raise `limits.cpu_ms` in atoll.toml
        """)
    case .outOfMemory:
      throw JavaScriptError(
        .outOfMemory,
        """
        evaluating the module needs more memory than its cap of \(limits.memoryBytes >> 10) KiB; hold less at top \
        level, or raise `limits.memory` in atoll.toml
        """)
    case .refused(let name):
      throw JavaScriptError(
        .hostCall,
        """
        the module called the host (\(name)) while it was evaluated, and what the host answers would be kept for every \
        call ever after; move it into the tool
        """)
    case .trapped(let message):
      throw JavaScriptError(
        .engineFailed, "the engine failed while it evaluated the module: \(message); please report this")
    }
    image = ImageModule.encode(evaluation.memory, stackPointer: evaluation.stackPointer)
  }

  private static func tools(_ report: [UInt8]) throws(JavaScriptError) -> [String] {
    let document: JSONDocument
    do throws(JSONError) { document = try JSONDocument(report) } catch {
      throw JavaScriptError(.engineFailed, "the engine's report is not JSON: \(error)", cause: error)
    }
    let root = document.root
    if let error = root["error"] {
      let name = error["name"]?.string ?? ""
      let message = error["message"]?.string ?? ""
      throw JavaScriptError(
        .threw, name.isEmpty ? message : message.isEmpty ? name : "\(name): \(message)", stack: error["stack"]?.string)
    }
    guard let list = root["tools"] else {
      throw JavaScriptError(.engineFailed, "the engine's report has neither tools nor an error")
    }
    var names: [String] = []
    var elements = list.elements
    while let element = elements.next() {
      if let name = element.string { names.append(name) }
    }
    return names
  }
}
