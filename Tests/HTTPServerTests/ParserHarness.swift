// Runs bytes through a RequestParser, whole and cut at every boundary, and says what came out.
@testable import HTTPServer

/// One thing a parser made of its input.
enum Parsed: Equatable, CustomStringConvertible {
  case request(ParsedRequest)
  case failure(Int)
  case unfinished

  var description: String {
    switch self {
    case .request(let request): "\(request.method) \(request.path) \(request.lines) body \(request.body)"
    case .failure(let status): "failure \(status)"
    case .unfinished: "unfinished"
    }
  }
}

struct ParsedRequest: Equatable {
  var method: UInt8
  var path: String
  var query: String?
  var lines: [String]
  var body: String
  var keepsAlive: Bool
  var isHTTP10: Bool
}

/// Feeds pieces one after the other, each until it is used up.
func parse(pieces: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits()) -> [Parsed] {
  let parser = RequestParser(limits: limits)
  var result: [Parsed] = []
  for piece in pieces {
    var rest = piece
    while !rest.isEmpty {
      let event = rest.withUnsafeBytes { parser.execute($0) }
      rest = rest.dropFirst(parser.consumed)
      switch event {
      case .needsMore, .head: continue
      case .failed(let failure): return result + [.failure(failure.status)]
      case .complete:
        var head = RequestHead()
        var body: [UInt8] = []
        parser.take(&head, &body)
        result.append(
          .request(
            ParsedRequest(
              method: head.method, path: head.string(head.path), query: head.query.map { head.string($0) },
              lines: head.slots.map { slot in
                head.string(slot.nameRange) + "="
                  + head.string(slot.valueRange)
              },
              body: String(decoding: body, as: UTF8.self), keepsAlive: head.keepsAlive, isHTTP10: head.isHTTP10)))
      }
    }
  }
  if parser.phase != .between { result.append(.unfinished) }
  return result
}

/// What came out, and at which cuts something else came out.
func parseEverySplit(_ text: String, limits: HTTPLimits = HTTPLimits()) -> (whole: [Parsed], differing: [Int]) {
  parseEverySplit(Array(text.utf8), limits: limits)
}

func parseEverySplit(_ bytes: [UInt8], limits: HTTPLimits = HTTPLimits()) -> (whole: [Parsed], differing: [Int]) {
  let whole = parse(pieces: [bytes[...]], limits: limits)
  var differing = bytes.indices.filter { cut in
    parse(pieces: [bytes[..<cut], bytes[cut...]], limits: limits) != whole
  }
  let single = parse(pieces: bytes.indices.map { bytes[$0...$0] }, limits: limits)
  if single != whole { differing.append(-1) }
  return (whole, differing)
}
