import type { Quote } from "../domain/quote.ts";
import { depthUsd, type TopOfBook } from "./crossing.ts";

/** The largest part of an instrument's open interest that a position may be, fraction. */
export const OPEN_INTEREST_SHARE = 0.01;

/** A size in USD, with a sentence for each limit that could not be applied. */
export type Capacity = { readonly usd: number | null; readonly reasons: readonly string[] };

/**
 * The largest size at which net stays positive within the depth of both legs and 1 % of the smaller open interest, USD on
 * each leg: within the top of the book prices do not change with the size, so it is `min(depth_L, depth_S, 1 % of open
 * interest)` where net is above zero, and 0 where it is not. A leg without open interest sets no limit there and is named.
 * @example capacity({ net: 0.001, long: { quote: { venue: "gate", bid: 99, ask: 101, bidSizeBase: 100, askSizeBase: 100, openInterestUsd: 800_000, quotedNotionalUsd: null } }, short: { quote: { venue: "hyperliquid", bid: 99, ask: 101, bidSizeBase: null, askSizeBase: null, openInterestUsd: null, quotedNotionalUsd: 20_000 } } }) // { usd: 8_000, reasons: ["Capacity leaves out open interest on hyperliquid, which sends none."] }
 */
export function capacity({
  net,
  long,
  short,
}: {
  readonly net: number | null;
  readonly long: SizedLeg;
  readonly short: SizedLeg;
}): Capacity {
  if (net === null) return { usd: null, reasons: [] };
  if (net <= 0) return { usd: 0, reasons: [] };
  const reasons: string[] = [];
  let usd = Infinity;
  for (const { quote } of [long, short]) {
    const depth = depthUsd(quote);
    if (depth === null) return { usd: null, reasons: [`Capacity is not known: ${quote.venue} sends no size at its best bid and ask.`] };
    usd = Math.min(usd, depth);
    if (quote.openInterestUsd === null) reasons.push(`Capacity leaves out open interest on ${quote.venue}, which sends none.`);
    else usd = Math.min(usd, OPEN_INTEREST_SHARE * quote.openInterestUsd);
  }
  return { usd, reasons };
}

type SizedLeg = { readonly quote: TopOfBook & Pick<Quote, "venue" | "openInterestUsd"> };
