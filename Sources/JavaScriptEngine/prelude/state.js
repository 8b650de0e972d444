// What the key-value store and the state of a session share: errors, values, and the loop of compare and set.
(function (host) {
  "use strict";
  const { encode, decode, beginOperation, ready, release, read, splitAnswer } = host;

  class StateError extends Error {
    constructor(code, message) {
      super(message);
      host.define({ code }, this);
    }
  }
  host.define({ name: "StateError" }, StateError.prototype);
  host.StateError = StateError;

  // One operation to its end: the head of its answer, and the bytes.
  host.stateOperation = async function (kind, what, head, bytes, grant) {
    const fail = (code, message) => new StateError(code, message);
    let handle = beginOperation(kind, what, head, bytes, grant, fail);
    if (typeof handle !== "number") handle = await handle;
    await ready(handle);
    const answer = read(handle);
    release(handle);
    if (typeof answer === "number") throw fail("state_unavailable", `${what}: the answer broke off (${answer})`);
    const split = splitAnswer(answer, true);
    if (split[0].error) throw fail(split[0].error.code, split[0].error.message);
    return split;
  };

  host.knownOptions = function (what, given, names) {
    if (given === undefined || given === null) return {};
    if (typeof given !== "object") throw new TypeError(`${what}: the options must be an object`);
    for (const name of Object.keys(given)) {
      if (!names.includes(name)) throw new TypeError(`${what}: there is no option "${name}", only ${names.join(", ")}`);
    }
    return given;
  };

  host.jsonOf = function (what, value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`${what}: the value has no JSON`);
    return encode(text);
  };
  host.jsonIn = (bytes) => JSON.parse(decode(bytes, false));

  const attemptsStandard = 8;
  // Gets, computes and puts until no other call came between. `get` answers { value, … } or null; undefined from
  // `change` leaves things as they are.
  host.compareAndSet = async function (what, change, attempts = attemptsStandard, get, put) {
    if (typeof change !== "function") throw new TypeError(`${what}: a function from the old value to the new one is needed`);
    if (!(attempts >= 1)) throw new TypeError(`${what}: attempts must be at least 1`);
    for (let attempt = 1; ; attempt++) {
      const old = await get();
      const value = await change(old ? old.value : null);
      if (value === undefined) return old ? old.value : null;
      try {
        await put(value, old);
        return value;
      } catch (error) {
        if (!(error instanceof StateError) || error.code !== "conflict") throw error;
        if (attempt < attempts) continue;
        throw new StateError("conflict", `${what}: other calls wrote between reading and writing, ${attempt} times in a row; try again`);
      }
    }
  };
});
