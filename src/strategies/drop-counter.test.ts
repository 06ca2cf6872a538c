import { expect, test } from "vitest";
import { dropCounter, reasonNumber } from "./drop-counter.ts";
import { type DroppedPair, PAIR_DROP_REASONS, SAMPLES_PER_REASON } from "./strategy.ts";

const sample = (asset: string): DroppedPair => ({ asset, long: "gate", short: "bybit", reason: "no-rate", estimate: null });

test("every reason has a number of its own", () => {
  expect(PAIR_DROP_REASONS.map(reasonNumber)).toEqual(PAIR_DROP_REASONS.map((_, place) => place));
});

test("evidence is wanted of the first few of each reason and long venue, and every pair is counted", () => {
  const drops = dropCounter(2);
  const wanted = (reason: (typeof PAIR_DROP_REASONS)[number], venue: number) =>
    Array.from({ length: SAMPLES_PER_REASON + 2 }, () => drops.add(reasonNumber(reason), venue)).filter(Boolean).length;
  expect([wanted("no-rate", 0), wanted("no-rate", 1), wanted("no-carry", 0), wanted("below-threshold", 1)]).toEqual(
    Array.from({ length: 4 }, () => SAMPLES_PER_REASON),
  );
  expect(drops.result().dropped).toEqual({
    "no-rate": 2 * (SAMPLES_PER_REASON + 2),
    "no-carry": SAMPLES_PER_REASON + 2,
    "below-threshold": SAMPLES_PER_REASON + 2,
  });
});

test("what is kept comes back in its order, and a counter of nothing has no reasons", () => {
  const drops = dropCounter(1);
  expect(drops.result()).toEqual({ dropped: {}, samples: [] });
  drops.keep(sample("A"));
  drops.keep(sample("B"));
  expect(drops.result().samples).toEqual([sample("A"), sample("B")]);
});
