// A compiled regular expression.
import CPCRE2

/// A regular expression in ECMA-262's language, run by PCRE2 with bounds. Immutable, so it may cross threads.
final class Pattern: @unchecked Sendable {
  let code: OpaquePointer

  /// Compiles it; throws what is wrong with it.
  init(_ source: String) throws(PatternError) {
    let translated = try PatternTranslation.translate(source)
    let plain = try Self.compile(translated)
    if cpcre2_is_anchored(plain) != 0 {
      code = plain
      return
    }
    // PCRE2 counts its match limit anew at each place where a match may start. Let the pattern itself look for the
    // place: then one limit bounds the whole search.
    pcre2_code_free_8(plain)
    code = try Self.compile("(?s:.*?)(?:\(translated))")
  }

  deinit { pcre2_code_free_8(code) }

  private static func compile(_ source: String) throws(PatternError) -> OpaquePointer {
    var number: Int32 = 0
    var offset = 0
    let context = pcre2_compile_context_create_8(nil)
    defer { pcre2_compile_context_free_8(context) }
    // `\uD800` is allowed in ECMA-262; it matches nothing here, since strings are UTF-8.
    pcre2_set_compile_extra_options_8(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES)
    pcre2_set_parens_nest_limit_8(context, 100)
    // Without possessive repeats: PCRE2 would turn `[a-z]+@` into `[a-z]++@`, whose scan over the text counts as one
    // step wherever it begins. Given back character by character, it is counted as what it costs.
    let options =
      PCRE2_NO_AUTO_POSSESS | PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS
      | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP
    let code = source.utf8.span.withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &number, &offset, context)
    }
    guard let code else { throw PatternError(message: Self.reason(number)) }
    return code
  }

  private static func reason(_ number: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(number, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "not a regular expression"
  }
}

/// Why a regular expression was refused.
struct PatternError: Error {
  var message: String
}
