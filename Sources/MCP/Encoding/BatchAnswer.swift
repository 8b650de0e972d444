// The answer of a JSON-RPC batch, joined as its parts are answered and bound as a whole.
internal import JSON

/// An answer of a batch that grows part by part, so that no more than ``MCPLimits/batchAnswerBytesMax`` is ever kept.
///
/// A part whose answer does not fit any more is answered by an error with the code -31413; smaller ones behind it may
/// still fit. Notifications and responses have no answer, and a batch of nothing else gets 202.
public struct BatchAnswer: Sendable {
  private var joined: [UInt8] = []
  private var notes: [String] = []
  private let most: Int

  public init() { self.init(most: MCPLimits.batchAnswerBytesMax) }

  init(most: Int) { self.most = most }

  /// Whether what comes now can only be answered by an error: whoever runs the parts may stop running them.
  public var isFull: Bool { joined.count >= most }

  public mutating func append(_ answer: HTTPAnswer) {
    if let note = answer.note { notes.append(note) }
    guard !answer.body.isEmpty else { return }
    // Brackets and commas count too.
    let fits = joined.count + answer.body.count + 2 <= most
    joined.append(joined.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
    joined.append(contentsOf: fits ? answer.body : BatchAnswer.tooLarge(insteadOf: answer.body))
  }

  public consuming func finished() -> HTTPAnswer {
    guard !joined.isEmpty else { return .accepted }
    joined.append(UInt8(ascii: "]"))
    return .json(joined, note: notes.isEmpty ? nil : notes.joined(separator: "; "))
  }

  /// The id is read back from the answer, which was written here and has it near its start.
  private static func tooLarge(insteadOf body: [UInt8]) -> [UInt8] {
    let id = JSONScanner.valueRange(forKey: "id", in: rootRange(of: body), of: body.span)
    return errorAnswer(
      Refusal(
        200, .tooLarge,
        "The answers of the batch are larger than \(MCPLimits.batchAnswerBytesMax) bytes together; send this call in a "
          + "message of its own. It may have run."),
      id: id.map { body[$0] }
    ).body
  }
}
