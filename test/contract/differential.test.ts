import { expect, test } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { bySymbol, mustParse } from "./bodies.ts";
import { type Reference, REFERENCE_VENUES, referenceOf } from "./ccxt-reference.ts";

/**
 * Reader and writer of a wire format share an author; ccxt's readers have others. Both get the same bodies, and each
 * instrument has to come out as the same symbol with the same rate, interval, next time, bid and ask.
 */

type Field = keyof Reference | "row";
type Value = string | number | null | undefined;
type Difference = { readonly symbol: string; readonly field: Field; readonly ours: Value; readonly theirs: Value };

/** Where ccxt reads otherwise and is not followed. One that no row needs any more fails the test. */
const OTHERWISE: readonly { readonly feed: string; readonly why: string; readonly holds: (difference: Difference) => boolean }[] = [
  {
    feed: "binance",
    why: "a symbol that fundingInfo does not list pays every 8 hours by the documents; ccxt leaves it open",
    holds: ({ field, ours, theirs }) => field === "intervalHours" && ours === 8 && theirs === null,
  },
  {
    feed: "binance",
    why: "settled contracts send zeros: a next time of 0 is none, a price of 0 is a 0 that the gate refuses; ccxt has it the other way round",
    holds: ({ field, ours, theirs }) =>
      field === "nextFundingAtMs" ? ours === null && theirs === 0 : ["bid", "ask"].includes(field) && ours === 0 && theirs === null,
  },
  {
    feed: "gate",
    why: "ccxt has no name for 2 hours and leaves them in ms",
    holds: ({ field, ours, theirs }) => field === "intervalHours" && ours === 2 && theirs === 7_200_000,
  },
  {
    feed: "gate",
    why: "ccxt renames GTC",
    holds: ({ symbol, field, theirs }) => symbol === "GTC_USDT" && field === "symbol" && theirs === "GAMECOM/USDT:USDT",
  },
  {
    feed: "hyperliquid",
    why: "ccxt takes the next hour of its own clock",
    holds: ({ field }) => field === "nextFundingAtMs",
  },
  {
    feed: "hyperliquid",
    why: "ccxt takes the coin named 4 for the coin of that index, which is DOGE",
    holds: ({ symbol, field }) => (symbol === "4" && field === "row") || (symbol === "DOGE" && field !== "symbol"),
  },
];

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56);
const simulator = await startSimulator({ seed: 1, nowMs: NOW_MS });

async function answer(url: string, body?: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: "POST", body, headers: { "content-type": "application/json" } };
  return await (await simulator.handle(new Request(url, init))).json();
}

test.each(ADAPTERS.filter(({ id }) => REFERENCE_VENUES.includes(id)))("$id: ccxt reads the same figures", async (adapter) => {
  const theirs = await referenceOf(adapter.id, answer);
  const bodies: Record<string, unknown> = {};
  for (const [name, { path, body }] of Object.entries(adapter.endpoints)) {
    bodies[name] = await answer(`https://${adapter.hosts[0]}${path}`, body === undefined ? undefined : JSON.stringify(body));
  }
  const ours = bySymbol(mustParse(adapter, bodies, NOW_MS));
  expect(ours.size).toBeGreaterThan(100);

  const differences = [...ours].flatMap(([symbol, quote]) => differencesOf(symbol, quote, theirs.get(symbol)));
  const accepted = OTHERWISE.filter(({ feed }) => feed === adapter.id);
  const unexplained = differences.filter((difference) => !accepted.some(({ holds }) => holds(difference)));
  expect(unexplained.slice(0, 20)).toEqual([]);
  expect(accepted.filter(({ holds }) => !differences.some(holds)).map(({ why }) => why)).toEqual([]);
});

function differencesOf(symbol: string, quote: Quote, theirs: Reference | undefined): readonly Difference[] {
  if (theirs === undefined) return [{ symbol, field: "row", ours: quote.symbol, theirs: undefined }];
  const multiplier = quote.multiplier ?? 1;
  const ours: Reference = {
    // ccxt keeps multipliers in the coin's name.
    symbol: multiplier === 1 ? quote.symbol : theirs.symbol,
    rate: quote.fundingRatePerInterval,
    intervalHours: quote.fundingIntervalHours,
    nextFundingAtMs: quote.nextFundingAtMs,
    bid: quote.bid === null ? null : quote.bid * multiplier,
    ask: quote.ask === null ? null : quote.ask * multiplier,
  };
  return (Object.keys(ours) as (keyof Reference)[]).flatMap((field) =>
    same(ours[field], theirs[field]) ? [] : [{ symbol, field, ours: ours[field], theirs: theirs[field] }],
  );
}

/** Prices are divided by the multiplier and multiplied again: the last bit may differ. */
const same = (ours: Value, theirs: Value): boolean =>
  ours === theirs || (typeof ours === "number" && typeof theirs === "number" && Math.abs(ours / theirs - 1) < 1e-12);
