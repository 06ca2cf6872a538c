/** Wire decimals. Venues differ in padding: some pad to a fixed number of places, some drop trailing zeros. */
export function fixed(value: number, places: number): string {
  const text = value.toFixed(Math.max(0, places));
  return text.startsWith("-") && Number(text) === 0 ? text.slice(1) : text;
}

/** Without trailing zeros: `0.0001`, `124`, `0`. Never in exponent form. */
export function trimmed(value: number, places: number): string {
  const text = value.toFixed(Math.max(0, places));
  if (!text.includes(".")) return text === "-0" ? "0" : text;
  let end = text.length;
  while (text[end - 1] === "0") end -= 1;
  if (text[end - 1] === ".") end -= 1;
  const short = text.slice(0, end);
  return short === "-0" ? "0" : short;
}

/** Without trailing zeros but with at least one decimal: `77748.0`, `0.0`. */
export function trimmedFloat(value: number, places: number): string {
  const text = trimmed(value, places);
  return text.includes(".") ? text : `${text}.0`;
}

/** A tick or step of that many places: `0.01`, `1`, and `100` for −2. */
export const step = (places: number): string => (places <= 0 ? String(10 ** -places) : (10 ** -places).toFixed(places));

/** Power of ten of a number: 4 for 77,760 and −1 for 0.15. */
export const exponent = (value: number): number => Math.floor(Math.log10(value));

/** Rounded to a multiple of 10^−places; `places` may be negative. */
export function rounded(value: number, places: number): number {
  const scale = 10 ** places;
  return Math.round(value * scale) / scale;
}
