// Blob, Headers, Request and Response. A body is null, bytes, a Blob, or what network.js reads piece by piece.
(function (host) {
  "use strict";
  const { encode, decode, bytesOf } = host;

  class Blob {
    #bytes; #type;
    constructor(parts = [], { type = "" } = {}) {
      const chunks = [...parts].map((part) =>
        part instanceof Blob ? part.#bytes
        : ArrayBuffer.isView(part) || part instanceof ArrayBuffer ? bytesOf(part) : encode(String(part)));
      this.#bytes = new Uint8Array(chunks.reduce((count, chunk) => count + chunk.length, 0));
      let at = 0;
      for (const chunk of chunks) {
        this.#bytes.set(chunk, at);
        at += chunk.length;
      }
      this.#type = /^[\x20-\x7e]*$/.test(type) ? String(type).toLowerCase() : "";
    }
    get size() { return this.#bytes.length; }
    get type() { return this.#type; }
    slice(start, end, type = "") { return new Blob([this.#bytes.slice(start, end)], { type }); }
    async text() { return decode(this.#bytes, false); }
    async arrayBuffer() { return this.#bytes.slice().buffer; }
    async bytes() { return this.#bytes.slice(); }
  }
  host.tag(Blob);

  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  class Headers {
    #map = new Map();
    constructor(init) {
      if (init === undefined || init === null) return;
      if (typeof init !== "object") throw new TypeError("Headers: the argument must be an object or pairs");
      for (const pair of typeof init[Symbol.iterator] === "function" ? init : Object.entries(init)) {
        const [name, value, ...more] = pair;
        if (value === undefined || more.length > 0) throw new TypeError("Headers: each element must be a pair of name and value");
        this.append(name, value);
      }
    }
    static #name(name) {
      const text = String(name);
      if (!isToken.test(text)) throw new TypeError(`Headers: "${text}" is not a header name`);
      return text.toLowerCase();
    }
    static #value(value) {
      const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
      if (/[\0\n\r]|[^\0-\xff]/.test(text)) throw new TypeError("Headers: a value holds a character that a header cannot");
      return text;
    }
    append(name, value) {
      const key = Headers.#name(name), text = Headers.#value(value);
      this.#map.set(key, [...(this.#map.get(key) ?? []), text]);
    }
    delete(name) { this.#map.delete(Headers.#name(name)); }
    get(name) { return this.#map.get(Headers.#name(name))?.join(", ") ?? null; }
    getSetCookie() { return [...(this.#map.get("set-cookie") ?? [])]; }
    has(name) { return this.#map.has(Headers.#name(name)); }
    set(name, value) { this.#map.set(Headers.#name(name), [Headers.#value(value)]); }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() {
      for (const name of [...this.#map.keys()].sort()) {
        const values = this.#map.get(name);
        if (name === "set-cookie") for (const value of values) yield [name, value];
        else yield [name, values.join(", ")];
      }
    }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
  }
  Object.defineProperty(Headers.prototype, Symbol.iterator, {
    value: Headers.prototype.entries, writable: true, configurable: true,
  });
  host.tag(Headers);

  // The bytes of a body, and the content type it brings.
  function extract(body) {
    if (body === null || body === undefined) return [null, null];
    if (body instanceof Blob) return [body, body.type || null];
    if (body instanceof URLSearchParams) return [encode(String(body)), "application/x-www-form-urlencoded;charset=UTF-8"];
    if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return [bytesOf(body).slice(), null];
    return [encode(String(body)), "text/plain;charset=UTF-8"];
  }

  class Body {
    #body; #used = false;
    constructor(body) { this.#body = body; }
    get bodyUsed() { return this.#used || Boolean(this.#body?.isDisturbed); }
    async #take() {
      if (this.bodyUsed) throw new TypeError("the body has been read already");
      if (this.#body === null) return new Uint8Array();
      if (this.#body.isLocked) throw new TypeError("the body is locked by a reader");
      this.#used = true;
      return this.#body instanceof Blob ? this.#body.bytes() : this.#body.all ? this.#body.all() : this.#body;
    }
    static copy = (from) => {
      if (from.bodyUsed) throw new TypeError("the body has been read already");
      if (!from.#body?.share) return from.#body;
      const [one, other] = from.#body.share();
      from.#body = one;
      return other;
    };
    // Changes the body by a function of it and whether it was read; for a body that is there.
    static change = (of, by) => of.#body === null ? null : (of.#body = by(of.#body, of.#used));
    static give = (to, body) => { to.#body = body; };
    async text() { return new TextDecoder().decode(await this.#take()); }
    async json() { return JSON.parse(await this.text()); }
    async bytes() { return (await this.#take()).slice(); }
    async arrayBuffer() { return (await this.bytes()).buffer; }
    async blob() { return new Blob([await this.#take()], { type: this.headers.get("content-type") ?? "" }); }
  }
  const { copy, change, give } = Body;
  for (const name of ["copy", "change", "give"]) delete Body[name];
  host.changeBody = change;

  const normal = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
  class Request extends Body {
    #method; #url; #headers; #signal;
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : null;
      const [given, type] = init.body === undefined && from ? [copy(from), null] : extract(init.body);
      super(given);
      const url = new URL(from ? from.url : String(input));
      if (url.username || url.password) throw new TypeError("Request: the address must hold no user name and no password");
      this.#url = url.href;
      const method = String(init.method ?? from?.method ?? "GET");
      if (!isToken.test(method) || /^(connect|trace|track)$/i.test(method)) throw new TypeError(`Request: the method "${method}" is not allowed`);
      this.#method = normal.includes(method.toUpperCase()) ? method.toUpperCase() : method;
      if (given !== null && (this.#method === "GET" || this.#method === "HEAD")) {
        throw new TypeError(`Request: a ${this.#method} request cannot have a body`);
      }
      this.#headers = new Headers(init.headers ?? from?.headers);
      if (type && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
      this.#signal = init.signal ?? from?.signal ?? new AbortController().signal;
    }
    get method() { return this.#method; }
    get url() { return this.#url; }
    get headers() { return this.#headers; }
    get signal() { return this.#signal; }
    clone() { return new Request(this); }
  }
  host.tag(Request);

  class Response extends Body {
    #status; #statusText; #headers; #type = "default"; #url = ""; #redirected = false;
    constructor(body = null, { status = 200, statusText = "", headers } = {}) {
      const [given, type] = extract(body);
      super(given);
      const code = Number(status);
      if (!Number.isInteger(code) || code < 200 || code > 599) throw new RangeError(`Response: the status ${status} is not between 200 and 599`);
      if (given !== null && [204, 205, 304].includes(code)) throw new TypeError(`Response: one of status ${code} cannot have a body`);
      this.#status = code;
      this.#statusText = String(statusText);
      this.#headers = new Headers(headers);
      if (type && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
    }
    get status() { return this.#status; }
    get statusText() { return this.#statusText; }
    get ok() { return this.#status >= 200 && this.#status < 300; }
    get headers() { return this.#headers; }
    get type() { return this.#type; }
    get url() { return this.#url; }
    get redirected() { return this.#redirected; }
    // With any status and body.
    static #make(body, status, { statusText, headers }, url, redirected, type) {
      const made = new Response(null, { statusText, headers });
      give(made, body);
      made.#status = status;
      made.#url = url;
      made.#redirected = redirected;
      made.#type = type;
      return made;
    }
    static answered = (body, head) => Response.#make(
      body, head.status, { statusText: head.status_text, headers: head.headers }, head.url, Boolean(head.redirected), "basic");
    clone() { return Response.#make(copy(this), this.#status, this, this.#url, this.#redirected, this.#type); }
    static json(data, init = {}) {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError("Response.json: the value has no JSON");
      const headers = new Headers(init.headers);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      return new Response(text, { ...init, headers });
    }
    static redirect(url, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Response.redirect: ${status} is no redirect`);
      const made = new Response(null, { headers: { location: new URL(url).href } });
      made.#status = status;
      return made;
    }
    static error() {
      const made = new Response();
      made.#status = 0;
      made.#type = "error";
      return made;
    }
  }
  host.answered = Response.answered;
  delete Response.answered;
  host.tag(Response);

  host.define({ Blob, Headers, Request, Response });
});
