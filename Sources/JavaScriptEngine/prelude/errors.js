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

  class ToolError extends Error {}
  host.define({ name: "ToolError" }, ToolError.prototype);
  host.ToolError = ToolError;

  host.define({ self: globalThis });
  Object.defineProperty(globalThis, "navigator", {
    value: Object.freeze({ userAgent: "Atoll" }), configurable: true, enumerable: false, writable: true,
  });
});
