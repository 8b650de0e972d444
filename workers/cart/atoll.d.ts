// Written by `atoll types`, and written anew by it: change the schemas, not this file.

interface Console {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  dir(value: unknown): void;
  table(data: unknown, columns?: string[]): void;
  assert(condition?: boolean, ...values: unknown[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  group(...values: unknown[]): void;
  groupCollapsed(...values: unknown[]): void;
  groupEnd(): void;
  time(label?: string): void;
  timeLog(label?: string, ...values: unknown[]): void;
  timeEnd(label?: string): void;
}
declare var console: Console;

declare function setTimeout<A extends unknown[]>(callback: (...values: A) => void, ms?: number, ...values: A): number;
declare function setInterval<A extends unknown[]>(callback: (...values: A) => void, ms?: number, ...values: A): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T, options?: { transfer?: ArrayBuffer[] }): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare function reportError(error: unknown): void;

declare var performance: { now(): number; readonly timeOrigin: number; toJSON(): object };
declare var crypto: {
  getRandomValues<T extends Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array
    | Uint32Array | BigInt64Array | BigUint64Array>(array: T): T;
  randomUUID(): string;
};
declare var navigator: { readonly userAgent: string };

type BufferSource = ArrayBuffer | ArrayBufferView;

declare class TextEncoder {
  readonly encoding: "utf-8";
  encode(text?: string): Uint8Array;
  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(source?: BufferSource, options?: { stream?: boolean }): string;
}

declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: string | Record<string, string> | Iterable<[string, string]>);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}
declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}

declare class Event {
  constructor(type: string, options?: { bubbles?: boolean; cancelable?: boolean; composed?: boolean });
  readonly type: string;
  readonly target: EventTarget | null;
  readonly cancelable: boolean;
  readonly defaultPrevented: boolean;
  readonly timeStamp: number;
  preventDefault(): void;
  stopPropagation(): void;
  stopImmediatePropagation(): void;
}
declare class CustomEvent<T = unknown> extends Event {
  constructor(type: string, options?: { detail?: T; cancelable?: boolean });
  readonly detail: T;
}
declare class EventTarget {
  addEventListener(
    type: string, callback: ((event: Event) => void) | null, options?: boolean | { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener(type: string, callback: ((event: Event) => void) | null): void;
  dispatchEvent(event: Event): boolean;
}
declare class AbortSignal extends EventTarget {
  static abort(reason?: unknown): AbortSignal;
  static timeout(ms: number): AbortSignal;
  static any(signals: AbortSignal[]): AbortSignal;
  readonly aborted: boolean;
  readonly reason: unknown;
  onabort: ((event: Event) => void) | null;
  throwIfAborted(): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}

declare class Blob {
  constructor(parts?: (string | BufferSource | Blob)[], options?: { type?: string });
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): Blob;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
}
type HeadersInit = Headers | Record<string, string> | Iterable<[string, string]>;
type BodyInit = string | BufferSource | Blob | URLSearchParams;
declare class Headers implements Iterable<[string, string]> {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, name: string, headers: Headers) => void): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  signal?: AbortSignal | null;
}
interface Body {
  /** There in a worker whose source mentions `fetch`. */
  readonly body: BodyStream | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  json(): Promise<any>;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
}
declare class Request {
  constructor(input: string | URL | Request, init?: RequestInit);
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  clone(): Request;
}
interface Request extends Body {}
declare class Response {
  constructor(body?: BodyInit | null, init?: { status?: number; statusText?: string; headers?: HeadersInit });
  static json(data: unknown, init?: { status?: number; statusText?: string; headers?: HeadersInit }): Response;
  static redirect(url: string | URL, status?: number): Response;
  static error(): Response;
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly type: string;
  readonly url: string;
  readonly redirected: boolean;
  clone(): Response;
}
interface Response extends Body {}
/**
 * Asks an upstream of the manifest's `[[upstreams]]`: by an address below its `url`, or `upstream://NAME/path`.
 * Rejects with a `TypeError` whose `cause` is a `FetchFailure`; a status such as 503 is an answer.
 */
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
/** The `cause` of the error that `fetch`, or reading a body, rejects with. */
interface FetchFailure {
  readonly code: "denied" | "bad_request" | "address_refused" | "connect_failed" | "tls_failed" | "timeout" | "reset"
    | "protocol" | "too_large" | "too_many_redirects" | "circuit_open" | "too_many" | (string & {});
  readonly message: string;
  readonly upstream?: string;
  /** Seconds after which the upstream may be asked again, where that is known. */
  readonly retryAfter?: number;
}
/** The pieces of a body as they come. There is no constructor, and no other kind of stream. */
interface BodyStream extends AsyncIterable<Uint8Array> {
  readonly locked: boolean;
  getReader(): BodyReader;
  cancel(): Promise<void>;
  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<Uint8Array>;
}
interface BodyReader {
  read(): Promise<{ done: false; value: Uint8Array } | { done: true; value: undefined }>;
  cancel(): Promise<void>;
  releaseLock(): void;
}

declare module "atoll" {
  /** An error that the tool expects: the caller reads its message, and the log says nothing of it. */
  export class ToolError extends Error {}

  /** What the store or a session refused or failed. A tool that leaves it uncaught answers `code: message`. */
  export class StateError extends Error {
    readonly code: "denied" | "bad_request" | "too_large" | "too_many" | "bad_cursor" | "conflict"
      | "state_unavailable" | "state_full" | "corrupt" | (string & {});
  }

  export interface KVTypes {
    text: string;
    json: any;
    bytes: Uint8Array;
    arrayBuffer: ArrayBuffer;
  }
  export interface KVLife {
    /** Seconds until the entry expires. */
    ttl?: number;
    /** The same in milliseconds. */
    ttlMs?: number;
  }
  export interface KVPutOptions extends KVLife {
    /** Only where the entry still has this version; else a `StateError` with the code `conflict`. */
    ifVersion?: string;
    /** Only where there is no such entry. */
    ifAbsent?: boolean;
  }
  export interface KVNamespace {
    /** The value, or null where there is none. */
    get(key: string): Promise<string | null>;
    get<T extends keyof KVTypes>(key: string, type: T | { type: T }): Promise<KVTypes[T] | null>;
    getWithVersion(key: string): Promise<{ value: string; version: string; expires: Date | null } | null>;
    getWithVersion<T extends keyof KVTypes>(
      key: string, type: T | { type: T },
    ): Promise<{ value: KVTypes[T]; version: string; expires: Date | null } | null>;
    /** Answers the entry's version. */
    put(key: string, value: string | BufferSource, options?: KVPutOptions): Promise<string>;
    putJSON(key: string, value: unknown, options?: KVPutOptions): Promise<string>;
    /** Whether there was an entry. */
    delete(key: string, options?: { ifVersion?: string }): Promise<boolean>;
    /** Keys in the order of their bytes, 100 at a time where `limit` (at most 1,000) does not say otherwise. */
    list(options?: { prefix?: string; cursor?: string; limit?: number }): Promise<{
      keys: { key: string; version: string; expires: Date | null }[];
      cursor?: string;
      complete: boolean;
    }>;
    /**
     * Puts what `change` makes of the value that is there (null where there is none), and again where another call
     * wrote meanwhile, 8 times where `attempts` does not say otherwise. `undefined` leaves the entry as it is. What
     * expires goes on to do so at the same time, unless the options say for how long. Answers the value.
     */
    update(
      key: string, change: (old: string | null) => string | undefined | Promise<string | undefined>,
      options?: KVLife & { attempts?: number },
    ): Promise<string | null>;
    update<T extends keyof KVTypes>(
      key: string, change: (old: KVTypes[T] | null) => KVTypes[T] | undefined | Promise<KVTypes[T] | undefined>,
      options: KVLife & { type: T; attempts?: number },
    ): Promise<KVTypes[T] | null>;
    /** Another namespace of the manifest's `[permissions] kv`. */
    namespace(name: string): KVNamespace;
  }
  /** The namespace of the manifest's `[permissions] kv`, where it grants one only; else name one. */
  export const kv: KVNamespace;

  /** One JSON value that goes on from call to call, for tools with `session = true` in the manifest. */
  export const session: {
    /** The value, or null in a new session. */
    get<T = any>(): Promise<T | null>;
    put(value: unknown): Promise<void>;
    /** As `kv.update`. */
    update<T = any>(
      change: (old: T | null) => T | undefined | Promise<T | undefined>, options?: { attempts?: number },
    ): Promise<T>;
    end(): Promise<void>;
  };

  /** What is known of a call beside its arguments. */
  export interface Context {
    /** The revision of MCP that the caller speaks. */
    readonly protocol: string;
    readonly [name: string]: unknown;
  }

  /** A string is answered as text, everything else as structured content and its JSON as text. */
  export type Answer = string | number | boolean | null | object;

  /** What a worker's module exports by default. */
  export interface Worker {
    tools: Tools;
  }

  /** Arguments of `add_item`. */
  export type AddItemArguments = {
    /** The product, such as tea-100 */
    sku: string;
    quantity?: number;
    /** Names this change; one that was made already is not made again */
    operation_id?: string;
  };

  /** Arguments of `remove_item`. */
  export type RemoveItemArguments = {
    /** The product, such as tea-100 */
    sku: string;
    /** How many; all where it is left out */
    quantity?: number;
    /** Names this change; one that was made already is not made again */
    operation_id?: string;
  };

  /** Arguments of `show_cart`. */
  export type ShowCartArguments = {
    /** List the ids of the changes too */
    operations?: boolean;
  };

  /** Arguments of `checkout`. */
  export type CheckoutArguments = Record<string, never>;

  /** The tools that atoll.toml declares. */
  export interface Tools {
    /** Puts a product into the cart. Give each addition an operation_id of its own and send the same one when you repeat a call that gave no answer: it then counts once */
    add_item(args: AddItemArguments, context: Context): Answer | Promise<Answer>;
    /** Takes some or all of a product out of the cart; operation_id as for add_item */
    remove_item(args: RemoveItemArguments, context: Context): Answer | Promise<Answer>;
    /** Lists what is in the cart and what it costs, in cents */
    show_cart(args: ShowCartArguments, context: Context): Answer | Promise<Answer>;
    /** Orders what is in the cart and ends the session */
    checkout(args: CheckoutArguments, context: Context): Answer | Promise<Answer>;
  }
}
