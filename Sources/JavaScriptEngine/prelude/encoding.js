// TextEncoder and TextDecoder, of UTF-8 alone.
(function (host) {
  "use strict";
  const { encode, encodeInto, decode, incomplete } = host;

  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return encode(String(text)); }
    encodeInto(text, bytes) {
      if (!(bytes instanceof Uint8Array)) throw new TypeError("encodeInto: the second argument must be a Uint8Array");
      const [read, written] = encodeInto(String(text), bytes);
      return { read, written };
    }
  }
  host.tag(TextEncoder);

  const labels = ["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"];
  class TextDecoder {
    #fatal; #ignoreBOM;
    #pending = null;
    #isStarted = false;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (!labels.includes(String(label).trim().toLowerCase())) {
        throw new RangeError(`TextDecoder: the encoding "${label}" is not supported, only utf-8`);
      }
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }
    get encoding() { return "utf-8"; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(source, { stream = false } = {}) {
      let bytes = source === undefined ? new Uint8Array() : host.bytesOf(source, "TextDecoder.decode: the argument");
      if (this.#pending) {
        const joined = new Uint8Array(this.#pending.length + bytes.length);
        joined.set(this.#pending);
        joined.set(bytes, this.#pending.length);
        bytes = joined;
        this.#pending = null;
      }
      if (stream) {
        const tail = incomplete(bytes);
        if (tail > 0) {
          this.#pending = bytes.slice(bytes.length - tail);
          bytes = bytes.subarray(0, bytes.length - tail);
        }
      }
      let text = decode(bytes, this.#fatal);
      if (text.length > 0 && !this.#isStarted) {
        if (!this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
        this.#isStarted = true;
      }
      if (!stream) this.#isStarted = false;
      return text;
    }
  }
  host.tag(TextDecoder);
  host.define({ TextEncoder, TextDecoder });
});
