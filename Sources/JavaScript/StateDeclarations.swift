// The types of what a worker remembers: `kv` and `session` of the module "atoll".

extension TypeDeclarations {
  static let state = #"""
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
    """#
}
