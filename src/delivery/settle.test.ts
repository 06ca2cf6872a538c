import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import type { AnnouncedRate } from "../storage/taken.ts";
import type { MarketRate } from "./market-rates.ts";
import { LAST_SEEN_MS, settledBetween, settlementChanges } from "./settle.ts";

const DUE_MS = Date.UTC(2026, 8, 11, 16);
const INSTRUMENT = "alpha:BTC/USDT:USDT";
const before = (fields: Partial<AnnouncedRate> = {}): AnnouncedRate => ({
  instrument: INSTRUMENT,
  nextFundingAtMs: DUE_MS,
  rate: 0.0003,
  seenAtMs: DUE_MS - 2 * MINUTE_MS,
  ...fields,
});
const seen = (fields: Partial<MarketRate> = {}): MarketRate => ({
  instrument: INSTRUMENT,
  venue: "alpha",
  asset: "BTC",
  ratePerInterval: 0.0001,
  intervalMs: 8 * HOUR_MS,
  nextAtMs: DUE_MS + 8 * HOUR_MS,
  lastSettledRate: null,
  volume24hUsd: null,
  receivedAtMs: DUE_MS + MINUTE_MS,
  ...fields,
});
const AFTER_MS = DUE_MS + MINUTE_MS;

describe("settlements between two sights of an instrument", () => {
  it("are none while its next funding time has not passed", () => {
    expect(settledBetween(before(), seen({ nextAtMs: DUE_MS }), DUE_MS - MINUTE_MS)).toEqual([]);
    expect(settledBetween(before(), seen({ nextAtMs: DUE_MS + 30_000 }), AFTER_MS)).toEqual([]);
  });

  it("are none where the venue moves a settlement that is still to come", () => {
    expect(settledBetween(before(), seen(), DUE_MS - HOUR_MS)).toEqual([]);
    expect(settledBetween(before(), seen({ nextAtMs: DUE_MS - 4 * HOUR_MS }), DUE_MS - 6 * HOUR_MS)).toEqual([]);
  });

  it("have the rate that the venue sends as settled, else the one announced last", () => {
    expect(settledBetween(before(), seen({ lastSettledRate: 0.00027 }), AFTER_MS)).toEqual([
      { instrument: INSTRUMENT, settledAtMs: DUE_MS, rate: 0.00027, source: "settled" },
    ]);
    expect(settledBetween(before(), seen(), AFTER_MS)).toEqual([
      { instrument: INSTRUMENT, settledAtMs: DUE_MS, rate: 0.0003, source: "last-seen" },
    ]);
  });

  it("are missed where the rate was announced too long before", () => {
    const old = before({ seenAtMs: DUE_MS - LAST_SEEN_MS - 1 });
    expect(settledBetween(old, seen(), AFTER_MS)).toEqual([{ instrument: INSTRUMENT, settledAtMs: DUE_MS, rate: null, source: "missed" }]);
  });

  it("are missed between the one that was due and the latest, where scans stood still", () => {
    const found = settledBetween(before(), seen({ nextAtMs: DUE_MS + 32 * HOUR_MS, lastSettledRate: 0.0005 }), DUE_MS + 25 * HOUR_MS);
    expect(found.map(({ settledAtMs, rate, source }) => [(settledAtMs - DUE_MS) / HOUR_MS, rate, source])).toEqual([
      [0, 0.0003, "last-seen"],
      [8, null, "missed"],
      [16, null, "missed"],
      [24, 0.0005, "settled"],
    ]);
  });

  it("never gives the latest rate to an older settlement", () => {
    const late = before({ seenAtMs: DUE_MS - 5 * HOUR_MS });
    const found = settledBetween(late, seen({ nextAtMs: DUE_MS + 16 * HOUR_MS, lastSettledRate: 0.0005 }), DUE_MS + 9 * HOUR_MS);
    expect(found.map(({ rate }) => rate)).toEqual([null, 0.0005]);
  });

  it("take the one that was due as the latest where the interval became longer or is not sent", () => {
    expect(settledBetween(before(), seen({ nextAtMs: DUE_MS + 4 * HOUR_MS, intervalMs: 8 * HOUR_MS }), AFTER_MS)).toHaveLength(1);
    expect(settledBetween(before(), seen({ intervalMs: null, lastSettledRate: 0.0002 }), AFTER_MS)).toEqual([
      { instrument: INSTRUMENT, settledAtMs: DUE_MS, rate: 0.0002, source: "settled" },
    ]);
  });

  it("refuse a settled rate that no notional pays", () => {
    expect(settledBetween(before(), seen({ lastSettledRate: 12 }), AFTER_MS)[0]).toMatchObject({ rate: 0.0003, source: "last-seen" });
  });

  it("are in order, each once, from the one that was due to before the next, and bounded", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 8),
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 0, max: 20 }),
        fc.boolean(),
        (hours, intervals, seenMinutesBefore, sends) => {
          const intervalMs = hours * HOUR_MS;
          const nextAtMs = DUE_MS + intervals * intervalMs;
          const found = settledBetween(
            before({ seenAtMs: DUE_MS - seenMinutesBefore * MINUTE_MS }),
            seen({ intervalMs, nextAtMs, lastSettledRate: sends ? 0.0001 : null }),
            nextAtMs - MINUTE_MS,
          );
          const times = found.map(({ settledAtMs }) => settledAtMs);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          expect(times[0]).toBe(DUE_MS);
          expect(times.at(-1)).toBe(nextAtMs - intervalMs);
          expect(found.length).toBe(Math.min(intervals, 202));
          for (const { rate, source } of found) expect(rate === null).toBe(source === "missed");
        },
      ),
    );
  });
});

describe("what a scan writes", () => {
  const changes = (announced: readonly AnnouncedRate[], rate: MarketRate | null, nowMs: number, held = [INSTRUMENT]) =>
    settlementChanges({ held, announced, rates: new Map(rate === null ? [] : [[INSTRUMENT, rate]]), nowMs });

  it("is what an instrument announces when it is first held", () => {
    expect(changes([], seen(), AFTER_MS)).toEqual({
      settlements: [],
      announced: [{ instrument: INSTRUMENT, nextFundingAtMs: DUE_MS + 8 * HOUR_MS, rate: 0.0001, seenAtMs: AFTER_MS }],
      forget: [],
    });
  });

  it("is nothing in a steady market, once in a while a new rate, and always one in the last minutes", () => {
    const far = DUE_MS - 4 * HOUR_MS;
    const known = before({ seenAtMs: far - 2 * MINUTE_MS });
    const now = (ratePerInterval: number, atMs: number) => seen({ nextAtMs: DUE_MS, ratePerInterval, receivedAtMs: atMs });
    expect(changes([known], now(0.0003, far), far).announced).toEqual([]);
    expect(changes([known], now(0.0004, far), far).announced).toEqual([]);
    expect(changes([known], now(0.0004, far + HOUR_MS), far + HOUR_MS).announced).toMatchObject([{ rate: 0.0004 }]);
    const close = DUE_MS - 10 * MINUTE_MS;
    expect(changes([known], now(0.0003, close), close).announced).toMatchObject([{ rate: 0.0003, seenAtMs: close }]);
    const again = before({ seenAtMs: close });
    expect(changes([again], now(0.0003, close + MINUTE_MS), close + MINUTE_MS).announced).toEqual([]);
    expect(changes([again], now(0.0005, close + MINUTE_MS), close + MINUTE_MS).announced).toMatchObject([{ rate: 0.0005 }]);
  });

  it("leaves what is not shown now as it was known, and forgets what nobody holds", () => {
    expect(changes([before()], null, AFTER_MS)).toEqual({ settlements: [], announced: [], forget: [] });
    expect(changes([before()], seen(), AFTER_MS, [])).toEqual({ settlements: [], announced: [], forget: [INSTRUMENT] });
  });

  it("says nothing where the venue sends no next time or no rate", () => {
    expect(changes([before()], seen({ nextAtMs: null }), AFTER_MS).settlements).toEqual([]);
    expect(changes([], seen({ ratePerInterval: null }), AFTER_MS).announced).toEqual([]);
  });
});
