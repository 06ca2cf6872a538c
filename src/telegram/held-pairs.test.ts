import { describe, expect, it } from "vitest";
import type { Priced } from "../domain/opportunity.ts";
import { HOUR_MS } from "../domain/units.ts";
import type { Holdings, StoredSettlement, Taken } from "../storage/taken.ts";
import { marketOf, type MarketRow } from "../../test/market-columns.ts";
import { carryPair, fundingPair, gapPair, NOW_MS, opened } from "../../test/opportunities.ts";
import { heldPairs, type HeldMarket } from "./held-pairs.ts";
import { instrumentsOf } from "./messages/pair.ts";

const LATER_MS = NOW_MS + 9 * HOUR_MS;
const takenOf = (priced: Priced, fields: Partial<Taken> = {}): Taken => {
  const [longInstrument, shortInstrument] = instrumentsOf(priced);
  const { key, asset } = priced;
  const sizeUsd = 10_000;
  const names = { id: "taken-1", telegramId: 7, opportunityId: "0a1b2c3d4e5f6", key, asset, longInstrument, shortInstrument };
  return { ...names, sizeUsd, priced, takenAtMs: NOW_MS, endedAtMs: null, ...fields };
};
const settlement = (instrument: string, hours: number, rate: number | null): StoredSettlement => ({
  instrument,
  settledAtMs: NOW_MS + hours * HOUR_MS,
  rate,
  source: rate === null ? "missed" : "settled",
});
const LONG = "alpha:BTC/USDT:USDT";
const SHORT = "beta:BTC/USDT:USDT";
const next = (instrument: string, hours: number) => ({
  instrument,
  nextFundingAtMs: NOW_MS + hours * HOUR_MS,
  rate: 0.0001,
  seenAtMs: LATER_MS,
});
const SETTLED = [settlement(LONG, 1, 0.0001), settlement(SHORT, 1, 0.0004), settlement(SHORT, 5, 0.0003)];
const market = (long: Partial<MarketRow>, short: Partial<MarketRow>) =>
  marketOf([
    { venue: "alpha", asset: "BTC", rate: 0.0001, hours: 8, nextFundingAtMs: NOW_MS + 17 * HOUR_MS, ...long },
    { venue: "beta", asset: "BTC", rate: 0.0004, hours: 4, nextFundingAtMs: NOW_MS + 13 * HOUR_MS, ...short },
  ]);
const snapshotOf = (columns: NonNullable<HeldMarket>["market"], rows: readonly Priced[]): HeldMarket => ({
  market: columns,
  opportunities: rows.map((priced) => ({ ...opened(priced), points: null, netUnknown: null })),
});
function held(
  priced: Priced,
  input: { readonly holdings?: Partial<Holdings>; readonly snapshot?: HeldMarket; readonly taken?: Partial<Taken> },
) {
  const announced = [next(LONG, 17), next(SHORT, 13)];
  const holdings: Holdings = { taken: [takenOf(priced, input.taken)], settlements: SETTLED, announced, cutAtMs: null, ...input.holdings };
  const [pair] = heldPairs(holdings, { snapshot: input.snapshot ?? snapshotOf(market({}, {}), [priced]), nowMs: LATER_MS });
  if (pair === undefined) throw new Error("expected a pair, found none");
  return pair;
}

describe("a pair that is held", () => {
  it("has earned what its settlements since the entry say, at the size it was taken", () => {
    const pair = held(fundingPair(), {});
    expect(pair.fundingUsd).toBeCloseTo(6, 10);
    expect(pair.legsUsd.long).toBeCloseTo(-1, 10);
    expect(pair.legsUsd.short).toBeCloseTo(7, 10);
    expect(pair.unseenSinceMs).toBeNull();
    expect(pair.exit).toBeNull();
  });

  it("costs fees and crossing in and out, half of each at the entry, and progress is funding over that", () => {
    const priced = fundingPair();
    const { fees, crossing } = priced.ledger;
    const cost = (fees ?? Number.NaN) + (crossing ?? Number.NaN);
    const pair = held(priced, {});
    expect(pair.costUsd).toBeCloseTo(cost * 10_000, 10);
    expect(pair.fees.entryUsd).toBeCloseTo((fees ?? Number.NaN) * 5_000, 10);
    expect((pair.crossing.entryUsd ?? Number.NaN) + (pair.crossing.exitUsd ?? Number.NaN)).toBeCloseTo(
      (crossing ?? Number.NaN) * 10_000,
      10,
    );
    expect(pair.progress).toBeCloseTo(0.0006 / cost, 10);
  });

  it("tells the next settlements, the sooner first, a long leg paying what a short one gets", () => {
    const { next: coming } = held(fundingPair(), {});
    expect(coming.map(({ leg, atMs }) => [leg.side, (atMs - NOW_MS) / HOUR_MS])).toEqual([
      ["short", 13],
      ["long", 17],
    ]);
    expect(coming.map(({ usd }) => usd)).toEqual([expect.closeTo(4, 10), expect.closeTo(-1, 10)]);
  });

  it("signals to leave when it pays funding now, or when no row has it any more", () => {
    const priced = fundingPair();
    expect(held(priced, { snapshot: snapshotOf(market({ rate: 0.001 }, {}), [priced]) }).exit).toBe("negative");
    expect(held(priced, { snapshot: snapshotOf(market({}, {}), []) }).exit).toBe("ended");
    expect(held(priced, { snapshot: snapshotOf(null, [priced]) })).toMatchObject({ exit: null, carryApr: null });
  });

  it("gives no signal of an end without a snapshot, or for a pair that never had a row", () => {
    const priced = fundingPair();
    expect(
      heldPairs({ taken: [takenOf(priced)], settlements: [], announced: [], cutAtMs: null }, { snapshot: null, nowMs: LATER_MS })[0]?.exit,
    ).toBeNull();
    expect(held(priced, { snapshot: snapshotOf(market({}, {}), []), taken: { opportunityId: "~0a1b2c3d4e5f6" } }).exit).toBeNull();
  });

  it("of a price gap gives no signal for its funding, and no progress by it", () => {
    const priced = gapPair();
    expect(held(priced, { snapshot: snapshotOf(market({ rate: 0.001 }, {}), [priced]) })).toMatchObject({ exit: null, progress: null });
  });

  it("with a spot leg earns what its perpetual earns", () => {
    const priced = carryPair();
    const pair = held(priced, { snapshot: snapshotOf(market({}, {}), [priced]) });
    expect(pair.fundingUsd).toBeCloseTo(7, 10);
    expect(pair.carryApr).toBeCloseTo((0.0004 / 4) * 8_760, 10);
    expect(pair.next).toHaveLength(1);
  });

  it("says since when its funding is incomplete", () => {
    const missed = held(fundingPair(), { holdings: { settlements: [...SETTLED, settlement(LONG, 3, null)] } });
    expect(missed.funding).toMatchObject({ missed: 1, incompleteSinceMs: NOW_MS + 3 * HOUR_MS });
    expect(missed.fundingUsd).toBeCloseTo(6, 10);
    expect(held(fundingPair(), { holdings: { announced: [next(LONG, 7), next(SHORT, 13)] } }).unseenSinceMs).toBe(NOW_MS + 7 * HOUR_MS);
    expect(held(fundingPair(), { holdings: { announced: [], settlements: [] } }).unseenSinceMs).toBe(NOW_MS);
    expect(held(fundingPair(), { holdings: { cutAtMs: NOW_MS + 1 } }).unseenSinceMs).toBe(NOW_MS);
  });

  it("with a leg that accrues all the time has a funding that is not known", () => {
    const priced = fundingPair();
    const long = { ...priced.long, accrual: "continuous" as const };
    expect(held({ ...priced, long }, {})).toMatchObject({ fundingUsd: null, progress: null, legsUsd: { long: null } });
  });
});
