// session of the module "atoll": one JSON value that goes on from call to call.
(function (host) {
  "use strict";
  const { stateOperation, knownOptions, jsonOf, jsonIn, compareAndSet } = host;
  const kind = 1, grant = '`[session]` with `ttl = "30m"`, and `session = true` for the tool,';

  async function get(what) {
    const [head, bytes] = await stateOperation(kind, what, { op: "get" }, undefined, grant);
    return head.found ? { value: jsonIn(bytes), version: head.version } : null;
  }
  const put = (what, value, condition) =>
    stateOperation(kind, what, { op: "put", ...condition }, jsonOf(what, value), grant);

  host.session = {
    async get() { return (await get("session.get()"))?.value ?? null; },
    async put(value) { await put("session.put()", value); },
    async update(change, options) {
      const what = "session.update()", { attempts } = knownOptions(what, options, ["attempts"]);
      return compareAndSet(what, change, attempts, () => get(what), (value, old) =>
        put(what, value, old ? { if_version: old.version } : { if: "absent" }));
    },
    async end() { await stateOperation(kind, "session.end()", { op: "delete" }, undefined, grant); },
  };
  Object.defineProperty(host.session, Symbol.toStringTag, { value: "Session", configurable: true });
});
