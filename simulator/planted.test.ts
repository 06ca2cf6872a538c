import { describe, expect, test } from "vitest";
import { venueFacts } from "../src/venues/registry.ts";
import { type Sent, sentReader } from "../test/sent-figures.ts";
import { createMarket } from "./market.ts";
import { plantedPairs, slowNet, slowPriceNet, type PlantedPair } from "./reference.ts";
import { rowsOf, type View } from "./rows.ts";
import { startSimulator } from "./simulator.ts";
import { TRAPS } from "./traps.ts";
import { SIMULATED_VENUES } from "./venues/registry.ts";
import type { SimulatedVenue } from "./venues/venue.ts";

const HOUR_MS = 3_600_000;
const TIMES = [Date.UTC(2026, 10, 22, 12, 34, 56, 789), Date.UTC(2026, 10, 23, 0, 0, 0, 0), Date.UTC(2027, 1, 3, 7, 59, 59, 999)];

/** What a leg's venue sends of it, and its taker fee. */
type Read = Sent & { readonly fee: number };

/** design §4 by closed form: settlements counted, not walked. */
function netOf(long: Read, short: Read, nowMs: number): number {
  return fundingOf(long, short, nowMs) - 2 * (long.fee + short.fee) - crossingOf(long) - crossingOf(short);
}

/** The same of `price`: half the gap comes in, and half of each spread is in its prices already. */
function priceNetOf(long: Read, short: Read, nowMs: number): number {
  const gap = (4 * (short.bid - long.ask)) / (long.bid + long.ask + short.bid + short.ask);
  return gap / 2 + fundingOf(long, short, nowMs) - 2 * (long.fee + short.fee) - (crossingOf(long) + crossingOf(short)) / 2;
}

function fundingOf(long: Read, short: Read, nowMs: number): number {
  const count = ({ nextMs, hours }: Read): number => Math.floor((nowMs + 168 * HOUR_MS - nextMs) / (hours * HOUR_MS)) + 1;
  const paid = (leg: Read): number => (leg.rate === null ? 0 : leg.rate * count(leg));
  return paid(short) - paid(long);
}

const crossingOf = ({ bid, ask }: Read): number => (2 * (ask - bid)) / (ask + bid);

describe("planted opportunities", () => {
  test.each(TIMES)("have the net that the bodies on the wire give, at %i", async (nowMs) => {
    const simulator = await startSimulator({ nowMs });
    const pairs = simulator.planted();
    expect(pairs.length).toBeGreaterThan(10);
    const sent = sentReader(simulator);
    for (const pair of pairs) {
      const read = async ({ feed, venue, symbol }: PlantedPair["long"]): Promise<Read> => {
        const { perpetual, spot } = found(venueFacts(venue)).takerFee;
        return { ...(await sent(feed, symbol)), fee: found(feed === venue ? perpetual : spot).rate };
      };
      const closedForm = pair.strategy === "price" ? priceNetOf : netOf;
      expect(
        closedForm(await read(pair.long), await read(pair.short), nowMs),
        `${pair.strategy} ${pair.asset} ${pair.long.venue}/${pair.short.venue}`,
      ).toBeCloseTo(pair.net, 12);
    }
  });

  test.each(TIMES)("are clearly over the bar with stress survived, or clearly under it, at %i", (nowMs) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const pairs = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES);
      const opens = pairs.filter((pair) => pair.kind === "opens");
      expect(new Set(opens.map((pair) => pair.asset)).size).toBeGreaterThanOrEqual(6);
      const carries = opens.filter((pair) => pair.strategy === "carry");
      expect(new Set(carries.map((pair) => pair.asset)).size).toBeGreaterThanOrEqual(2);
      expect(opens.filter((pair) => pair.strategy === "price").map((pair) => pair.asset)).toEqual(["PENDLE", "GALA"]);
      expect(new Set(carries.map((pair) => pair.long.feed))).toEqual(
        new Set(SIMULATED_VENUES.map(({ id }) => id).filter((id) => id.endsWith("-spot"))),
      );
      for (const pair of opens) {
        expect(pair.net).toBeGreaterThan(0.005);
        expect(pair.survives).toBe(true);
      }
      const below = pairs.filter((pair) => pair.kind === "below-bar");
      expect(below.map((pair) => pair.asset).sort()).toEqual(["APT", "ARB", "ICP", "KAS", "LDO", "NEAR"]);
      for (const pair of below) {
        expect(pair.net).toBeGreaterThan(0.0002);
        expect(pair.net).toBeLessThan(0.00095);
      }
    }
  });

  test("earn the same funding at every hour of the day, since their rates stand still", () => {
    const fundingAt = (nowMs: number): unknown =>
      plantedPairs(viewOf(1, nowMs), SIMULATED_VENUES)
        .map((pair) => [pair.asset, pair.long.feed, pair.short.feed, pair.funding.toFixed(10)].join(" "))
        .sort();
    const first = fundingAt(TIMES[0] ?? 0);
    for (let hour = 1; hour <= 24; hour += 5) expect(fundingAt((TIMES[0] ?? 0) + hour * HOUR_MS)).toEqual(first);
  });

  test.each(TIMES)(
    "are the only pairs of healthy rows over the bar; without them nothing reaches 5 basis points, at %i",
    (nowMs) => {
      for (const seed of [1, 2, 3]) {
        const planted = plantedPairs(viewOf(seed, nowMs), SIMULATED_VENUES).filter((pair) => pair.kind === "opens");
        const found = pairsOverBar(viewOf(seed, nowMs), 0.001);
        expect(found.sort()).toEqual(planted.map((pair) => `${pair.asset} ${pair.long.feed} ${pair.short.feed} ${pair.strategy}`).sort());
        expect(
          pairsOverBar({ ...viewOf(seed, nowMs), market: createMarket({ seed, venues: SIMULATED_VENUES, planted: false }) }, 0.0005),
        ).toEqual([]);
      }
    },
    60_000,
  );

  test("would not be the only ones if stocks, pre-market and delisted rows and namesakes were taken for coins", () => {
    const nowMs = TIMES[0] ?? 0;
    const honest = new Set(pairsOverBar(viewOf(1, nowMs), 0.001));
    const traps = pairsOverBar(viewOf(1, nowMs), 0.001, () => true).filter((name) => !honest.has(name));
    // Nobody would short the spot of the first, and nobody quotes the others.
    const unseen = new Set(["STG", "VOXEL", "NTRN", "PORTAL"]);
    for (const { ticker } of TRAPS.map(({ coin }) => coin).filter(({ id }) => !unseen.has(id)))
      expect(
        traps.some((name) => name.startsWith(`${ticker} `)),
        ticker,
      ).toBe(true);
    expect(traps.some((name) => /^(TSLA|NVDA|AAPL|MSTR|COIN|HOOD|XAU) /u.test(name))).toBe(true);
  });
});

function found<T>(value: T | null): T {
  if (value === null) throw new Error("expected a venue with a documented fee");
  return value;
}

const viewOf = (seed: number, nowMs: number): View => ({
  market: createMarket({ seed, venues: SIMULATED_VENUES }),
  nowMs,
  priceAtMs: nowMs,
  overrides: new Map(),
  distortion: null,
});

type Row = ReturnType<typeof rowsOf>[number];
const isHealthy = (row: Row): boolean => row.state === "trading" && row.listing.coin.class === "crypto" && row.listing.quote !== "BTC";

/** `paid`: its funding over a week, for a short. Prices are per coin. */
function legOf(venue: SimulatedVenue, row: Row, nowMs: number) {
  const quote = venue.wire(row);
  const [bid, ask] = [Number(quote.bid), Number(quote.ask)].map((price) => price / row.listing.multiplier);
  const count = Math.floor((nowMs + 168 * HOUR_MS - quote.nextFundingAtMs) / (quote.intervalHours * HOUR_MS)) + 1;
  const paid = Number(quote.rate) * count;
  return { venue, row, quote, paid, bid: bid ?? Number.NaN, ask: ask ?? Number.NaN, coinPrice: row.index / row.listing.multiplier };
}

/** Every pair of rows of one ticker whose net is over the bar, spot never short, as `ticker long short strategy` by market. */
function pairsOverBar(view: View, bar: number, isEligible?: (row: Row) => boolean): string[] {
  const legs = SIMULATED_VENUES.flatMap((venue) =>
    rowsOf(view, venue)
      .filter(
        (row) =>
          (row.listing.kind === "perpetual" || row.listing.kind === "spot") &&
          row.state !== "empty-book" &&
          row.state !== "delisted" &&
          (isEligible ?? isHealthy)(row),
      )
      .map((row) => legOf(venue, row, view.nowMs)),
  );
  const byTicker = Map.groupBy(legs, (leg) => leg.row.listing.coin.ticker);
  const names: string[] = [];
  for (const [ticker, group] of byTicker) {
    for (const long of group) {
      for (const short of group) {
        if (long.venue === short.venue || short.venue.profile.kind === "spot") continue;
        if (isEligible === undefined && Math.abs(long.coinPrice / short.coinPrice - 1) > 0.01) continue;
        const [bought, sold] = [long, short].map(({ venue, row, quote }) => ({
          quote,
          takerFeeRate: venue.takerFeeRate,
          listing: row.listing,
        }));
        if (bought === undefined || sold === undefined) continue;
        // What a pair earns before any cost is counted quickly; only what could clear the bar is walked, settlement by settlement.
        const funding = short.paid - long.paid;
        const halfGap = (short.bid - long.ask) / (short.bid + long.ask);
        if (funding + Math.max(0, halfGap) < bar - 1e-6) continue;
        const { net, survives } = slowNet(bought, sold, view.nowMs);
        const isCarry = long.venue.profile.kind === "spot";
        const name = `${ticker} ${long.venue.id} ${short.venue.id}`;
        if (net >= bar && (survives || bar < 0.001)) names.push(`${name} ${isCarry ? "carry" : "funding"}`);
        const isOneCurrency = long.row.listing.quote === short.row.listing.quote && long.row.listing.settle === short.row.listing.settle;
        if (isCarry || !isOneCurrency) continue;
        // A price pair stands on its gap: under stress it gets none of the funding it receives.
        const gap = slowPriceNet(bought, sold, view.nowMs);
        if (gap.net >= bar && gap.survives) names.push(`${name} price`);
      }
    }
  }
  return names;
}
