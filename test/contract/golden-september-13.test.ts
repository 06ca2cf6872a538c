import { describe, expect, test } from "vitest";
import type { Leg, Ledger } from "../../src/domain/opportunity.ts";
import { buildLedger } from "../../src/economics/ledger.ts";
import { fundingOver, fundingTerms } from "../../src/economics/funding.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { bingx } from "../../src/venues/bingx.ts";
import { htx } from "../../src/venues/htx.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type Bodies, bySymbol, mustParse } from "./bodies.ts";

/** The reply time of HTX's tickers: 2026-09-13 22:01:10.043 UTC. The bodies of both venues are of that minute. */
const NOW = 1_789_336_870_043;
const HOURS = 168;

const load = (files: Readonly<Record<string, string>>): Bodies =>
  haveCaptures ? Object.fromEntries(Object.entries(files).map(([name, file]) => [name, capture(file)])) : {};
const BINGX = load({
  premiumIndex: "bingx/swap_v2_quote_premiumIndex_2026-09-13.json",
  ticker: "bingx/swap_v2_quote_ticker_2026-09-13.json",
});
const HTX = load({
  fundingRate: "htx/swap_batch_funding_rate_2026-09-13.json",
  merged: "htx/v2_linear-swap-ex_market_detail_batch_merged_2026-09-13.json",
});
/** What the documents print of BTC-USDT: a contract holds 0.001 coins. It tells no interval. */
const HTX_PRINTED = { ...HTX, ...load({ contractInfo: "htx/sample_GetContractInfo.json" }) };

function legOf(adapter: VenueAdapter, bodies: Bodies, side: Leg["side"], symbol: string): Leg {
  const quote = bySymbol(mustParse(adapter, bodies, NOW)).get(symbol);
  if (quote === undefined) throw new Error(`expected ${symbol} of ${adapter.id}`);
  const fee = adapter.facts.takerFee.perpetual;
  return { side, quote, takerFeeRate: fee?.rate ?? null, takerFeeSource: fee?.source ?? null, accrual: adapter.facts.accrual };
}

const ledgerOf = (long: Leg, short: Leg, closure?: number): Ledger =>
  buildLedger({
    long,
    short,
    sizeUsd: 5_000,
    horizonHours: HOURS,
    nowMs: NOW,
    collateralPerLeg: 1,
    ...(closure === undefined ? {} : { closure }),
  });

const near = (found: number | null | undefined, expected: number): void =>
  expect(Math.abs((found ?? Number.NaN) - expected), `${found} for ${expected}`).toBeLessThan(1e-12);

/** In and out on both legs: BingX 0.0005, HTX 0.0006. */
const FEES = 2 * (0.0005 + 0.0006);
/** Best bid and ask as they stand in the bodies, per coin. */
const TOP = {
  BTC: { bingx: [77186.1, 77186.2], htx: [77105, 77105.1] },
  ETH: { bingx: [2503.06, 2503.07], htx: [2496.11, 2496.12] },
  PEPE: { bingx: [0.003403 / 1000, 0.0034031 / 1000], htx: [0.000003397, 0.000003398] },
} as const;
const NAMES = { BTC: ["BTC-USDT", "BTC-USDT"], ETH: ["ETH-USDT", "ETH-USDT"], PEPE: ["1000PEPE-USDT", "PEPE-USDT"] } as const;
const COINS = ["BTC", "ETH", "PEPE"] as const;

const spread = ([bid, ask]: readonly [number, number]): number => (ask - bid) / ((ask + bid) / 2);
/** Sell at the bid of one, buy at the ask of the other, beside the mean of the two middles. */
const gapBetween = (long: readonly [number, number], short: readonly [number, number]): number =>
  (4 * (short[0] - long[1])) / (long[0] + long[1] + short[0] + short[1]);

describe.skipIf(!haveCaptures)(`the recorded market of 13 September 2026, BingX and HTX${capturesNote}`, () => {
  const legs = COINS.map((coin) => ({ coin, atBingx: NAMES[coin][0], atHtx: NAMES[coin][1] }));

  test.each(legs)("$coin: what was recorded stands in the ledger, what was not is null with its reason, both ways", (names) => {
    const { coin } = names;
    for (const long of ["bingx", "htx"] as const) {
      const other = long === "bingx" ? "htx" : "bingx";
      const leg = (venue: "bingx" | "htx", side: Leg["side"]): Leg =>
        venue === "bingx" ? legOf(bingx, BINGX, side, names.atBingx) : legOf(htx, HTX, side, names.atHtx);
      const ledger = ledgerOf(leg(long, "long"), leg(other, "short"), 0.5);
      near(ledger.fees, FEES);
      near(ledger.priceGain, 0.5 * gapBetween(TOP[coin][long], TOP[coin][other]));
      expect({ funding: ledger.funding, crossing: ledger.crossing, net: ledger.net, netUsd: ledger.netUsd }).toEqual({
        funding: null,
        crossing: null,
        net: null,
        netUsd: null,
      });
      expect(ledger.breakEven).toEqual({ kind: "unknown" });
      expect(ledger.stress.survives).toBeNull();
      expect(ledger.capacityUsd).toBeNull();
      expect(ledger.reasons.some((reason) => reason.startsWith("HTX") || reason.includes("htx"))).toBe(true);
    }
  });

  test("the gaps that were there: HTX's ask stood under BingX's bid by 10.5 bps in BTC, 27.8 in ETH, 14.7 in PEPE", () => {
    const bps = COINS.map((coin) => Math.round(1e5 * gapBetween(TOP[coin].htx, TOP[coin].bingx)) / 10);
    expect(bps).toEqual([10.5, 27.8, 14.7]);
  });

  test("BTC with the printed contract: 20 contracts at HTX's bid are 1,542 USD, which pay for 1,000 and not for 5,000", () => {
    const ledger = ledgerOf(legOf(htx, HTX_PRINTED, "long", "BTC-USDT"), legOf(bingx, BINGX, "short", "BTC-USDT"));
    const crossing = spread(TOP.BTC.htx) + spread(TOP.BTC.bingx);
    near(ledger.costBySize[0]?.cost, FEES + crossing);
    expect(ledger.costBySize.map(({ cost }) => cost === null)).toEqual([false, true, true, true]);
    expect(ledger.crossing).toBeNull();
    expect(ledger.reasons.join(" ")).toContain("1,542 USD");
    expect(ledger.funding).toBeNull();
  });

  test.each([
    // From 22:01 over 168 h: 00:00 on the 14th to 16:00 on the 20th every 8 h, 23:00 to 22:00 a week later every hour.
    ["BTC-USDT", 21 * 0.000094],
    ["ETH-USDT", 21 * 0.0001],
    ["1000PEPE-USDT", 21 * 0.0001],
    ["BTC-USDC", 21 * 0.000094],
    ["IOST-USDT", 168 * -0.000529],
    ["PAXG-USDT", 42 * 0.00005],
  ])("BingX %s pays over a week", (symbol, expected) => {
    const paid = fundingOver(fundingTerms(legOf(bingx, BINGX, "short", symbol)), { nowMs: NOW, horizonHours: HOURS });
    expect(Math.abs((paid ?? Number.NaN) - expected)).toBeLessThan(1e-12);
  });

  test("HTX's rates cannot be summed: their interval was not recorded", () => {
    for (const { atHtx } of legs) {
      const terms = fundingTerms(legOf(htx, HTX, "short", atHtx));
      expect([terms.ratePerInterval === null, terms.intervalHours]).toEqual([false, null]);
      expect(fundingOver(terms, { nowMs: NOW, horizonHours: HOURS })).toBeNull();
    }
  });

  test("the two quotes of BTC at BingX pay the same rate: their pair owes fees and crossing alone", () => {
    const ledger = ledgerOf(legOf(bingx, BINGX, "long", "BTC-USDT"), legOf(bingx, BINGX, "short", "BTC-USDC"));
    near(ledger.funding, 0);
    near(ledger.fees, 4 * 0.0005);
    // 0.0391 coins at the bid of BTC-USDC are 3,017 USD.
    expect(ledger.crossing).toBeNull();
    near(ledger.costBySize[0]?.cost, 4 * 0.0005 + spread(TOP.BTC.bingx) + spread([77162.3, 77162.5]));
  });
});
