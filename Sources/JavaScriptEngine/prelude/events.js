// Event, EventTarget, AbortController and AbortSignal.
(function (host) {
  "use strict";
  const { performanceNow } = host;

  class Event {
    #type; #bubbles; #cancelable; #composed; #time;
    #prevented = false;
    // Read and written by EventTarget alone.
    static target = (event, target) => { event.#target = target; };
    static stopped = (event) => event.#stopped;
    #target = null;
    #stopped = false;
    constructor(type, { bubbles = false, cancelable = false, composed = false } = {}) {
      if (arguments.length === 0) throw new TypeError("Event: a type is needed");
      this.#type = String(type);
      this.#bubbles = Boolean(bubbles);
      this.#cancelable = Boolean(cancelable);
      this.#composed = Boolean(composed);
    }
    get type() { return this.#type; }
    get target() { return this.#target; }
    get currentTarget() { return this.#target; }
    get bubbles() { return this.#bubbles; }
    get cancelable() { return this.#cancelable; }
    get composed() { return this.#composed; }
    get defaultPrevented() { return this.#prevented; }
    get isTrusted() { return false; }
    get eventPhase() { return this.#target ? 2 : 0; }
    // The clock is asked at the first look.
    get timeStamp() { return this.#time ??= performanceNow(); }
    preventDefault() { if (this.#cancelable) this.#prevented = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.#stopped = true; }
    composedPath() { return this.#target ? [this.#target] : []; }
  }
  const { target: setTarget, stopped: isStopped } = Event;
  delete Event.target;
  delete Event.stopped;
  host.tag(Event);

  class CustomEvent extends Event {
    #detail;
    constructor(type, options = {}) {
      super(type, options);
      this.#detail = options.detail ?? null;
    }
    get detail() { return this.#detail; }
  }
  host.tag(CustomEvent);

  class EventTarget {
    #listeners = new Map();
    addEventListener(type, callback, options) {
      if (callback === null || callback === undefined) return;
      if (typeof callback !== "function" && typeof callback !== "object") {
        throw new TypeError("addEventListener: the listener must be a function or an object");
      }
      const { capture = false, once = false, signal } =
        typeof options === "object" && options !== null ? options : { capture: Boolean(options) };
      if (signal?.aborted) return;
      const name = String(type);
      const list = this.#listeners.get(name) ?? [];
      if (list.some((listener) => listener.callback === callback && listener.capture === Boolean(capture))) return;
      list.push({ callback, capture: Boolean(capture), once: Boolean(once), removed: false });
      this.#listeners.set(name, list);
      signal?.addEventListener("abort", () => this.removeEventListener(name, callback, { capture }), { once: true });
    }
    removeEventListener(type, callback, options) {
      const capture = Boolean(typeof options === "object" && options !== null ? options.capture : options);
      const list = this.#listeners.get(String(type)) ?? [];
      const index = list.findIndex((listener) => listener.callback === callback && listener.capture === capture);
      if (index < 0) return;
      list[index].removed = true;
      list.splice(index, 1);
    }
    dispatchEvent(event) {
      if (!(event instanceof Event)) throw new TypeError("dispatchEvent: the argument must be an Event");
      setTarget(event, this);
      for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
        if (listener.removed) continue;
        if (listener.once) this.removeEventListener(event.type, listener.callback, listener.capture);
        try {
          if (typeof listener.callback === "function") listener.callback.call(this, event);
          else listener.callback.handleEvent(event);
        } catch (error) {
          reportError(error);
        }
        if (isStopped(event)) break;
      }
      return !event.defaultPrevented;
    }
  }
  host.tag(EventTarget);

  const key = Symbol("AbortSignal");
  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason;
    #dependents = [];
    #onabort = null;
    static abortWith = (signal, reason) => signal.#abort(reason);
    constructor(given) {
      if (given !== key) throw new TypeError("AbortSignal: make one with an AbortController");
      super();
    }
    #abort(reason) {
      if (this.#aborted) return;
      this.#aborted = true;
      this.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      for (const dependent of this.#dependents) dependent.#abort(this.#reason);
      this.#dependents = [];
      this.dispatchEvent(new Event("abort"));
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    get onabort() { return this.#onabort; }
    set onabort(listener) {
      if (this.#onabort) this.removeEventListener("abort", this.#onabort);
      this.#onabort = typeof listener === "function" ? listener : null;
      if (this.#onabort) this.addEventListener("abort", this.#onabort);
    }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static abort(reason) {
      const signal = new AbortSignal(key);
      signal.#abort(reason);
      return signal;
    }
    static timeout(milliseconds) {
      const signal = new AbortSignal(key);
      setTimeout(() => signal.#abort(new DOMException("The operation timed out", "TimeoutError")), milliseconds);
      return signal;
    }
    static any(signals) {
      const all = [...signals];
      const result = new AbortSignal(key);
      const aborted = all.find((signal) => signal.#aborted);
      if (aborted) result.#abort(aborted.#reason);
      else for (const signal of all) signal.#dependents.push(result);
      return result;
    }
  }
  const { abortWith } = AbortSignal;
  delete AbortSignal.abortWith;
  host.tag(AbortSignal);

  class AbortController {
    #signal = new AbortSignal(key);
    get signal() { return this.#signal; }
    abort(reason) { abortWith(this.#signal, reason); }
  }
  host.tag(AbortController);

  host.define({ Event, CustomEvent, EventTarget, AbortSignal, AbortController });
});
