import type { Strategy } from "../domain/opportunity.ts";

export type KeyParts = {
  readonly strategy: Strategy;
  /** Coin with its identity cluster, e.g. `NEIRO~2`. */
  readonly asset: string;
  /** Instrument id of the leg that is bought. */
  readonly long: string;
  /** Instrument id of the leg that is sold. */
  readonly short: string;
};

/**
 * What an opportunity is, whatever it pays now: `strategy|asset|long instrument|short instrument`. Nothing measured is
 * in it, so a price move never changes it; the other direction is another key. Throws RangeError when both legs are the
 * same instrument.
 * @example opportunityKey({ strategy: "funding", asset: "ETH", long: "gate:ETH/USDT", short: "bybit:ETH/USDT" }) // "funding|ETH|gate:ETH/USDT|bybit:ETH/USDT"
 */
export function opportunityKey({ strategy, asset, long, short }: KeyParts): string {
  if (long === short) throw new RangeError(`both legs of ${strategy} ${asset} are ${long}`);
  return `${strategy}|${asset}|${long}|${short}`;
}

const OFFSET_BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
/** Digits of the largest 64-bit number in base 36. */
const ID_LENGTH = 13;

/**
 * The id of the row that opened under a key in the slot that began at `slotMs` (epoch ms): 64-bit FNV-1a of
 * `key|slotMs` in UTF-8, in base 36, 13 characters. The same facts give the same id, so a repeated write is no new row.
 * @example opportunityId("key", 0).length // 13
 */
export function opportunityId(key: string, slotMs: number): string {
  return fnv1a64(`${key}|${slotMs}`).toString(36).padStart(ID_LENGTH, "0");
}

/** 64-bit FNV-1a of a text in UTF-8 (http://www.isthe.com/chongo/tech/comp/fnv/, read on 2026-11-22). */
export function fnv1a64(text: string): bigint {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
  return hash;
}
