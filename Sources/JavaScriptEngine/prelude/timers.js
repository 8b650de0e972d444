// Timers, performance and crypto: what the host's clock and generator answer.
(function (host) {
  "use strict";
  const { setTimer, clearTimer, random, uuid, performanceNow, timeOrigin } = host;

  function start(name, repeats) {
    return {
      [name](callback, delay = 0, ...values) {
        if (typeof callback !== "function") throw new TypeError(`${name}: the callback must be a function`);
        return setTimer(callback, delay, repeats, ...values);
      },
    }[name];
  }
  host.define({
    setTimeout: start("setTimeout", false),
    setInterval: start("setInterval", true),
    clearTimeout(id) { clearTimer(id); },
    clearInterval(id) { clearTimer(id); },
  });

  class Performance {
    now() { return performanceNow(); }
    get timeOrigin() { return timeOrigin(); }
    toJSON() { return { timeOrigin: timeOrigin() }; }
  }
  host.tag(Performance);

  const bytesMax = 65536;
  class Crypto {
    getRandomValues(array) {
      if (!ArrayBuffer.isView(array) || array instanceof DataView || /^Float/.test(array[Symbol.toStringTag])) {
        throw new DOMException("getRandomValues: the argument must be a typed array of integers", "TypeMismatchError");
      }
      if (array.byteLength > bytesMax) {
        throw new DOMException(
          `getRandomValues: ${array.byteLength} bytes were asked for, ${bytesMax} is the most`, "QuotaExceededError");
      }
      random(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return array;
    }
    randomUUID() { return uuid(); }
  }
  host.tag(Crypto);
  host.define({ Performance, performance: new Performance(), Crypto, crypto: new Crypto() });
});
