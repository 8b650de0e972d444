// console: lines for the log, values shown in the way that Node shows them.
(function (host) {
  "use strict";
  const { log, performanceNow } = host;
  const level = { trace: 0, debug: 1, info: 2, warn: 4, error: 5 };
  const widthMax = 72, itemsMax = 100, depthMax = 2;

  function quoted(text) {
    const mark = text.includes("'") ? (text.includes('"') ? (text.includes("`") ? "'" : "`") : '"') : "'";
    let shown = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
    if (mark === "'") shown = shown.replaceAll("'", "\\'");
    return mark + shown + mark;
  }
  const isName = /^[A-Za-z_$][\w$]*$/;
  const shownKey = (key) =>
    typeof key === "symbol" ? `[${String(key)}]` : isName.test(key) ? key : quoted(key);

  function primitive(value) {
    switch (typeof value) {
      case "string": return quoted(value);
      case "bigint": return `${value}n`;
      case "number": return Object.is(value, -0) ? "-0" : String(value);
      default: return String(value);
    }
  }

  function constructorName(value) {
    for (let link = value; link; link = Object.getPrototypeOf(link)) {
      const found = Object.getOwnPropertyDescriptor(link, "constructor")?.value;
      if (typeof found === "function" && found.name) return found.name;
    }
    return null;
  }

  function ofError(error) {
    const head = `${error.name ?? "Error"}${error.message ? ": " + error.message : ""}`;
    const stack = typeof error.stack === "string" ? error.stack.trimEnd() : "";
    return stack ? (stack.startsWith(head) ? stack : `${head}\n${stack}`) : `[${head}]`;
  }

  // The text of a value; `seen` are the objects it lies in.
  function show(value, depth, seen) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return primitive(value);
    if (seen.includes(value)) return "[Circular]";
    const name = constructorName(value);
    let prefix = name === null ? "[Object: null prototype] " : name === "Object" ? "" : `${name} `;
    let open = "{", close = "}";
    const items = [];
    let keys = Reflect.ownKeys(value).filter((key) => Object.getOwnPropertyDescriptor(value, key)?.enumerable);
    const within = [...seen, value];
    const inner = (part) => show(part, depth + 1, within);
    const isIndex = (key) => typeof key === "string" && /^\d+$/.test(key);

    if (typeof value === "function") {
      const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : name ?? "Function";
      const text = `[${kind}${value.name ? (kind === "class" ? " " : ": ") + value.name : " (anonymous)"}]`;
      if (keys.length === 0) return text;
      prefix = text + " ";
    } else if (value instanceof Error) {
      const text = ofError(value);
      keys = keys.filter((key) => key !== "stack" && key !== "message" && key !== "name");
      if (keys.length === 0 && value.cause === undefined) return text;
      prefix = text + " ";
      if (value.cause !== undefined) items.push(`[cause]: ${inner(value.cause)}`);
    } else if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    } else if (value instanceof RegExp) {
      return String(value);
    } else if (value instanceof Boolean || value instanceof Number || value instanceof String) {
      return `[${name}: ${primitive(value.valueOf())}]`;
    } else if (depth > depthMax) {
      return Array.isArray(value) ? "[Array]" : `[${name ?? "Object: null prototype"}]`;
    } else if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
      [open, close] = ["[", "]"];
      prefix = name === "Array" ? "" : `${name}(${value.length}) `;
      for (let index = 0, holes = 0; index <= value.length && items.length < itemsMax; index++) {
        if (index < value.length && !(index in value)) { holes++; continue; }
        if (holes > 0) items.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
        holes = 0;
        if (index < value.length) items.push(inner(value[index]));
      }
      if (value.length > itemsMax) items.push(`... ${value.length - itemsMax} more items`);
      keys = keys.filter((key) => !isIndex(key));
    } else if (value instanceof Map) {
      prefix = `${name}(${value.size}) `;
      for (const [key, part] of value) items.push(`${inner(key)} => ${inner(part)}`);
    } else if (value instanceof Set) {
      prefix = `${name}(${value.size}) `;
      for (const part of value) items.push(inner(part));
    } else if (value instanceof ArrayBuffer) {
      items.push(`byteLength: ${value.byteLength}`);
    } else if (value instanceof Promise) {
      items.push("<promise>");
    } else if (name !== "Object" && typeof value.href === "string") {
      items.push(`href: ${quoted(value.href)}`);
    } else if (typeof value[Symbol.toStringTag] === "string" && typeof value.getAll + typeof value.getSetCookie !== "undefinedundefined") {
      for (const [key, part] of value) items.push(`${quoted(key)} => ${quoted(part)}`);
    }
    for (const key of keys.slice(0, itemsMax)) {
      const { get, set, value: part } = Object.getOwnPropertyDescriptor(value, key);
      const text = get ? (set ? "[Getter/Setter]" : "[Getter]") : set ? "[Setter]" : inner(part);
      items.push(`${shownKey(key)}: ${text}`);
    }
    if (keys.length > itemsMax) items.push(`... ${keys.length - itemsMax} more`);
    if (items.length === 0) return `${prefix}${open}${close}`;
    const line = items.join(", ");
    if (line.length + prefix.length <= widthMax && !line.includes("\n")) return `${prefix}${open} ${line} ${close}`;
    const indent = "  ";
    return `${prefix}${open}\n${items.map((item) => indent + item.replaceAll("\n", "\n" + indent)).join(",\n")}\n${close}`;
  }
  const inspect = (value) => show(value, 0, []);
  const shown = (value) => (typeof value === "string" ? value : inspect(value));

  function format(values) {
    if (values.length === 1) return shown(values[0]);
    let rest = values;
    let text = "";
    if (typeof values[0] === "string" && values[0].includes("%")) {
      let used = 1;
      text = values[0].replace(/%[sdifjoOc%]/g, (mark) => {
        if (mark === "%%") return "%";
        if (used >= values.length) return mark;
        const value = values[used++];
        switch (mark) {
          case "%s": return typeof value === "object" && value !== null ? inspect(value) : typeof value === "bigint" ? `${value}n` : String(value);
          case "%d": return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : String(Number(value));
          case "%i": return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : String(Number.parseInt(value, 10));
          case "%f": return typeof value === "symbol" ? "NaN" : String(Number.parseFloat(value));
          case "%j": return JSON.stringify(value);
          case "%c": return "";
          default: return inspect(value);
        }
      });
      rest = values.slice(used);
      if (rest.length === 0) return text;
      return `${text} ${rest.map(shown).join(" ")}`;
    }
    return rest.map(shown).join(" ");
  }

  let indent = "";
  const counts = new Map(), starts = new Map();
  function write(at, values) {
    const text = format(values);
    log(at, indent ? indent + text.replaceAll("\n", "\n" + indent) : text);
  }
  function milliseconds(label) {
    const start = starts.get(label);
    if (start === undefined) {
      write(level.warn, [`console: no timer "${label}" was started`]);
      return null;
    }
    return `${label}: ${(performanceNow() - start).toFixed(3)} ms`;
  }

  // Columns of an array of objects or arrays, or of an object of them.
  function table(data, columns) {
    if (typeof data !== "object" || data === null) return shown(data);
    const rows = Object.entries(data);
    const names = columns ?? [...new Set(rows.flatMap(([, row]) => (typeof row === "object" && row ? Object.keys(row) : [])))];
    const hasValues = rows.some(([, row]) => typeof row !== "object" || row === null);
    const head = ["(index)", ...names, ...(hasValues ? ["Values"] : [])];
    const body = rows.map(([key, row]) => {
      const isObject = typeof row === "object" && row !== null;
      const cells = names.map((name) => (isObject && name in row ? inspect(row[name]) : ""));
      return [key, ...cells, ...(hasValues ? [isObject ? "" : inspect(row)] : [])];
    });
    const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column].length)));
    const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
    return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...body.map(line)].join("\n");
  }

  const console = {
    log(...values) { write(level.info, values); },
    info(...values) { write(level.info, values); },
    debug(...values) { write(level.debug, values); },
    warn(...values) { write(level.warn, values); },
    error(...values) { write(level.error, values); },
    trace(...values) {
      const stack = new Error().stack.split("\n").slice(1).join("\n").trimEnd();
      write(level.trace, [`Trace${values.length ? ": " + format(values) : ""}\n${stack}`]);
    },
    dir(value) { write(level.info, [inspect(value)]); },
    dirxml(...values) { write(level.info, values); },
    table(data, columns) { write(level.info, [table(data, columns)]); },
    assert(condition, ...values) {
      if (condition) return;
      write(level.error, values.length ? ["Assertion failed: " + format(values)] : ["Assertion failed"]);
    },
    count(label = "default") {
      const name = String(label), count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      write(level.info, [`${name}: ${count}`]);
    },
    countReset(label = "default") { counts.delete(String(label)); },
    group(...values) {
      if (values.length > 0) write(level.info, values);
      indent += "  ";
    },
    groupCollapsed(...values) { console.group(...values); },
    groupEnd() { indent = indent.slice(2); },
    time(label = "default") { starts.set(String(label), performanceNow()); },
    timeLog(label = "default", ...values) {
      const text = milliseconds(String(label));
      if (text) write(level.info, [text, ...values]);
    },
    timeEnd(label = "default") {
      const text = milliseconds(String(label));
      if (text) write(level.info, [text]);
      starts.delete(String(label));
    },
    clear() {},
  };
  Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

  host.define({ console });
});
