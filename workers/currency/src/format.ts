// How people of a locale write money. The engine has no Intl: four locales are a table.

import type { Decimal } from "./decimal";
import type { Currency } from "./table";

const symbols: Record<string, string> = { EUR: "€", USD: "$", GBP: "£", JPY: "¥", INR: "₹" };

interface Style {
  group: string;
  point: string;
  symbolFirst: boolean;
}

const styles = {
  en: { group: ",", point: ".", symbolFirst: true },
  de: { group: ".", point: ",", symbolFirst: false },
  fr: { group: "\u202f", point: ",", symbolFirst: false },
  ja: { group: ",", point: ".", symbolFirst: true },
} satisfies Record<string, Style>;

export type Locale = keyof typeof styles;

export function format(amount: Decimal, currency: Currency, locale: Locale): string {
  const style = styles[locale];
  const rounded = amount.rounded(currency.minorUnits);
  const { whole, fraction } = rounded.parts;
  const grouped = inGroups(whole, style.group);
  const number = fraction === "" ? grouped : grouped + style.point + fraction;
  const sign = rounded.isNegative ? "-" : "";
  const symbol = symbols[currency.code];
  if (!style.symbolFirst) return `${sign}${number}\u00a0${symbol ?? currency.code}`;
  return symbol ? `${sign}${symbol}${number}` : `${sign}${currency.code}\u00a0${number}`;
}

/** `1234567` as `1,234,567`. */
function inGroups(digits: string, separator: string): string {
  let start = digits.length % 3 || 3;
  let text = digits.slice(0, start);
  for (; start < digits.length; start += 3) text += separator + digits.slice(start, start + 3);
  return text;
}
