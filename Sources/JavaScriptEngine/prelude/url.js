// URL and URLSearchParams, by the URL standard's state machine. Hosts outside ASCII are lowered, composed and written
// in Punycode; the tables of IDNA are not in the image.
(function (host) {
  "use strict";
  const { encode, decode } = host;
  const special = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
  const isSpecial = (url) => Object.hasOwn(special, url.scheme);

  // --- Percent-encoding -----------------------------------------------------------------------------
  const sets = {};
  const set = (name, base, characters) => { sets[name] = new Set([...(base ? sets[base] : []), ...characters]); };
  set("control", null, "");
  set("fragment", "control", ' "<>`');
  set("query", "control", ' "#<>');
  set("specialQuery", "query", "'");
  set("path", "query", "?^`{}");
  set("userinfo", "path", "/:;=@[\\]|");
  set("form", "userinfo", "$%&+,!'()~");
  const hex = "0123456789ABCDEF";
  const byte = (value) => "%" + hex[value >> 4] + hex[value & 15];

  function percent(text, name) {
    const kept = sets[name];
    let out = "";
    for (const character of text) {
      const code = character.codePointAt(0);
      if (code > 0x1f && code < 0x7f && !kept.has(character)) out += character;
      else for (const value of encode(character)) out += byte(value);
    }
    return out;
  }

  function percentDecode(text) {
    if (!text.includes("%")) return text;
    const bytes = encode(text);
    let count = 0;
    for (let index = 0; index < bytes.length; index++, count++) {
      let value = bytes[index];
      if (value === 0x25 && index + 2 < bytes.length) {
        const pair = String.fromCharCode(bytes[index + 1], bytes[index + 2]);
        if (/^[0-9a-fA-F]{2}$/.test(pair)) {
          value = Number.parseInt(pair, 16);
          index += 2;
        }
      }
      bytes[count] = value;
    }
    return decode(bytes.subarray(0, count), false);
  }

  // --- Hosts ------------------------------------------------------------------------------------------
  function punycode(label) {
    const points = [...label].map((character) => character.codePointAt(0));
    let out = points.filter((point) => point < 128).map((point) => String.fromCharCode(point)).join("");
    const basic = out.length;
    let handled = basic, next = 128, delta = 0, bias = 72;
    if (basic > 0) out += "-";
    const digit = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);
    while (handled < points.length) {
      const least = Math.min(...points.filter((point) => point >= next));
      delta += (least - next) * (handled + 1);
      next = least;
      for (const point of points) {
        if (point < next) delta++;
        if (point !== next) continue;
        let rest = delta;
        for (let k = 36; ; k += 36) {
          const limit = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
          if (rest < limit) break;
          out += digit(limit + ((rest - limit) % (36 - limit)));
          rest = Math.floor((rest - limit) / (36 - limit));
        }
        out += digit(rest);
        let scaled = handled === basic ? Math.floor(delta / 700) : delta >> 1;
        scaled += Math.floor(scaled / (handled + 1));
        let k = 0;
        for (; scaled > 455; k += 36) scaled = Math.floor(scaled / 35);
        bias = k + Math.floor((36 * scaled) / (scaled + 38));
        delta = 0;
        handled++;
      }
      delta++;
      next++;
    }
    return "xn--" + out;
  }

  function domain(text) {
    const lowered = text.normalize("NFKC").toLowerCase().normalize("NFC").replace(/[\u3002\uff0e\uff61]/g, ".").replaceAll("\u00ad", "");
    return lowered.split(".").map((label) => (/^[\x00-\x7f]*$/.test(label) ? label : punycode(label))).join(".");
  }

  // A number of an IPv4 address: decimal, octal or hexadecimal. NaN where it is none.
  function part(text) {
    if (text === "") return Number.NaN;
    if (/^0[xX][0-9a-fA-F]*$/.test(text)) return text.length === 2 ? 0 : Number.parseInt(text.slice(2), 16);
    if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
    return /^\d+$/.test(text) && !/^0\d/.test(text) ? Number(text) : Number.NaN;
  }

  // null where the host's last label is no number, so that it is a domain.
  function ipv4(text) {
    const parts = text.split(".");
    if (parts.length > 1 && parts.at(-1) === "") parts.pop();
    const last = parts.at(-1);
    if (!/^\d+$/.test(last) && !/^0[xX][0-9a-fA-F]*$/.test(last)) return null;
    const numbers = parts.map(part);
    if (parts.length > 4 || numbers.some(Number.isNaN) || numbers.slice(0, -1).some((number) => number > 255)) return undefined;
    if (numbers.at(-1) >= 256 ** (5 - numbers.length)) return undefined;
    let address = numbers.at(-1);
    numbers.slice(0, -1).forEach((number, index) => { address += number * 256 ** (3 - index); });
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
  }

  function ipv6(text) {
    let [head, tail, more] = text.split("::");
    if (more !== undefined) return undefined;
    const pieces = (group, isLast) => {
      if (group === undefined || group === "") return [];
      const out = [];
      const parts = group.split(":");
      for (const [index, word] of parts.entries()) {
        if (isLast && index === parts.length - 1 && word.includes(".")) {
          const bytes = word.split(".");
          if (bytes.length !== 4 || bytes.some((value) => !/^(0|[1-9]\d{0,2})$/.test(value) || value > 255)) return undefined;
          out.push(bytes[0] * 256 + +bytes[1], bytes[2] * 256 + +bytes[3]);
        } else if (/^[0-9a-fA-F]{1,4}$/.test(word)) out.push(Number.parseInt(word, 16));
        else return undefined;
      }
      return out;
    };
    const before = pieces(head, tail === undefined), after = pieces(tail, true);
    if (!before || !after) return undefined;
    const missing = 8 - before.length - after.length;
    if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
    const words = [...before, ...new Array(tail === undefined ? 0 : missing).fill(0), ...after];
    // The longest run of zeros, of two or more, is left out.
    let best = -1, bestCount = 1;
    for (let index = 0; index < 8; index++) {
      let count = 0;
      while (index + count < 8 && words[index + count] === 0) count++;
      if (count > bestCount) [best, bestCount] = [index, count];
      if (count > 0) index += count - 1;
    }
    const shown = (list) => list.map((word) => word.toString(16)).join(":");
    return best < 0 ? `[${shown(words)}]` : `[${shown(words.slice(0, best))}::${shown(words.slice(best + bestCount))}]`;
  }

  const forbiddenHost = /[\0\t\n\r #/:<>?@[\\\]^|]/;
  const forbiddenDomain = /[\0-\x20#/:<>?@[\\\]^|%\x7f]/;

  // The serialized host; undefined is a failure.
  function parseHost(text, isSpecialScheme) {
    if (text.startsWith("[")) return text.endsWith("]") ? ipv6(text.slice(1, -1)) : undefined;
    if (!isSpecialScheme) return forbiddenHost.test(text) ? undefined : percent(text, "control");
    const name = domain(percentDecode(text));
    if (name === "" || forbiddenDomain.test(name)) return undefined;
    const address = ipv4(name);
    return address === null ? name : address;
  }

  // --- The parser ---------------------------------------------------------------------------------------
  const isDrive = (text) => /^[A-Za-z][:|]$/.test(text);
  const startsWithDrive = (text) => /^[A-Za-z][:|]($|[/\\?#])/.test(text);
  const isDot = (text) => /^(\.|%2e)$/i.test(text);
  const isDotDot = (text) => /^(\.|%2e){2}$/i.test(text);

  function shorten(url) {
    if (url.scheme === "file:" && url.path.length === 1 && /^[A-Za-z]:$/.test(url.path[0])) return;
    url.path.pop();
  }

  // Path, query and fragment of `rest` onto `url`.
  function parsePath(url, rest) {
    const ends = isSpecial(url) ? /[/\\?#]/ : /[/?#]/;
    let isFirst = true;
    for (;;) {
      const at = rest.search(ends);
      const end = at < 0 ? rest.length : at;
      const segment = rest.slice(0, end), mark = rest[end];
      const isSlash = mark === "/" || (mark === "\\" && isSpecial(url));
      if (isDotDot(segment)) {
        shorten(url);
        if (!isSlash) url.path.push("");
      } else if (isDot(segment)) {
        if (!isSlash) url.path.push("");
      } else {
        let text = percent(segment, "path");
        if (url.scheme === "file:" && url.path.length === 0 && isFirst && isDrive(segment)) text = segment[0] + ":";
        url.path.push(text);
      }
      isFirst = false;
      rest = rest.slice(end + 1);
      if (!isSlash) return parseTail(url, mark, rest);
    }
  }

  function parseTail(url, mark, rest) {
    if (mark === "?") {
      const at = rest.indexOf("#");
      const query = at < 0 ? rest : rest.slice(0, at);
      url.query = percent(query, isSpecial(url) ? "specialQuery" : "query");
      if (at >= 0) url.fragment = percent(rest.slice(at + 1), "fragment");
    } else if (mark === "#") url.fragment = percent(rest, "fragment");
    return url;
  }

  function parsePort(url, text) {
    if (!/^\d*$/.test(text)) return false;
    if (text === "") return true;
    const port = Number(text);
    if (port > 65535) return false;
    url.port = String(port) === special[url.scheme] ? "" : String(port);
    return true;
  }

  function splitHostPort(text) {
    const at = text.startsWith("[") ? text.indexOf(":", text.indexOf("]") + 1) : text.indexOf(":");
    return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  }

  function parseAuthority(url, rest) {
    const at = rest.search(isSpecial(url) ? /[/\\?#]/ : /[/?#]/);
    const authority = at < 0 ? rest : rest.slice(0, at);
    const sign = authority.lastIndexOf("@");
    if (sign >= 0) {
      const credentials = authority.slice(0, sign), colon = credentials.indexOf(":");
      url.username = percent(colon < 0 ? credentials : credentials.slice(0, colon), "userinfo");
      url.password = colon < 0 ? "" : percent(credentials.slice(colon + 1), "userinfo");
    }
    const [name, port] = splitHostPort(authority.slice(sign + 1));
    if (name === "" && (isSpecial(url) || sign >= 0 || port !== null)) return null;
    url.host = name === "" ? "" : parseHost(name, isSpecial(url));
    if (url.host === undefined || (port !== null && !parsePort(url, port))) return null;
    return parseStart(url, at < 0 ? "" : rest.slice(at));
  }

  // What follows the authority: a path that begins with a slash, or nothing.
  function parseStart(url, rest) {
    const isSlash = rest[0] === "/" || (rest[0] === "\\" && isSpecial(url));
    if (isSlash) return parsePath(url, rest.slice(1));
    if (isSpecial(url)) return parsePath(url, rest);
    return rest === "" ? url : rest[0] === "?" || rest[0] === "#" ? parseTail(url, rest[0], rest.slice(1)) : parsePath(url, rest);
  }

  function parseFile(url, rest, base) {
    const isSlash = (character) => character === "/" || character === "\\";
    url.host = "";
    const from = base?.scheme === "file:" ? base : null;
    if (isSlash(rest[0])) {
      if (isSlash(rest[1])) {
        rest = rest.slice(2);
        const at = rest.search(/[/\\?#]/);
        const name = at < 0 ? rest : rest.slice(0, at);
        if (isDrive(name)) return parsePath(url, rest);
        url.host = name === "" ? "" : parseHost(name, true);
        if (url.host === undefined) return null;
        if (url.host === "localhost") url.host = "";
        return parseStart(url, at < 0 ? "" : rest.slice(at));
      }
      if (from) {
        url.host = from.host;
        if (!startsWithDrive(rest.slice(1)) && /^[A-Za-z]:$/.test(from.path[0] ?? "")) url.path.push(from.path[0]);
      }
      return parsePath(url, rest.slice(1));
    }
    if (!from) return parsePath(url, rest);
    url.host = from.host;
    return parseRelative(url, rest, from);
  }

  function parseRelative(url, rest, base) {
    url.path = [...base.path];
    if (rest === "" || rest[0] === "#") url.query = base.query;
    if (rest === "") return url;
    if (rest[0] === "?" || rest[0] === "#") return parseTail(url, rest[0], rest.slice(1));
    if (url.scheme === "file:" && startsWithDrive(rest)) url.path = [];
    else shorten(url);
    return parsePath(url, rest);
  }

  function parse(input, base) {
    const text = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
    const url = { scheme: "", username: "", password: "", host: null, port: "", path: [], query: null, fragment: null };
    const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
    if (match) {
      url.scheme = match[0].toLowerCase();
      const rest = text.slice(match[0].length);
      if (url.scheme === "file:") return parseFile(url, rest, base);
      if (isSpecial(url)) {
        if (base?.scheme === url.scheme && !/^[/\\]/.test(rest)) return inherit(url, rest, base);
        return parseAuthority(url, rest.replace(/^[/\\]*/, ""));
      }
      if (rest.startsWith("//")) return parseAuthority(url, rest.slice(2));
      if (rest.startsWith("/")) return parsePath(url, rest.slice(1));
      const at = rest.search(/[?#]/);
      // An opaque path; spaces at its end would be lost when it is read again.
      url.path = percent(at < 0 ? rest : rest.slice(0, at), "control").replace(/ $/, at < 0 ? "" : "%20");
      return at < 0 ? url : parseTail(url, rest[at], rest.slice(at + 1));
    }
    if (!base) return null;
    url.scheme = base.scheme;
    if (typeof base.path === "string") {
      if (text[0] !== "#") return null;
      Object.assign(url, base);
      url.fragment = percent(text.slice(1), "fragment");
      return url;
    }
    if (url.scheme === "file:") return parseFile(url, text, base);
    return inherit(url, text, base);
  }

  function inherit(url, rest, base) {
    const isSlash = (character) => character === "/" || (character === "\\" && isSpecial(url));
    if (isSlash(rest[0]) && isSlash(rest[1])) {
      return parseAuthority(url, isSpecial(url) ? rest.replace(/^[/\\]*/, "") : rest.slice(2));
    }
    for (const name of ["username", "password", "host", "port"]) url[name] = base[name];
    return isSlash(rest[0]) ? parsePath(url, rest.slice(1)) : parseRelative(url, rest, base);
  }

  const pathText = (url) => (typeof url.path === "string" ? url.path : url.path.map((segment) => "/" + segment).join(""));
  function serialize(url, withFragment = true) {
    let text = url.scheme;
    if (url.host !== null) {
      text += "//";
      if (url.username || url.password) text += url.username + (url.password ? ":" + url.password : "") + "@";
      text += url.host + (url.port ? ":" + url.port : "");
    } else if (typeof url.path !== "string" && url.path.length > 1 && url.path[0] === "") text += "/.";
    text += pathText(url);
    if (url.query !== null) text += "?" + url.query;
    if (withFragment && url.fragment !== null) text += "#" + url.fragment;
    return text;
  }

  // --- URLSearchParams ------------------------------------------------------------------------------------
  const formDecode = (text) => percentDecode(text.replaceAll("+", " "));
  const formEncode = (text) => percent(text, "form").replaceAll("%20", "+");
  function parseForm(text) {
    const list = [];
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      const at = pair.indexOf("=");
      list.push(at < 0 ? [formDecode(pair), ""] : [formDecode(pair.slice(0, at)), formDecode(pair.slice(at + 1))]);
    }
    return list;
  }
  const scalar = (value) => String(value).toWellFormed();

  class URLSearchParams {
    #list = [];
    #changed = null;
    static of = (url) => {
      const params = new URLSearchParams(url.query ?? "");
      params.#changed = () => {
        const text = params.toString();
        url.query = text === "" ? null : text;
      };
      return params;
    };
    static read = (params, text) => { params.#list = parseForm(text); };
    constructor(init = "") {
      if (typeof init === "object" && init !== null && typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const [name, value, ...more] = pair;
          if (more.length > 0 || [...pair].length !== 2) throw new TypeError("URLSearchParams: each element must be a pair of name and value");
          this.#list.push([scalar(name), scalar(value)]);
        }
      } else if (typeof init === "object" && init !== null) {
        for (const name of Object.keys(init)) this.#list.push([scalar(name), scalar(init[name])]);
      } else this.#list = parseForm(scalar(init).replace(/^\?/, ""));
    }
    #keep(list) {
      this.#list = list;
      this.#changed?.();
    }
    get size() { return this.#list.length; }
    append(name, value) { this.#keep([...this.#list, [scalar(name), scalar(value)]]); }
    delete(name, value) {
      const gone = scalar(name);
      this.#keep(this.#list.filter((pair) => pair[0] !== gone || (value !== undefined && pair[1] !== scalar(value))));
    }
    get(name) { return this.#list.find((pair) => pair[0] === scalar(name))?.[1] ?? null; }
    getAll(name) { return this.#list.filter((pair) => pair[0] === scalar(name)).map((pair) => pair[1]); }
    has(name, value) {
      return this.#list.some((pair) => pair[0] === scalar(name) && (value === undefined || pair[1] === scalar(value)));
    }
    set(name, value) {
      const key = scalar(name), at = this.#list.findIndex((pair) => pair[0] === key);
      if (at < 0) return this.append(key, value);
      const list = this.#list.filter((pair, index) => index <= at || pair[0] !== key);
      list[at] = [key, scalar(value)];
      this.#keep(list);
    }
    sort() { this.#keep(this.#list.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))); }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() { for (let index = 0; index < this.#list.length; index++) yield [...this.#list[index]]; }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    toString() { return this.#list.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join("&"); }
  }
  const { of: paramsOf, read: paramsRead } = URLSearchParams;
  delete URLSearchParams.of;
  delete URLSearchParams.read;
  Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
    value: URLSearchParams.prototype.entries, writable: true, configurable: true,
  });
  host.tag(URLSearchParams);

  // --- URL ------------------------------------------------------------------------------------------------
  function parseText(input, base) {
    const from = base === undefined ? null : parse(scalar(base), null);
    return base !== undefined && !from ? null : parse(scalar(input), from);
  }

  class URL {
    #url;
    #params = null;
    constructor(input, base) {
      if (arguments.length === 0) throw new TypeError("URL: an address is needed");
      this.#url = parseText(input, base);
      if (!this.#url) throw new TypeError(`Invalid URL: ${input}`);
    }
    static canParse(input, base) { return parseText(input, base) !== null; }
    static parse(input, base) { return URL.canParse(input, base) ? new URL(input, base) : null; }
    get #isOpaque() { return typeof this.#url.path === "string"; }
    get #hasNoHost() { return !this.#url.host || this.#url.scheme === "file:"; }
    get href() { return serialize(this.#url); }
    set href(value) {
      const parsed = parseText(value);
      if (!parsed) throw new TypeError(`Invalid URL: ${value}`);
      Object.assign(this.#url, parsed);
      this.#refresh();
    }
    #refresh() { if (this.#params) paramsRead(this.#params, this.#url.query ?? ""); }
    get origin() {
      const url = this.#url;
      if (url.scheme === "blob:") {
        const inner = parse(pathText(url), null);
        return inner && /^https?:$/.test(inner.scheme) ? new URL(serialize(inner)).origin : "null";
      }
      return isSpecial(url) && url.scheme !== "file:" ? `${url.scheme}//${this.host}` : "null";
    }
    get protocol() { return this.#url.scheme; }
    set protocol(value) {
      const match = /^([A-Za-z][A-Za-z0-9+.-]*)(:|$)/.exec(String(value));
      if (!match) return;
      const scheme = match[1].toLowerCase() + ":", url = this.#url;
      if (Object.hasOwn(special, scheme) !== isSpecial(url)) return;
      if (scheme === "file:" && (url.username || url.password || url.port)) return;
      if (url.scheme === "file:" && url.host === "") return;
      url.scheme = scheme;
      if (url.port === special[scheme]) url.port = "";
    }
    get username() { return this.#url.username; }
    set username(value) { if (!this.#hasNoHost) this.#url.username = percent(scalar(value), "userinfo"); }
    get password() { return this.#url.password; }
    set password(value) { if (!this.#hasNoHost) this.#url.password = percent(scalar(value), "userinfo"); }
    get host() { return (this.#url.host ?? "") + (this.#url.port ? ":" + this.#url.port : ""); }
    set host(value) { this.#setHost(scalar(value), true); }
    get hostname() { return this.#url.host ?? ""; }
    set hostname(value) { this.#setHost(scalar(value), false); }
    #setHost(value, withPort) {
      const url = this.#url;
      if (this.#isOpaque) return;
      const text = value.replace(/[\t\n\r]/g, "").split(isSpecial(url) ? /[/\\?#]/ : /[/?#]/, 1)[0];
      const [name, port] = splitHostPort(text);
      if (!withPort && port !== null) return;
      if (name === "" && (isSpecial(url) ? url.scheme !== "file:" : url.username || url.password || url.port)) return;
      const parsed = name === "" ? "" : parseHost(name, isSpecial(url));
      if (parsed === undefined) return;
      url.host = parsed;
      const digits = port === null ? null : /^\d+/.exec(port);
      if (digits) parsePort(url, digits[0]);
    }
    get port() { return this.#url.port; }
    set port(value) {
      if (this.#hasNoHost) return;
      const text = scalar(value).replace(/[\t\n\r]/g, "");
      if (text === "") this.#url.port = "";
      else parsePort(this.#url, /^\d*/.exec(text)[0]);
    }
    get pathname() { return pathText(this.#url); }
    set pathname(value) {
      if (this.#isOpaque) return;
      const url = this.#url, { query, fragment } = url;
      const text = scalar(value).replace(/[\t\n\r]/g, "").replaceAll("?", "%3F").replaceAll("#", "%23");
      url.path = [];
      if (text !== "" || isSpecial(url)) parsePath(url, text[0] === "/" || (text[0] === "\\" && isSpecial(url)) ? text.slice(1) : text);
      Object.assign(url, { query, fragment });
    }
    get search() { return this.#url.query ? "?" + this.#url.query : ""; }
    set search(value) {
      const text = scalar(value).replace(/[\t\n\r]/g, "").replace(/^\?/, "");
      this.#url.query = text === "" ? null : percent(text, isSpecial(this.#url) ? "specialQuery" : "query");
      this.#refresh();
    }
    get searchParams() { return this.#params ??= paramsOf(this.#url); }
    get hash() { return this.#url.fragment ? "#" + this.#url.fragment : ""; }
    set hash(value) {
      const text = scalar(value).replace(/[\t\n\r]/g, "").replace(/^#/, "");
      this.#url.fragment = text === "" ? null : percent(text, "fragment");
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  host.tag(URL);
  host.define({ URL, URLSearchParams });
});
