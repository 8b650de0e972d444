// One question, three requests that each need the answer before: order, its customer, its shipments.

import { ToolError } from "atoll";

async function read(path, missing) {
  const response = await fetch(`upstream://orders-db${path}`, { headers: { accept: "application/json" } });
  if (response.status === 404) {
    await response.body?.cancel();
    throw new ToolError(missing);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`orders-db answered ${path} with the status ${response.status}`);
  }
  return response.json();
}

export default {
  tools: {
    async order_status({ order }) {
      const found = await read(`/orders/${encodeURIComponent(order)}`, `there is no order ${order}`);
      const customer = await read(
        `/customers/${encodeURIComponent(found.customer)}`, `the customer of order ${order} is not there any more`);
      const { shipments } = await read(
        `/customers/${encodeURIComponent(found.customer)}/shipments?order=${encodeURIComponent(order)}`,
        `the shipments of order ${order} are not there any more`);
      const lines = found.lines.map(({ sku, quantity }) => {
        const sent = shipments.reduce((sum, { items }) => sum + (items[sku] ?? 0), 0);
        return { sku, quantity, sent };
      });
      return {
        order,
        state: found.state,
        // Of the customer only what a question about an order needs.
        customer: customer.name,
        lines,
        complete: lines.every(({ quantity, sent }) => sent >= quantity),
        last_shipment: shipments.map(({ sent_at }) => sent_at).sort().at(-1) ?? null,
      };
    },
  },
};
