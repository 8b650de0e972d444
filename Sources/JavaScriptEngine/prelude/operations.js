// From an operation's head to its answer, for the capabilities of the manifest (docs/abi.md).
(function (host) {
  "use strict";
  const { encode, decode, start, whenReady, read, drop } = host;
  const tooManyHandles = -4, denied = -5, tooLarge = -6;

  // Who waits for a handle to be free, and how many operations will free one.
  const waiting = [];
  let awaited = 0;

  host.ready = async function (handle) {
    awaited += 1;
    await new Promise((done) => whenReady(handle, done));
    awaited -= 1;
  };
  // Before the answer of a handle that somebody may wait for.
  host.abandon = function (handle, isAwaited) {
    if (isAwaited) awaited -= 1;
    host.release(handle);
  };
  host.release = function (handle) {
    drop(handle);
    waiting.shift()?.();
  };

  // Starts it at once, and answers its handle, or a promise of it where too many are held. `fail(code, message)` makes
  // the error of what the host does not take.
  host.beginOperation = function (kind, what, head, bytes, grant, fail) {
    const text = JSON.stringify(head);
    const begin = () => {
      const handle = start(kind, what, text, bytes);
      if (handle >= 0) return handle;
      switch (handle) {
        case denied: throw fail("denied", `${what}: this worker was not granted it; write ${grant} in atoll.toml`);
        case tooLarge: throw fail("too_large", `${what}: a request has at most 1 MiB and 64 KiB, head and bytes`);
        case tooManyHandles:
          if (awaited > 0) return new Promise((free) => waiting.push(free)).then(begin);
          throw fail("too_many", `${what}: 64 operations are held; read the bodies of answers, or cancel them`);
        default: throw fail("bad_request", `${what}: the host answered ${handle}`);
      }
    };
    return begin();
  };

  // The head of an answer and the bytes after it; null where the head is not whole yet.
  host.splitAnswer = function (bytes, isWhole) {
    const end = bytes.indexOf(0);
    if (end < 0 && !isWhole) return null;
    const head = JSON.parse(decode(end < 0 ? bytes : bytes.subarray(0, end), false));
    return [head, end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end + 1)];
  };

  host.concatenate = function (chunks) {
    if (chunks.length === 1) return chunks[0];
    const all = new Uint8Array(chunks.reduce((count, chunk) => count + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };

  host.bytesOrText = function (value) {
    if (typeof value === "string") return encode(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return host.bytesOf(value);
    return null;
  };
});
