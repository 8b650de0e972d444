// ToolError: an error that the tool expects. The caller gets its message, the log no stack.
(function (host) {
  class ToolError extends Error {}
  Object.defineProperty(ToolError.prototype, "name", { value: "ToolError", writable: true, configurable: true });
  host.ToolError = ToolError;
})
