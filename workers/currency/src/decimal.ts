// Decimal numbers as integers with a scale: money is added and divided without a binary fraction in between.

export class Decimal {
  /** The value is `units / 10 ** scale`. */
  constructor(readonly units: bigint, readonly scale: number) {}

  /** From text such as `-12.50`. */
  static parse(text: string): Decimal {
    const point = text.indexOf(".");
    if (point < 0) return new Decimal(BigInt(text), 0);
    return new Decimal(BigInt(text.slice(0, point) + text.slice(point + 1)), text.length - point - 1);
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.units * other.units, this.scale + other.scale);
  }

  /** Divides, and rounds half to even at `scale` digits behind the point. */
  dividedBy(other: Decimal, scale: number): Decimal {
    const shift = scale + other.scale - this.scale;
    const numerator = shift >= 0 ? this.units * 10n ** BigInt(shift) : this.units;
    const denominator = shift >= 0 ? other.units : other.units * 10n ** BigInt(-shift);
    return new Decimal(halfEven(numerator, denominator), scale);
  }

  rounded(scale: number): Decimal {
    return scale === this.scale ? this : this.dividedBy(new Decimal(1n, 0), scale);
  }

  get isNegative(): boolean {
    // `-0.00` keeps no sign: there is no negative nothing in money.
    return this.units < 0n;
  }

  /** Digits before the point, and behind it. */
  get parts(): { whole: string; fraction: string } {
    const digits = (this.isNegative ? -this.units : this.units).toString().padStart(this.scale + 1, "0");
    const point = digits.length - this.scale;
    return { whole: digits.slice(0, point), fraction: digits.slice(point) };
  }

  toString(): string {
    const { whole, fraction } = this.parts;
    return (this.isNegative ? "-" : "") + whole + (fraction === "" ? "" : "." + fraction);
  }

  /** Without zeros at the end of the fraction. */
  get shortest(): string {
    const text = this.toString();
    if (this.scale === 0) return text;
    let end = text.length;
    while (text[end - 1] === "0") end -= 1;
    if (text[end - 1] === ".") end -= 1;
    return text.slice(0, end);
  }
}

function halfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  let quotient = n / d;
  const twice = (n % d) * 2n;
  if (twice > d || (twice === d && quotient % 2n === 1n)) quotient += 1n;
  return negative ? -quotient : quotient;
}
