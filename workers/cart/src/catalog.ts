// What there is to buy. Prices are whole cents: a fraction of a cent cannot be written, and sums are exact.

export interface Product { sku: string; name: string; price: number }

export const currency = "EUR";

export const catalog = new Map<string, Product>([
  { sku: "tea-100", name: "Green tea, 100 g", price: 895 },
  { sku: "mug-1", name: "Mug", price: 1250 },
  { sku: "pot-1", name: "Teapot", price: 3999 },
  { sku: "spoon-1", name: "Spoon", price: 5 },
].map((product) => [product.sku, product]));
