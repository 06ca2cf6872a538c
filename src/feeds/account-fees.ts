import { ACCOUNT_FEE_LIFE_MS, type AccountFee, type KeyState } from "../domain/venue-key.ts";
import type { Documented, VenueFacts } from "../domain/venue.ts";

/**
 * The facts of feeds with the taker fees of the operator's accounts in the place of the documents', where a key that can
 * only read has read them within two days. What was not read stays as documented.
 */
export function withAccountFees<Feed extends { readonly facts: VenueFacts }>(
  feeds: readonly Feed[],
  keys: readonly KeyState[],
  nowMs: number,
): readonly Feed[] {
  const states = new Map(keys.filter(({ scope }) => scope === "read-only" || scope === "unknown").map((state) => [state.venue, state]));
  if (states.size === 0) return feeds;
  return feeds.map((feed) => {
    const fees = states.get(feed.facts.id)?.fees;
    if (fees === undefined) return feed;
    const { perpetual, spot } = feed.facts.takerFee;
    const takerFee = { perpetual: feeOf(fees.perpetual, nowMs) ?? perpetual, spot: feeOf(fees.spot, nowMs) ?? spot };
    return { ...feed, facts: { ...feed.facts, takerFee } };
  });
}

const DAY_CHARS = 10;

function feeOf(fee: AccountFee | null, nowMs: number): Documented | null {
  if (fee === null || nowMs - fee.readAtMs >= ACCOUNT_FEE_LIFE_MS) return null;
  return { rate: fee.rate, source: ACCOUNT_SOURCE, readOn: new Date(fee.readAtMs).toISOString().slice(0, DAY_CHARS) };
}

/** Stands where an address stands for a documented fee. */
const ACCOUNT_SOURCE = "your account's fee";
