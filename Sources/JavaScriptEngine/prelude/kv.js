// kv of the module "atoll": key-value namespaces of the node's store.
(function (host) {
  "use strict";
  const { decode, stateOperation, knownOptions, jsonOf, jsonIn, bytesOrText, compareAndSet } = host;
  const kind = 0, grant = '`kv = ["<namespace>"]` under `[permissions]`';

  const types = {
    text: (bytes) => decode(bytes, false),
    json: jsonIn,
    bytes: (bytes) => bytes.slice(),
    arrayBuffer: (bytes) => bytes.slice().buffer,
  };
  function reader(what, type = "text") {
    const name = typeof type === "object" && type !== null ? type.type ?? "text" : type;
    if (!Object.hasOwn(types, name)) throw new TypeError(`${what}: the type is one of ${Object.keys(types).join(", ")}`);
    return types[name];
  }
  function keyText(what, key) {
    if (typeof key !== "string") throw new TypeError(`${what}: the key must be a string`);
    return key;
  }
  const dateOf = (milliseconds) => (milliseconds === undefined ? null : new Date(milliseconds));

  // The members of a request's head that say for how long, and on what condition.
  function conditions(what, { ttl, ttlMs, ifVersion, ifAbsent }) {
    const head = {};
    if (ttl !== undefined && ttlMs !== undefined) throw new TypeError(`${what}: ttl (seconds) and ttlMs exclude each other`);
    if (ttl !== undefined || ttlMs !== undefined) {
      const milliseconds = ttlMs === undefined ? Number(ttl) * 1000 : Number(ttlMs);
      if (!(milliseconds > 0 && milliseconds < Infinity)) throw new TypeError(`${what}: the time to live must be more than 0`);
      head.ttl_ms = Math.ceil(milliseconds);
    }
    if (ifAbsent && ifVersion !== undefined) throw new TypeError(`${what}: ifVersion and ifAbsent exclude each other`);
    if (ifAbsent) head.if = "absent";
    if (ifVersion !== undefined) head.if_version = String(ifVersion);
    return head;
  }

  const putOptions = ["ttl", "ttlMs", "ifVersion", "ifAbsent"];
  class KVNamespace {
    #name;
    constructor(name) { this.#name = name; }

    async #operation(what, head, bytes) {
      return stateOperation(kind, what, { ...head, namespace: this.#name }, bytes, grant);
    }
    async #get(what, key, read) {
      const [head, bytes] = await this.#operation(what, { op: "get", key: keyText(what, key) });
      if (!head.found) return null;
      return { value: read(bytes), version: head.version, expires: dateOf(head.expires_ms) };
    }
    async #put(what, key, bytes, options) {
      const [head] = await this.#operation(what, { op: "put", key: keyText(what, key), ...options }, bytes);
      return head.version;
    }

    async get(key, type) {
      const found = await this.#get("kv.get()", key, reader("kv.get()", type));
      return found && found.value;
    }
    async getWithVersion(key, type) {
      return this.#get("kv.getWithVersion()", key, reader("kv.getWithVersion()", type));
    }
    async put(key, value, options) {
      const what = "kv.put()", bytes = bytesOrText(value);
      if (!bytes) throw new TypeError(`${what}: the value must be a string or bytes; kv.putJSON() takes anything else`);
      return this.#put(what, key, bytes, conditions(what, knownOptions(what, options, putOptions)));
    }
    async putJSON(key, value, options) {
      const what = "kv.putJSON()";
      return this.#put(what, key, jsonOf(what, value), conditions(what, knownOptions(what, options, putOptions)));
    }
    async delete(key, options) {
      const what = "kv.delete()";
      const condition = conditions(what, knownOptions(what, options, ["ifVersion"]));
      const [head] = await this.#operation(what, { op: "delete", key: keyText(what, key), ...condition });
      return head.deleted;
    }
    async list(options) {
      const what = "kv.list()";
      const { prefix, cursor, limit } = knownOptions(what, options, ["prefix", "cursor", "limit"]);
      const [head] = await this.#operation(what, { op: "list", prefix, cursor, limit });
      const keys = head.keys.map(({ key, version, expires_ms }) => ({ key, version, expires: dateOf(expires_ms) }));
      return head.cursor === undefined ? { keys, complete: true } : { keys, cursor: head.cursor, complete: false };
    }
    async update(key, change, options) {
      const what = "kv.update()";
      const { type = "text", attempts, ...life } = knownOptions(what, options, ["type", "ttl", "ttlMs", "attempts"]);
      const read = reader(what, type), given = conditions(what, life);
      const get = () => this.#get(what, key, read);
      return compareAndSet(what, change, attempts, get, (value, old) => {
        const bytes = read === types.json ? jsonOf(what, value) : bytesOrText(value);
        if (!bytes) throw new TypeError(`${what}: the new value must be a string or bytes, or the type "json"`);
        const head = { ...given, ...(old ? { if_version: old.version } : { if: "absent" }) };
        // What expires goes on to do so at the same time.
        if (head.ttl_ms === undefined && old?.expires) head.ttl_ms = Math.max(1, old.expires.getTime() - Date.now());
        return this.#put(what, key, bytes, head);
      });
    }
    namespace(name) { return new KVNamespace(keyText("kv.namespace()", name)); }
  }
  host.tag(KVNamespace);
  host.kv = new KVNamespace(undefined);
});
