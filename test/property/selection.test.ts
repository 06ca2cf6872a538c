import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Priced } from "../../src/domain/opportunity.ts";
import { quoteAt, valueAt } from "../../src/domain/quote.ts";
import { fundingOver } from "../../src/economics/funding.ts";
import { opportunityKey } from "../../src/lifecycle/key.ts";
import { fundingStrategy } from "../../src/strategies/funding.ts";
import { nearMisses } from "../../src/strategies/near-misses.ts";
import { carryStrategy } from "../../src/strategies/carry.ts";
import { priceStrategy } from "../../src/strategies/price.ts";
import type { DirectedPair, Market, RowRef, Selection } from "../../src/strategies/strategy.ts";
import { accrual, fee, fields, maybe, NOW } from "../arbitraries.ts";
import { marketVenue } from "../market.ts";

/** A market of a few venues with the same few coins, two of them perhaps twice on a venue. */
const market: fc.Arbitrary<Market> = fc
  .array(
    fc.record({
      takerFeeRate: maybe(fee),
      accrual,
      rows: fc.array(
        fc.record({
          quote: fields(maybe),
          assetId: maybe(fc.constantFrom("BTC", "ETH", "SOL")),
          settle: fc.constantFrom("USDT", "USDC", "USD", "BTC"),
        }),
        { maxLength: 6 },
      ),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((venues) =>
    venues.map(({ rows, ...venue }, place) =>
      marketVenue({
        id: `venue${place}`,
        ...venue,
        rows: rows.map(({ quote, ...row }, at) => ({ ...quote, ...row, symbol: `${row.assetId ?? "X"}/${at}`, refused: at === 5 })),
      }),
    ),
  );
const settings = { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001, collateralPerLeg: 1, priceClosure: 0.5 };
const pricerOf = (venues: Market) =>
  fundingStrategy.pricer(venues, {
    nowMs: NOW,
    settings,
    keyOf: opportunityKey,
    marksOf: () => [],
    depthOf: () => null,
  });

/** Every directed pair that may be paired and has a rate, by the plainest loop. */
function everyPair(venues: Market): readonly DirectedPair[] {
  const refs: RowRef[] = venues.flatMap((venue, place) => [...venue.passed].map((row) => ({ venue: place, row })));
  const assetOf = (ref: RowRef) => venues[ref.venue]?.assetId[ref.row] ?? null;
  return refs.flatMap((long) =>
    refs.flatMap((short) => {
      const asset = assetOf(long);
      return asset === null || asset !== assetOf(short) || long.venue === short.venue
        ? []
        : [{ asset, long, short, why: "candidate" as const, gross: 0 }];
    }),
  );
}

const settlesInDollars = (venues: Market, ref: RowRef): boolean => venues[ref.venue]?.columns.settle[ref.row] !== "BTC";
const placeOf = ({ long, short }: DirectedPair): string => JSON.stringify([long, short]);

function fundingKnown(venues: Market, { long, short }: DirectedPair): boolean {
  return [long, short].every((ref) => {
    const columns = venues[ref.venue]?.columns;
    if (columns === undefined) return false;
    const terms = {
      ratePerInterval: valueAt(columns.fundingRatePerInterval, ref.row),
      intervalHours: valueAt(columns.fundingIntervalHours, ref.row),
      nextAtMs: valueAt(columns.nextFundingAtMs, ref.row),
      accrual: venues[ref.venue]?.facts.accrual ?? "settled",
    };
    return fundingOver(terms, { nowMs: NOW, horizonHours: 168 }) !== null;
  });
}

const droppedIn = (selection: Selection): number => Object.values(selection.dropped).reduce((sum, pairs) => sum + pairs, 0);

describe("selection over columns agrees with pricing every pair", () => {
  const select = (venues: Market) => fundingStrategy.select(venues, { nowMs: NOW, settings, open: [], nearMissCount: 2 });

  test("the same candidates, the same near-misses, and counts that add up", () => {
    fc.assert(
      fc.property(market, (venues) => {
        const pairs = everyPair(venues);
        const selection = select(venues);
        expect(selection.considered).toBe(pairs.length);
        expect(selection.considered).toBe(selection.pairs.length + droppedIn(selection));

        const price = pricerOf(venues);
        const mixing = pairs.filter(({ long, short }) => settlesInDollars(venues, long) === settlesInDollars(venues, short));
        const earning = mixing
          .filter((pair) => fundingKnown(venues, pair))
          .map((pair) => ({ pair, priced: price(pair) }))
          .filter(({ priced }) => priced.grossApr > 0);
        const candidates = earning.filter(({ priced: { ledger } }) => {
          const [funding, fees, crossing] = [ledger.funding ?? Number.NaN, ledger.fees, ledger.crossing];
          // A cost that is only partly known is not in the ledger; the reference leaves those pairs to the next expectation.
          return fees !== null && crossing !== null && funding - fees / 2 - crossing >= settings.openNet;
        });
        const chosen = new Set(selection.pairs.filter(({ why }) => why === "candidate").map(placeOf));
        const costKnown = new Set(
          earning.filter(({ priced: { ledger } }) => ledger.fees !== null && ledger.crossing !== null).map(({ pair }) => placeOf(pair)),
        );
        expect([...chosen].filter((place) => costKnown.has(place)).sort()).toEqual(candidates.map(({ pair }) => placeOf(pair)).sort());
        for (const { pair, priced } of earning) if ((priced.ledger.net ?? -1) >= settings.openNet) expect(chosen).toContain(placeOf(pair));

        const nets = (list: ReturnType<typeof nearMisses>) => list.map(({ priced }) => priced.ledger.net);
        const found = nearMisses(selection.pairs.map(price), 2);
        const expected = nearMisses(
          earning.map(({ priced }) => priced),
          2,
        );
        expect(nets(found)).toEqual(nets(expected));
      }),
      { numRuns: 300 },
    );
  });

  test("a pair of an open row with funding known is always priced", () => {
    fc.assert(
      fc.property(market, fc.nat(), (venues, pick) => {
        const pairs = everyPair(venues).filter(
          (pair) => fundingKnown(venues, pair) && settlesInDollars(venues, pair.long) === settlesInDollars(venues, pair.short),
        );
        const pair = pairs[pick % Math.max(1, pairs.length)];
        if (pair === undefined) return;
        const open = [pricerOf(venues)(pair)];
        const selection = fundingStrategy.select(venues, { nowMs: NOW, settings, open, nearMissCount: 0 });
        expect(selection.pairs.map(placeOf)).toContain(placeOf(pair));
        expect(selection.considered).toBe(selection.pairs.length + droppedIn(selection));
      }),
      { numRuns: 300 },
    );
  });

  test("the order of the venues changes nothing but the order", () => {
    fc.assert(
      fc.property(market, (venues) => {
        const keys = (list: Market) => {
          const price = pricerOf(list);
          return select(list)
            .pairs.filter(({ why }) => why === "candidate")
            .map((pair) => price(pair).key)
            .sort();
        };
        expect(keys([...venues].reverse())).toEqual(keys(venues));
      }),
    );
  });
});

/** Books that stand apart, so that some pairs have a gap; spot beside perpetuals, two feeds of a venue. */
const mixedMarket: fc.Arbitrary<Market> = fc
  .array(
    fc.record({
      takerFeeRate: maybe(fee),
      spotFeeRate: fee,
      accrual,
      isSpot: fc.boolean(),
      rows: fc.array(
        fc.record({
          quote: fields(maybe),
          shift: fc.constantFrom(0, 0.2, 0.6, 1.5),
          assetId: maybe(fc.constantFrom("BTC", "ETH")),
          settle: fc.constantFrom("USDT", "USDT", "USDC", "BTC"),
        }),
        { maxLength: 5 },
      ),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((venues) =>
    venues.map(({ rows, isSpot, ...venue }, place) =>
      marketVenue({
        // Every second feed is another feed of the venue before it.
        id: `venue${isSpot ? place - (place % 2) : place}`,
        ...venue,
        rows: rows.map(({ quote, shift, ...row }, at) => ({
          ...quote,
          ...row,
          bid: quote.bid == null ? null : quote.bid + shift,
          ask: quote.ask == null ? null : quote.ask + shift,
          quote: row.settle,
          kind: isSpot ? "spot" : "perpetual",
          symbol: `${row.assetId ?? "X"}/${place}.${at}`,
          refused: at === 4,
        })),
      }),
    ),
  );

type Reference = { readonly pair: DirectedPair; readonly drop: string | null };

/** Which pairs a strategy takes, by the plainest reading of its definition. */
function referenceOf(strategy: "carry" | "price", venues: Market): readonly Reference[] {
  const refs: RowRef[] = venues.flatMap((venue, place) => [...venue.passed].map((row) => ({ venue: place, row })));
  const rowOf = (ref: RowRef) => {
    const venue = venues[ref.venue];
    if (venue === undefined) throw new Error("no such venue");
    return { ...quoteAt(venue.columns, ref.row), assetId: venue.assetId[ref.row] ?? null, venue: venue.facts.id };
  };
  const isKnown = (ref: RowRef): boolean => fundingKnown(venues, { asset: "", long: ref, short: ref, why: "candidate", gross: 0 });
  return refs.flatMap((long) =>
    refs.flatMap((short) => {
      const [bought, sold] = [rowOf(long), rowOf(short)];
      if (bought.assetId === null || bought.assetId !== sold.assetId || sold.kind !== "perpetual") return [];
      if (bought.kind !== (strategy === "carry" ? "spot" : "perpetual")) return [];
      if (strategy === "price" && bought.venue === sold.venue) return [];
      const pair = { asset: bought.assetId, long, short, why: "candidate" as const, gross: 0 };
      const inDollars = bought.settle !== "BTC" && sold.settle !== "BTC";
      if (strategy === "carry") {
        const mix = bought.settle === sold.settle || inDollars;
        const rate = (sold.fundingRatePerInterval ?? Number.NaN) / (sold.fundingIntervalHours ?? Number.NaN);
        return [{ pair, drop: !mix ? "settle-mismatch" : !isKnown(short) ? "no-rate" : rate > 0 ? null : "no-carry" }];
      }
      if (bought.settle !== sold.settle) return [{ pair, drop: "quote-mismatch" }];
      if ([bought.bid, bought.ask, sold.bid, sold.ask].includes(null)) return [{ pair, drop: "no-price" }];
      if (!isKnown(long) || !isKnown(short)) return [{ pair, drop: "no-rate" }];
      return [{ pair, drop: (sold.bid ?? 0) > (bought.ask ?? 0) ? null : "no-gap" }];
    }),
  );
}

describe.each([
  ["carry", carryStrategy],
  ["price", priceStrategy],
] as const)("selection of %s over columns agrees with pricing every pair", (name, strategy) => {
  const priceIn = (venues: Market) =>
    strategy.pricer(venues, { nowMs: NOW, settings, keyOf: opportunityKey, marksOf: () => [], depthOf: () => null });
  const selectIn = (venues: Market, open: readonly Priced[] = []) =>
    strategy.select(venues, { nowMs: NOW, settings, open, nearMissCount: 2 });

  test("the same candidates, near-misses and reasons, and counts that add up", () => {
    fc.assert(
      fc.property(mixedMarket, (venues) => {
        const reference = referenceOf(name, venues);
        const selection = selectIn(venues);
        expect(selection.considered).toBe(reference.length);
        expect(selection.considered).toBe(selection.pairs.length + droppedIn(selection));
        for (const reason of ["settle-mismatch", "quote-mismatch", "no-price", "no-rate", "no-carry", "no-gap"])
          expect(selection.dropped[reason] ?? 0).toBe(reference.filter(({ drop }) => drop === reason).length);

        const price = priceIn(venues);
        const earning = reference.filter(({ drop }) => drop === null).map(({ pair }) => ({ pair, priced: price(pair) }));
        const isCandidate = ({ priced: { ledger } }: (typeof earning)[number]): boolean =>
          ledger.net !== null && ledger.net + (ledger.fees ?? 0) / 2 >= settings.openNet;
        const chosen = new Set(selection.pairs.filter(({ why }) => why === "candidate").map(placeOf));
        const costKnown = new Set(earning.filter(({ priced }) => priced.ledger.net !== null).map(({ pair }) => placeOf(pair)));
        const near = (pair: DirectedPair): boolean => {
          const ledger = earning.find((each) => placeOf(each.pair) === placeOf(pair))?.priced.ledger;
          return Math.abs((ledger?.net ?? 0) + (ledger?.fees ?? 0) / 2 - settings.openNet) < 1e-12;
        };
        const expected = earning.filter((each) => isCandidate(each) && !near(each.pair)).map(({ pair }) => placeOf(pair));
        expect(expected.filter((place) => !chosen.has(place))).toEqual([]);
        for (const pair of selection.pairs.filter(({ why }) => why === "candidate")) {
          if (costKnown.has(placeOf(pair)) && !near(pair)) expect(expected).toContain(placeOf(pair));
        }

        const nets = (list: ReturnType<typeof nearMisses>) => list.map(({ priced }) => priced.ledger.net);
        const all = earning.map(({ priced }) => priced);
        expect(nets(nearMisses(selection.pairs.map(price), 2))).toEqual(nets(nearMisses(all, 2)));
        for (const pair of selection.pairs) {
          const { ledger } = price(pair);
          expect(pair.gross).toBe((ledger.priceGain ?? 0) + (ledger.funding ?? Number.NaN));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a pair of an open row is priced whatever it earns", () => {
    fc.assert(
      fc.property(mixedMarket, fc.nat(), (venues, pick) => {
        const able = referenceOf(name, venues).filter(({ drop }) => drop === null || drop === "no-carry" || drop === "no-gap");
        const pair = able[pick % Math.max(1, able.length)]?.pair;
        if (pair === undefined) return;
        const selection = selectIn(venues, [priceIn(venues)(pair)]);
        expect(selection.pairs.map(placeOf)).toContain(placeOf(pair));
        expect(selection.considered).toBe(selection.pairs.length + droppedIn(selection));
      }),
      { numRuns: 300 },
    );
  });
});
