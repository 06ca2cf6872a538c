import fc from "fast-check";
import type { Delivery, DeliveryPayload } from "../../src/domain/delivery.ts";
import type { PairIdentity } from "../../src/domain/identity.ts";
import type { Leg, Priced } from "../../src/domain/opportunity.ts";
import { DEFAULT_PREFERENCES, LANGUAGES, type Person, type Preferences } from "../../src/domain/person.ts";
import { MINUTE_MS } from "../../src/domain/units.ts";
import { buildLedger } from "../../src/economics/ledger.ts";
import { opportunityId } from "../../src/lifecycle/key.ts";
import type { MarketColumns } from "../../src/storage/market-columns.ts";
import { SNAPSHOT_VERSION } from "../../src/storage/snapshot.ts";
import type { ShownSnapshot } from "../../src/telegram/shown-snapshot.ts";
import { leg, NOW } from "../arbitraries.ts";
import { opened, scanOf } from "../opportunities.ts";

/**
 * Names as a venue could send them: tickers, markup, emoji, directions, halves of characters, line breaks, whole books. What
 * the checker takes for a value that is no text stands in none, or a sound message would seem broken.
 */
export const names = fc
  .oneof(
    fc.constantFrom(
      "BTC",
      "ETH",
      "NEIRO~2",
      "*_[x](tg://user?id=1)_*",
      "<b>A</b>",
      "币安人生",
      "👩‍👩‍👧",
      "a\nb",
      "\u202Eevil",
      "`",
      "@all",
      " ",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
    fc.string({ minLength: 100, maxLength: 400 }),
    fc.constant("\uD83D"),
  )
  .filter((name) => !/undefined|NaN|\[object|null/u.test(name));
const venues = fc.oneof(fc.constantFrom("binance", "bybit", "gate", "okx", "kucoin", "hyperliquid"), names);
export const languages = fc.constantFrom(...LANGUAGES);

const legOf = (side: Leg["side"]): fc.Arbitrary<Leg> =>
  fc
    .record({
      of: leg(side),
      venue: venues,
      settle: fc.constantFrom("USDT", "USDC", "*"),
      kind: fc.constantFrom("perpetual" as const, "spot" as const),
      multiplier: fc.constantFrom(null, 1, 1_000),
    })
    .map(({ of, ...fields }) => ({ ...of, quote: { ...of.quote, ...fields } }));

const coinPrices = fc.record({
  price: fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
  source: fc.constantFrom("index" as const, "mark" as const, "mid" as const),
});
const identities: fc.Arbitrary<PairIdentity | null> = fc.option(
  fc.record({
    venues: fc.nat({ max: 15 }),
    instruments: fc.nat({ max: 40 }),
    spread: fc.constantFrom(null, 0, 0.004),
    bar: fc.constantFrom(0.01, 0.03),
    long: coinPrices,
    short: coinPrices,
    confirmed: fc.subarray(["long" as const, "short" as const]),
  }),
  { nil: null },
);

/** A pair of any strategy, priced by the real economics: what is missing in its legs is missing in its ledger. */
export const pairs: fc.Arbitrary<Priced> = fc
  .record({
    strategy: fc.constantFrom("funding" as const, "carry" as const, "price" as const),
    asset: names,
    long: legOf("long"),
    short: legOf("short"),
    marks: fc.array(fc.oneof(fc.constantFrom("long:low-volume", "short:frozen"), names), { maxLength: 30 }),
    identity: identities,
    sizeUsd: fc.constantFrom(10, 5_000, 10_000_000),
    horizonHours: fc.constantFrom(1, 168, 2_160),
  })
  .map(({ sizeUsd, horizonHours, ...pair }) => ({
    ...pair,
    key: `${pair.strategy}|${pair.asset}|a|b`,
    longRate: 0,
    shortRate: 0,
    rateDifference: 0,
    grossApr: 0,
    ledger: buildLedger({
      ...pair,
      sizeUsd,
      horizonHours,
      nowMs: NOW,
      collateralPerLeg: 1,
      ...(pair.strategy === "price" ? { closure: 0.5 } : {}),
    }),
  }));

export const preferences: fc.Arbitrary<Preferences> = fc
  .record({
    language: languages,
    venues: fc.option(fc.array(venues, { maxLength: 40 })),
    assets: fc.option(fc.array(names, { maxLength: 5 })),
    sizeUsd: fc.double({ min: 10, max: 1e7, noNaN: true }),
    horizonHours: fc.integer({ min: 1, max: 2_160 }),
    bar: fc.record({ kind: fc.constantFrom("net-apr" as const, "net-usd" as const), value: fc.double({ min: -1, max: 1, noNaN: true }) }),
    onboarded: fc.boolean(),
    mutes: fc.array(
      fc.record({ scope: fc.constantFrom("asset" as const, "venue" as const), value: names, untilMs: fc.constantFrom(null, NOW + 1) }),
    ),
  })
  .map((fields) => ({ ...DEFAULT_PREFERENCES, ...fields }));

export const people: fc.Arbitrary<Person> = preferences.map((chosen) => ({
  telegramId: 7,
  chatId: 7,
  role: "person",
  status: "active",
  preferences: chosen,
  createdAtMs: NOW,
}));

/** The columns of a market with a row for each leg. */
const marketOf = (all: readonly Priced[]): MarketColumns =>
  Object.fromEntries(
    all
      .flatMap(({ asset, long, short }) => [long, short].map((side) => ({ asset, quote: side.quote })))
      .map(({ asset, quote }, place) => [
        `feed-${place}`,
        {
          venue: quote.venue,
          symbol: [quote.symbol],
          kind: [quote.kind],
          asset: [asset],
          refused: [],
          bid: [quote.bid],
          ask: [quote.ask],
          mark: [quote.mark],
          index: [quote.index],
          fundingRatePerInterval: [quote.fundingRatePerInterval],
          fundingIntervalHours: [quote.fundingIntervalHours],
          nextFundingAtMs: [quote.nextFundingAtMs],
          lastSettledRatePerInterval: [quote.lastSettledRatePerInterval],
          volume24hUsd: [quote.volume24hUsd],
          openInterestUsd: [quote.openInterestUsd],
          eventAtMs: [quote.eventAtMs],
          receivedAtMs: [quote.receivedAtMs],
        },
      ]),
  );

/** A snapshot of such pairs: some open, some without data, some missed, some for better fees only. */
export const reads: fc.Arbitrary<ShownSnapshot> = fc
  .record({
    rows: fc.array(pairs, { maxLength: 12 }),
    missed: fc.array(pairs, { maxLength: 6 }),
    candidates: fc.array(pairs, { maxLength: 6 }),
    market: fc.constantFrom("live", "simulated", "*recorded*"),
    verdict: fc.constantFrom("opportunities" as const, "confirming" as const, "market-quiet" as const, "data-failure" as const),
    source: fc.constantFrom("kv" as const, "d1" as const),
    ageMs: fc.integer({ min: 0, max: 1e9 }),
    silent: fc.array(venues, { maxLength: 30 }),
  })
  .map(({ rows, missed, candidates, market, verdict, source, ageMs, silent }) => ({
    source,
    ageMs,
    snapshot: {
      version: SNAPSHOT_VERSION,
      expiresAtMs: NOW + MINUTE_MS,
      scan: { ...scanOf({ slotMs: NOW, market, verdict }) },
      venues: silent.map((venue) => ({
        feed: venue,
        venue,
        ok: false,
        receivedAtMs: null,
        rows: 0,
        error: { kind: "timeout", message: "" },
        degraded: [],
        health: null,
        healthAtMs: null,
        calls: 0,
        ms: 0,
      })),
      opportunities: rows.map((priced, place) => ({
        ...opened(priced, {
          id: opportunityId(priced.key, place),
          openedAtMs: NOW - place * MINUTE_MS,
          scansMerged: place,
          revivals: place % 3,
        }),
        ...(place % 4 === 1 ? { status: "no-data" as const, noDataSinceMs: NOW - 1_000, noDataReason: "missing" } : {}),
        points: null,
        netUnknown: place % 5 === 2 ? { sinceMs: NOW, reasons: ["Fees are not known: *x*."] } : null,
      })),
      nearMisses: missed.map((priced, place) => ({ ...priced, refusal: place % 2 === 0 ? "below-bar" : "frozen" })),
      unpriced: missed,
      candidates,
      openNet: 0.001,
      market: source === "d1" ? null : marketOf([...rows, ...missed]),
    },
  }));

/** What failed at the venues of a pair's legs. */
export const degradedFigures = fc.array(
  fc.record({
    venue: names,
    endpoint: fc.oneof(names, fc.constantFrom("openInterest", "instruments", "constructor")),
    sinceMs: fc.option(fc.constant(NOW - 120_000)),
    fromMs: fc.option(fc.constant(NOW - 60_000)),
  }),
  { maxLength: 5 },
);

const personalPairs = fc
  .record({ priced: pairs, scansMerged: fc.nat(), revivals: fc.nat({ max: 5 }) })
  .map((fields) => ({ ...fields, id: opportunityId(fields.priced.key, 0), status: "open" as const, openedAtMs: NOW - 60_000 }));

const payloads: fc.Arbitrary<DeliveryPayload> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      "opened" as const,
      "improved" as const,
      "terms-changed" as const,
      "no-data" as const,
      "data-back" as const,
      "ended" as const,
    ),
    pair: personalPairs,
    others: fc.nat({ max: 9 }),
    netBefore: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
    reason: fc.option(fc.oneof(fc.constantFrom("below-bar", "data-lost", "pays-funding"), names)),
    taken: fc.boolean(),
    degraded: degradedFigures,
  }),
  fc.record({
    kind: fc.constant("watch" as const),
    asset: names,
    venue: venues,
    direction: fc.constantFrom("above" as const, "below" as const),
    ratePer8h: fc.double({ min: -1, max: 1, noNaN: true }),
    barPer8h: fc.double({ min: -1, max: 1, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("digest" as const),
    pairs: fc.array(personalPairs, { maxLength: 10 }),
    held: fc.nat({ max: 500 }),
    open: fc.nat({ max: 500 }),
  }),
  fc.record({
    kind: fc.constant("incident" as const),
    incident: names,
    subject: names,
    phase: fc.constantFrom("opened" as const, "recovered" as const),
    label: names,
    lines: fc.array(names, { maxLength: 40 }),
    sinceMs: fc.integer({ min: NOW - 1e9, max: NOW }),
  }),
  fc.record({ kind: fc.constant("broadcast" as const), text: fc.string({ unit: "binary", minLength: 1, maxLength: 6_000 }) }),
);

export const deliveries: fc.Arbitrary<Delivery> = fc
  .record({
    payload: payloads,
    venueAtMs: fc.option(fc.integer({ min: NOW - 1e6, max: NOW })),
    scanAtMs: fc.option(fc.integer({ min: NOW - 1e6, max: NOW })),
    protective: fc.boolean(),
  })
  .map((fields) => ({
    ...fields,
    eventId: "event",
    telegramId: 7,
    kind: fields.payload.kind,
    status: "sending",
    reason: null,
    silent: false,
    opportunityId: null,
    strategy: null,
    asset: null,
    netTold: null,
    attempts: 1,
  }));
