// fetch, and bodies that are read as they come.
(function (host) {
  "use strict";
  const { beginOperation, ready, abandon, release, read, splitAnswer, concatenate, changeBody, answered } = host;
  const kind = 2, inFlight = -3, grant = "an `[[upstreams]]` table with `name` and `url`";
  const withoutBody = [204, 205, 304];

  // As the Fetch standard has it, a TypeError; its cause says what a tool can go by. `retryAfter` is in seconds.
  function failure({ code, message, upstream, retry_after_ms }) {
    const retryAfter = retry_after_ms === undefined ? undefined : retry_after_ms / 1000;
    return new TypeError(`${code}: ${message}`, { cause: { code, message, upstream, retryAfter } });
  }

  // --- Bodies -------------------------------------------------------------------------------------------------

  // A body in pieces: `pull` answers the next bytes, null at the end, or throws, and goes on to.
  class Source {
    isDisturbed = false;
    isLocked = false;
    #pull; #close; #stream;
    #last = Promise.resolve();
    constructor(pull, close = () => {}) {
      this.#pull = pull;
      this.#close = close;
    }
    // One after another, however many are asked for.
    next() {
      this.isDisturbed = true;
      const next = this.#last.then(this.#pull);
      this.#last = next.catch(() => {});
      return next;
    }
    async all() {
      this.isLocked = true;
      const chunks = [];
      for (let chunk; (chunk = await this.next()); ) chunks.push(chunk);
      return concatenate(chunks);
    }
    cancel() {
      this.isDisturbed = true;
      this.#pull = () => null;
      this.#close();
    }
    // Two that read the same; it is kept whole from the first look on.
    share() {
      let whole;
      const one = () => Source.of(() => (whole ??= this.all()));
      return [one(), one()];
    }
    get stream() { return (this.#stream ??= new ReadableStream(this)); }
    static of(bytes) {
      let isDone = false;
      return new Source(async () => {
        if (isDone) return null;
        isDone = true;
        const all = await bytes();
        return all.length > 0 ? all : null;
      });
    }
  }

  class ReadableStreamDefaultReader {
    #source;
    constructor(source) {
      this.#source = source;
      source.isLocked = true;
    }
    #held() {
      if (!this.#source) throw new TypeError("the reader has released its lock");
      return this.#source;
    }
    async read() {
      const value = await this.#held().next();
      return value ? { value, done: false } : { value: undefined, done: true };
    }
    async cancel() { this.#held().cancel(); }
    releaseLock() {
      if (this.#source) this.#source.isLocked = false;
      this.#source = null;
    }
  }
  host.tag(ReadableStreamDefaultReader);

  class ReadableStream {
    #source;
    constructor(source) { this.#source = source; }
    get locked() { return this.#source.isLocked; }
    #unlocked() {
      if (this.locked) throw new TypeError("the stream is locked by a reader");
      return this.#source;
    }
    getReader({ mode } = {}) {
      if (mode !== undefined) throw new TypeError(`getReader: there is no mode "${mode}" in a worker`);
      return new ReadableStreamDefaultReader(this.#unlocked());
    }
    async cancel() { this.#unlocked().cancel(); }
    async *values({ preventCancel = false } = {}) {
      const reader = this.getReader();
      try {
        for (let piece; !(piece = await reader.read()).done; ) yield piece.value;
      } finally {
        if (!preventCancel) await reader.cancel();
        reader.releaseLock();
      }
    }
  }
  Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
    value: ReadableStream.prototype.values, writable: true, configurable: true,
  });
  host.tag(ReadableStream);

  function sourceOf(body, isUsed) {
    if (body instanceof Source) return body;
    const source = Source.of(async () => (body instanceof Uint8Array ? body : body.bytes()));
    source.isDisturbed = source.isLocked = isUsed;
    return source;
  }
  for (const prototype of [Request.prototype, Response.prototype]) {
    Object.defineProperty(prototype, "body", {
      get() { return changeBody(this, sourceOf)?.stream ?? null; }, configurable: true, enumerable: true,
    });
  }

  // --- fetch --------------------------------------------------------------------------------------------------

  // What is under way for a handle: ends it, and whoever waits for it, when the signal says so.
  class Exchange {
    #handle; #signal; #reject;
    #isAwaited = false;
    #isOver = false;
    #aborted = false;
    constructor(handle, signal) {
      this.#handle = handle;
      this.#signal = signal;
      signal.addEventListener("abort", this.#abort, { once: true });
    }
    #abort = () => {
      this.#aborted = true;
      this.close();
      this.#reject?.(this.#signal.reason);
    };
    close() {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#signal.removeEventListener("abort", this.#abort);
      abandon(this.#handle, this.#isAwaited);
    }
    async ready() {
      this.#isAwaited = true;
      await new Promise((done, reject) => {
        this.#reject = reject;
        ready(this.#handle).then(done);
      });
      this.#isAwaited = false;
    }
    // The next bytes; null at the end.
    pull = async () => {
      for (;;) {
        if (this.#aborted) throw this.#signal.reason;
        if (this.#isOver) return null;
        const piece = read(this.#handle);
        if (typeof piece !== "number") return piece;
        if (piece === inFlight) {
          await this.ready();
          continue;
        }
        const why = piece === 0 ? null : read(this.#handle);
        this.close();
        if (piece === 0) return null;
        const error = failure(typeof why === "number" ? { code: "reset", message: "the body broke off" } : splitAnswer(why, true)[0].error);
        this.pull = () => { throw error; };
        throw error;
      }
    };
  }

  async function fetch(input, init) {
    host.refuseWhileEvaluating("fetch()");
    const request = new Request(input, init), { signal } = request;
    signal.throwIfAborted();
    const url = request.url.replace(/#.*$/s, ""), what = `fetch ${url}`;
    const head = { method: request.method, url, headers: [...request.headers] };
    // Without a wait where there is none: what is asked for at once is under way at once.
    const bytes = request.body === null ? undefined : await request.bytes();
    let handle = beginOperation(kind, what, head, bytes, grant, (code, message) => failure({ code, message }));
    if (typeof handle !== "number") handle = await handle;
    const exchange = new Exchange(handle, signal);
    if (signal.aborted) {
      exchange.close();
      throw signal.reason;
    }
    await exchange.ready();
    const [answer, rest] = splitAnswer(await exchange.pull(), true);
    if (answer.error) {
      exchange.close();
      throw failure(answer.error);
    }
    if (request.method === "HEAD" || withoutBody.includes(answer.status)) {
      exchange.close();
      return answered(null, answer);
    }
    let first = rest.length > 0 ? rest : null;
    const pull = () => {
      const piece = first ?? exchange.pull();
      first = null;
      return piece;
    };
    return answered(new Source(pull, () => exchange.close()), answer);
  }
  host.define({ fetch });
});
