import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { valueAt } from "../../src/domain/quote.ts";
import { fundingOver } from "../../src/economics/funding.ts";
import { opportunityKey } from "../../src/lifecycle/key.ts";
import { fundingStrategy } from "../../src/strategies/funding.ts";
import { nearMisses } from "../../src/strategies/near-misses.ts";
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
const settings = { referenceSizeUsd: 5_000, horizonHours: 168, openNet: 0.001, collateralPerLeg: 1 };
const pricerOf = (venues: Market) =>
  fundingStrategy.pricer(venues, {
    nowMs: NOW,
    settings,
    keyOf: opportunityKey,
    marksOf: () => [],
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
        : [{ asset, long, short, why: "candidate" as const }];
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
        const found = nearMisses(selection.pairs.map(price), settings.openNet, 2);
        const expected = nearMisses(
          earning.map(({ priced }) => priced),
          settings.openNet,
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
