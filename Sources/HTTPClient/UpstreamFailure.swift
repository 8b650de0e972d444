// libcurl's many ways to fail, in the words of guests.
internal import CCurl

enum UpstreamFailure {
  static func tooLarge(_ upstream: Upstream) -> UpstreamError {
    UpstreamError(
      .tooLarge,
      "upstream `\(upstream.name)` sends more than is left of the call's limits.upstream: ask it for less, or raise "
        + "the limit",
      upstream: upstream.name)
  }

  static func error(of end: Transfer.End, upstream: Upstream) -> UpstreamError {
    func error(_ code: UpstreamError.Code, _ what: String) -> UpstreamError {
      UpstreamError(code, "upstream `\(upstream.name)` \(what)", upstream: upstream.name)
    }
    switch end.stop {
    case .overBudget: return tooLarge(upstream)
    case .headTooLarge: return error(.protocol, headTooLarge)
    case .wouldSendTwice:
      return error(
        .reset,
        "ended the connection before it answered; whether it acted is not known, so the request was not sent again")
    case .owner, .discardedEnough, nil: break
    }
    let words = end.detail.isEmpty ? String(cString: ccurl_explain(end.code)) : end.detail
    switch end.code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return error(.connectFailed, "has a name that leads nowhere (\(words)): see whether its url is right")
    case CURLE_COULDNT_CONNECT:
      if let refused = end.refusedAddress {
        return error(
          .addressRefused,
          "has a name that leads to \(refused), where this node does not connect to: allow the block of "
            + "addresses in the node's configuration if it is meant")
      }
      return error(.connectFailed, "could not be connected to: see whether it runs, and whether its url is right")
    case CURLE_OPERATION_TIMEDOUT:
      return error(
        .timeout, "could not be connected to within \(upstream.timeouts.connect) ms: see whether it can be reached")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_USE_SSL_FAILED,
      CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
      return error(
        .tlsFailed,
        "could not be trusted or spoken to over TLS (\(words)): see its certificate, and the node's file of "
          + "certificates"
      )
    case CURLE_PARTIAL_FILE: return error(.protocol, "ended before its body was whole (\(words))")
    case CURLE_BAD_CONTENT_ENCODING: return error(.protocol, "sent a body that cannot be unpacked (\(words))")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2,
      CURLE_HTTP_RETURNED_ERROR, CURLE_TOO_MANY_REDIRECTS:
      return error(.protocol, "did not answer in HTTP (\(words))")
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
      return error(.reset, "ended the connection (\(words)): try again")
    // How libcurl 7.88 says that one line of a head passes its own bound of 100 KB.
    case CURLE_OUT_OF_MEMORY where end.hasBegun: return error(.protocol, headTooLarge)
    case CURLE_OUT_OF_MEMORY: return error(.connectFailed, "could not be asked: the node is out of memory")
    default: return error(.protocol, "failed (\(words))")
    }
  }

  private static let headTooLarge =
    "sent a head of more than \(UpstreamLimits.headBytesMax) bytes or \(UpstreamLimits.headLinesMax) lines"

  /// Nothing of an answer was there yet, and another try may find it better.
  static func mayBeTriedAgain(_ end: Transfer.End, _ code: UpstreamError.Code) -> Bool {
    switch code {
    case .connectFailed, .reset: true
    case .timeout: !end.hasBegun
    default: false
    }
  }

  /// Is it the upstream that failed, rather than a guest, a grant or the node?
  static func isUpstreams(_ code: UpstreamError.Code) -> Bool {
    switch code {
    case .connectFailed, .tlsFailed, .timeout, .reset, .protocol: true
    case .denied, .badRequest, .addressRefused, .tooLarge, .tooManyRedirects, .circuitOpen: false
    }
  }
}
