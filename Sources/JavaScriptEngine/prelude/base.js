// ToolError, an error that the tool expects: the caller gets its message, the log no stack. Also what the other files
// use to put names into the global object.
(function (host) {
  "use strict";
  // Not enumerable, as the names of the language are.
  host.define = function (members, target = globalThis) {
    for (const name of Object.keys(members)) {
      const value = members[name];
      Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };
  host.tag = function (constructor, name = constructor.name) {
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
  };

  // The bytes of a BufferSource, not copied.
  host.bytesOf = function (source, what) {
    if (source instanceof Uint8Array) return source;
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  };

  class ToolError extends Error {}
  host.define({ name: "ToolError" }, ToolError.prototype);
  host.ToolError = ToolError;

  host.define({ self: globalThis, reportError: host.reportError });
  Object.defineProperty(globalThis, "navigator", {
    value: Object.freeze({ userAgent: "Atoll" }), configurable: true, enumerable: false, writable: true,
  });
});
