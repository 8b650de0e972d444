// What a caller is told when no site has answered its call: what is known, and whether the call may have run.

import HTTPClient
import MCP

/// How the last attempt ended.
enum ForwardFailure {
  /// There was none.
  case noSite
  case refused(site: String, RefusalWord)
  case failed(site: String, LinkError)

  /// For the log.
  var reason: String {
    switch self {
    case .noSite: "no site that may run the tool can be reached from here"
    case .refused(let site, let word): "\(site): \(word.rawValue)"
    case .failed(let site, let error): "\(site): \(error.message)"
    }
  }

  /// The answer. `mayHaveRun`: whether any site may have begun with the call, not only the last one. It names sites, which callers know, and no addresses.
  func unserved(of tool: String, mayHaveRun: Bool, isRepeatable: Bool) -> ToolOutcome.Unserved {
    var data = JSONText()
    data.raw(#"{"may_have_run":\#(mayHaveRun)"#)
    let why: String
    switch self {
    case .noSite: why = "no site that may run it can be reached from here"
    case .refused(let site, let word):
      data.append(#","site":"#, site)
      data.append(#","reason":"#, word.rawValue)
      why = "`\(site)` refused it (\(word.rawValue)): \(Self.remedy(word))"
    case .failed(let site, let error):
      data.append(#","site":"#, site)
      data.append(#","reason":"#, error.code.rawValue)
      why = "`\(site)` \(Self.words(error.code))"
    }
    data.raw("}")
    guard mayHaveRun else {
      return ToolOutcome.Unserved(
        status: 503, code: .noSite, "The call of `\(tool)` did not run: \(why).", data: data.text,
        fields: [(name: "Retry-After", value: "1")])
    }
    let status = if case .failed(_, let error) = self, error.code == .timedOut { 504 } else { 502 }
    return ToolOutcome.Unserved(
      status: status, code: .answerLost,
      "The call of `\(tool)` may have run, and its answer is lost: \(why)."
        + (isRepeatable ? "" : " It was not sent again, since the tool is not declared idempotent."),
      data: data.text)
  }

  private static func words(_ code: LinkError.Code) -> String {
    switch code {
    case .connectFailed, .tlsFailed: "cannot be reached"
    case .busy: "has as many calls from here as it may"
    case .timedOut: "did not answer in the time that the call has"
    case .reset, .closed: "broke off before its answer was whole"
    case .badAnswer, .tooLarge: "gave an answer that cannot be passed on"
    case .badRequest, .cancelled: "was not asked"
    }
  }

  private static func remedy(_ word: RefusalWord) -> String {
    switch word {
    case .epochDiffers: "its node has begun anew, twice in a moment"
    case .topologyDiffers: "its node has another topology"
    case .versionDiffers: "its node has another version of the worker"
    case .foreign: "what answers at its address is no node of it, or has no such name (`[http] hosts`)"
    case .forwardRefused: "its node has other keys, or another time"
    case .unread: "its node takes smaller requests than this one, or the request was broken on its way"
    case .other: "what answers at its address says so in words that no node uses"
    case .forwardBusy, .loop, .overloaded, .unplaced: "try again in a moment"
    }
  }
}
