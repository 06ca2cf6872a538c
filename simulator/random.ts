/**
 * Repeatable noise: a 32-bit hash of the arguments. The same arguments give the same number on every machine, in any
 * order of calls, so that the market at a time never depends on what was asked before.
 */
export function hash(seed: number, ...parts: readonly (number | string)[]): number {
  let state = seed >>> 0;
  for (const part of parts) state = mix(state ^ (typeof part === "number" ? Math.imul(part | 0, 0x9e3779b1) : textHash(part)));
  return mix(state);
}

/** A number in [0, 1) from the arguments. */
export const unit = (seed: number, ...parts: readonly (number | string)[]): number => hash(seed, ...parts) / 4_294_967_296;

/** A number in [−1, 1) from the arguments. */
export const signed = (seed: number, ...parts: readonly (number | string)[]): number => 2 * unit(seed, ...parts) - 1;

/** A standard normal number from the arguments (Box–Muller). */
export function normal(seed: number, ...parts: readonly (number | string)[]): number {
  const first = unit(seed, ...parts, "radius");
  const second = unit(seed, ...parts, "angle");
  return Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
}

/** The finalizer of MurmurHash3: every input bit changes about half of the output bits. */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units. */
function textHash(text: string): number {
  let state = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) state = Math.imul(state ^ text.charCodeAt(place), 0x01000193);
  return state >>> 0;
}
