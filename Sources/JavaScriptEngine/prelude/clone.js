// structuredClone.
(function (host) {
  "use strict";
  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const wrapped = [Boolean, Number, String];

  function refuse(value, what = typeof value === "function" ? "a function" : typeof value === "symbol" ? "a symbol" : "this object") {
    throw new DOMException(`structuredClone: ${what} cannot be cloned`, "DataCloneError");
  }

  function clone(value, seen) {
    if (typeof value === "function" || typeof value === "symbol") refuse(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy = keep(new Array(value.length));
      for (const key of Object.keys(value)) copy[key] = clone(value[key], seen);
      return copy;
    }
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    for (const kind of wrapped) if (value instanceof kind) return keep(new kind(value.valueOf()));
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [key, part] of [...value]) copy.set(clone(key, seen), clone(part, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const part of [...value]) copy.add(clone(part, seen));
      return copy;
    }
    if (value instanceof ArrayBuffer) {
      if (value.detached) refuse(value, "a detached ArrayBuffer");
      return keep(value.slice(0));
    }
    if (ArrayBuffer.isView(value)) {
      const count = value instanceof DataView ? value.byteLength : value.length;
      const kind = value instanceof DataView ? DataView : globalThis[value[Symbol.toStringTag]];
      return keep(new kind(clone(value.buffer, seen), value.byteOffset, count));
    }
    if (value instanceof Error) {
      const kind = Object.hasOwn(errors, value.name) ? errors[value.name] : Error;
      const made = keep(new kind(value.message));
      host.define({ stack: value.stack }, made);
      if (Object.hasOwn(value, "cause")) host.define({ cause: clone(value.cause, seen) }, made);
      return made;
    }
    if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
    for (const kind of [WeakMap, WeakSet, WeakRef, Promise]) if (value instanceof kind) refuse(value, `a ${kind.name}`);
    if (Object.prototype.toString.call(value) !== "[object Object]") refuse(value);
    const copy = keep({});
    for (const key of Object.keys(value)) {
      // Defined, not assigned: a key `__proto__` is one like any other.
      Object.defineProperty(copy, key, { value: clone(value[key], seen), writable: true, enumerable: true, configurable: true });
    }
    return copy;
  }

  host.define({
    structuredClone(value, options) {
      if (arguments.length === 0) throw new TypeError("structuredClone: a value is needed");
      const seen = new Map();
      for (const buffer of options?.transfer ?? []) {
        if (!(buffer instanceof ArrayBuffer)) refuse(buffer, "a transferred object that is no ArrayBuffer");
        if (seen.has(buffer)) refuse(buffer, "a buffer transferred twice");
        seen.set(buffer, buffer.transfer());
      }
      return clone(value, seen);
    },
  });
});
