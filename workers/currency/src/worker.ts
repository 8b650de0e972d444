// Money: converts by a table of rates, and writes amounts as people do.

import type { Worker } from "atoll";
import { Decimal } from "./decimal";
import { format } from "./format";
import { asOf, base, currencies, currency } from "./table";

const worker: Worker = {
  tools: {
    convert({ amount, from, to }) {
      const source = currency(from);
      const target = currency(to);
      const converted = Decimal.parse(amount).times(target.perBase).dividedBy(source.perBase, target.minorUnits);
      return {
        amount: converted.toString(),
        currency: target.code,
        rate: source.rates.get(target.code)!,
        asOf,
        text: format(converted, target, "en"),
      };
    },

    format({ amount, currency: code, locale = "en" }) {
      return format(Decimal.parse(amount), currency(code), locale);
    },

    currencies() {
      return {
        asOf,
        base,
        currencies: currencies.map(({ code, name, minorUnits, perBase }) => ({
          code, name, minorUnits, perBase: perBase.toString(),
        })),
      };
    },
  },
};

export default worker;
