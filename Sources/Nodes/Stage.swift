// The pipeline: the stages a call goes through on its way to its sandbox and back.

import MCP

/// One stage on the way of a call.
///
/// A stage gets the call and the rest of the way, and returns an answer: its own, or the one that `next`
/// gave. It may look at the call before, at the answer after, and write into the call's ledger. Stages
/// know nothing of each other; a new one (identity, authorization, cache) is one file and one line in
/// ``Pipeline/standard``. Runs on the call's loop.
protocol Stage: Sendable {
  func answer(_ call: Call, _ next: Next) async -> ToolOutcome
}

/// The rest of a call's way, seen from one stage.
struct Next: Sendable {
  let stages: [any Stage]
  let index: Int

  func callAsFunction(_ call: Call) async -> ToolOutcome {
    await stages[index].answer(call, Next(stages: stages, index: index + 1))
  }
}

/// The stages in their order.
struct Pipeline: Sendable {
  let stages: [any Stage]

  /// `record` is outermost, so that it also sees what is refused, shed or cancelled.
  static let standard = Pipeline(stages: [
    RecordStage(), RateStage(), PlaceStage(), AdmitStage(), SessionStage(), RunStage(),
  ])

  func answer(_ call: Call) async -> ToolOutcome {
    await Next(stages: stages, index: 0)(call)
  }
}
