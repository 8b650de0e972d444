// llhttp's callback table: each callback is a C function that finds its parser's state behind `data`.

import CLLHTTP

/// The one settings table of the process. llhttp only reads it, so every parser of every loop may share it.
nonisolated(unsafe) let parserSettings: UnsafePointer<llhttp_settings_t> = {
  let settings = UnsafeMutablePointer<llhttp_settings_t>.allocate(capacity: 1)
  llhttp_settings_init(settings)
  settings.pointee.on_message_begin = { parser in
    stateOf(parser).pointee.beginMessage()
    return 0
  }
  settings.pointee.on_url = { parser, bytes, count in
    outcome(stateOf(parser).pointee.appendTarget(bytes.unsafelyUnwrapped, count))
  }
  settings.pointee.on_protocol = { parser, bytes, count in
    outcome(stateOf(parser).pointee.checkProtocol(view(bytes, count)))
  }
  settings.pointee.on_version_complete = { parser in
    stateOf(parser).pointee.checkVersion() ? 0 : -1
  }
  settings.pointee.on_header_field = { parser, bytes, count in
    outcome(stateOf(parser).pointee.appendName(bytes.unsafelyUnwrapped, count))
  }
  settings.pointee.on_header_value = { parser, bytes, count in
    outcome(stateOf(parser).pointee.appendValue(bytes.unsafelyUnwrapped, count))
  }
  settings.pointee.on_header_value_complete = { parser in
    stateOf(parser).pointee.endLine()
    return 0
  }
  settings.pointee.on_headers_complete = { parser in
    guard let hasBody = stateOf(parser).pointee.endHead() else { return -1 }
    return hasBody ? Int32(HPE_PAUSED.rawValue) : 0
  }
  settings.pointee.on_body = { parser, bytes, count in
    outcome(stateOf(parser).pointee.appendBody(view(bytes, count)))
  }
  settings.pointee.on_chunk_extension_name = { parser, _, count in
    outcome(stateOf(parser).pointee.countExtension(count))
  }
  settings.pointee.on_chunk_extension_value = { parser, _, count in
    outcome(stateOf(parser).pointee.countExtension(count))
  }
  settings.pointee.on_message_complete = { parser in
    stateOf(parser).pointee.endMessage()
    return Int32(HPE_PAUSED.rawValue)
  }
  return UnsafePointer(settings)
}()

@inline(__always)
private func stateOf(_ parser: UnsafeMutablePointer<llhttp_t>?) -> UnsafeMutablePointer<ParserState> {
  parser.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped.assumingMemoryBound(to: ParserState.self)
}

@inline(__always)
private func view(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> UnsafeRawBufferPointer {
  UnsafeRawBufferPointer(start: bytes, count: count)
}

/// Data callbacks refuse with HPE_USER; the state holds the reason.
@inline(__always)
private func outcome(_ goesOn: Bool) -> Int32 { goesOn ? 0 : Int32(HPE_USER.rawValue) }
