// A shopping cart that goes on from call to call: its state is the session's.

import { session, ToolError, type Worker } from "atoll";
import { catalog, currency } from "./catalog";

interface Cart {
  /** Quantities by sku, in the order in which they were added. */
  items: Record<string, number>;
  /** Ids of the changes that were made, oldest first. */
  operations: string[];
}

const quantityMax = 999;
/** Ids that are kept; a retry that comes after so many other changes is taken for a new one. */
const operationsMax = 10_000;
/** Calls of one session at once that each get their turn. */
const attempts = 16;

function product(sku: string) {
  const found = catalog.get(sku);
  if (!found) throw new ToolError(`there is no product ${sku}; there are ${[...catalog.keys()].join(", ")}`);
  return found;
}

function shown(cart: Cart | null) {
  const lines = Object.entries(cart?.items ?? {}).map(([sku, quantity]) => {
    const { name, price } = product(sku);
    return { sku, name, quantity, unit_price: price, price: price * quantity };
  });
  return { currency, lines, total: lines.reduce((sum, line) => sum + line.price, 0) };
}

// Applies a change unless one of its id was applied before: what a caller repeats, because it got no answer, counts once.
async function change(id: string | undefined, apply: (items: Cart["items"]) => void) {
  let applied = false;
  const cart = await session.update<Cart>((old) => {
    const items = { ...old?.items }, operations = [...(old?.operations ?? [])];
    applied = id === undefined || !operations.includes(id);
    if (!applied) return undefined;
    apply(items);
    if (id !== undefined) operations.push(id);
    return { items, operations: operations.slice(-operationsMax) };
  }, { attempts });
  return { applied, ...shown(cart) };
}

const worker: Worker = {
  tools: {
    add_item({ sku, quantity = 1, operation_id }) {
      product(sku);
      return change(operation_id, (items) => {
        const sum = (items[sku] ?? 0) + quantity;
        if (sum > quantityMax) throw new ToolError(`a cart takes at most ${quantityMax} of a product, and this makes ${sum}`);
        items[sku] = sum;
      });
    },

    remove_item({ sku, quantity, operation_id }) {
      product(sku);
      return change(operation_id, (items) => {
        const there = items[sku] ?? 0;
        if (there === 0) throw new ToolError(`there is no ${sku} in the cart`);
        if (quantity === undefined || quantity >= there) delete items[sku];
        else items[sku] = there - quantity;
      });
    },

    async show_cart({ operations = false }) {
      const cart: Cart | null = await session.get();
      return { ...shown(cart), ...(operations ? { operations: cart?.operations ?? [] } : {}) };
    },

    async checkout() {
      const order = shown(await session.get());
      if (order.lines.length === 0) throw new ToolError("the cart is empty; add something first");
      await session.end();
      return { ordered: true, ...order };
    },
  },
};

export default worker;
