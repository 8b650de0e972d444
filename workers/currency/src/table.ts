// The table of rates, and each rate between two of them. All this is done when the worker is built and lies in its
// image: a call pays nothing for it.

import { ToolError } from "atoll";
import { Decimal } from "./decimal";
import rates from "./rates.json";

export interface Currency {
  code: string;
  name: string;
  minorUnits: number;
  /** Units of this currency for one unit of the base. */
  perBase: Decimal;
  /** Units of another currency, by its code, for one unit of this one: as text, since it is only shown. */
  rates: Map<string, string>;
}

export const { asOf, base } = rates;

const table = new Map<string, Currency>(
  rates.currencies.map((entry) => [
    entry.code,
    { ...entry, perBase: Decimal.parse(entry.perBase), rates: new Map<string, string>() },
  ]),
);

export const currencies: readonly Currency[] = [...table.values()];

for (const source of currencies) {
  for (const target of currencies) {
    source.rates.set(target.code, target.perBase.dividedBy(source.perBase, 6).shortest);
  }
}

/** The currency of that code; an unknown one is the caller's mistake and says what there is. */
export function currency(code: string): Currency {
  const found = table.get(code);
  if (!found) throw new ToolError(`Unknown currency ${code}; there are ${[...table.keys()].join(", ")}.`);
  return found;
}
