// One question to three shops at once. What fails is part of the answer: which shop, with which code, and why.

import { ToolError } from "atoll";

const shops = ["shop-a", "shop-b", "shop-c"];

// A part that failed, with a code that a reader can go by.
class PartError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function offer(shop, sku) {
  const response = await fetch(`upstream://${shop}/prices?sku=${encodeURIComponent(sku)}`, {
    headers: { accept: "application/json" },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new PartError(`http_${response.status}`, `${shop} answered with the status ${response.status}`);
  }
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new PartError("bad_answer", `${shop} sent something that is no JSON`);
  }
  if (!Number.isSafeInteger(answer?.price) || answer.price < 0 || typeof answer.currency !== "string") {
    throw new PartError("bad_answer", `${shop} sent no price in whole minor units with a currency`);
  }
  return { shop, price: answer.price, currency: answer.currency };
}

// Why a part is missing: the cause of a failed fetch, or what we made of the answer.
function failure(shop, reason) {
  const { code, message, retryAfter } = reason instanceof PartError ? reason : (reason.cause ?? reason);
  const part = { shop, status: "failed", code: code ?? "failed", message };
  return retryAfter === undefined ? part : { ...part, retry_after_seconds: retryAfter };
}

export default {
  tools: {
    async compare_prices({ sku }) {
      const settled = await Promise.allSettled(shops.map((shop) => offer(shop, sku)));
      const parts = settled.map((one, index) =>
        one.status === "fulfilled" ? { shop: shops[index], status: "ok" } : failure(shops[index], one.reason));
      const offers = settled.filter((one) => one.status === "fulfilled").map((one) => one.value);
      const complete = offers.length === shops.length;
      const currencies = new Set(offers.map((one) => one.currency));
      if (currencies.size > 1) throw new ToolError(`the shops ask for different currencies: ${[...currencies].join(", ")}`);
      // Of those that answered: it is the best of all only where `complete` says so.
      const best = offers.reduce((least, one) => (least === null || one.price < least.price ? one : least), null);
      return { sku, offers, best, complete, parts };
    },
  },
};
