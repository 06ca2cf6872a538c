import { describe, expect, test } from "vitest";
import { carryPair, fundingPair, NOW_MS, opened } from "../../test/opportunities.ts";
import type { Opportunity } from "../domain/opportunity.ts";
import { withUnknownNet } from "../economics/unknown-net.ts";
import { byNet, cardsOf } from "./cards.ts";

const plain = fundingPair();
const rich = fundingPair({ asset: "RICH", short: { rate: 0.001 } });
const lost = { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "gate: timeout" } as const;
const unknown = withUnknownNet(rich, ["Crossing is not known."]);

/** The ids in order, whichever way round the rows come. */
function sorted(...rows: readonly Opportunity[]): readonly string[] {
  const ids = rows.toSorted(byNet).map(({ id }) => id);
  expect(
    rows
      .toReversed()
      .toSorted(byNet)
      .map(({ id }) => id),
  ).toEqual(ids);
  return ids;
}

describe("the order of rows", () => {
  test("open rows come before rows without data, and among each a net that is not known comes last", () => {
    expect(
      sorted(
        opened(rich, { id: "lost", ...lost }),
        opened(unknown, { id: "unknown" }),
        opened(plain, { id: "plain" }),
        opened(unknown, { id: "lost and unknown", ...lost }),
        opened(plain, { id: "lost and plain", ...lost }),
      ),
    ).toEqual(["plain", "unknown", "lost", "lost and plain", "lost and unknown"]);
  });

  test("the larger net is first", () => {
    expect(sorted(opened(plain, { id: "plain" }), opened(rich, { id: "rich" }))).toEqual(["rich", "plain"]);
  });

  test("of equal nets the older row is first, known or not, and of the same age the lower id", () => {
    for (const pair of [plain, unknown]) {
      const old = opened(pair, { id: "z", openedAtMs: NOW_MS - 1 });
      expect(sorted(opened(pair, { id: "b" }), old, opened(pair, { id: "a" }))).toEqual(["z", "a", "b"]);
    }
  });

  test("rows that are neither open stand by their net, whatever their status", () => {
    const closed = opened(plain, { id: "closed", status: "closed", closedAtMs: NOW_MS, closeReason: "delisted" });
    expect(sorted(closed, opened(rich, { id: "lost", ...lost }))).toEqual(["lost", "closed"]);
  });
});

describe("cards", () => {
  test("are one for each asset and strategy, the best pair with the others under it, best card first", () => {
    const best = opened(fundingPair({ short: { rate: 0.0006 } }), { id: "best" });
    const other = opened(plain, { id: "other" });
    const carry = opened({ ...carryPair(), asset: plain.asset }, { id: "carry" });
    const elsewhere = opened(rich, { id: "elsewhere" });
    const cards = cardsOf([other, carry, best, elsewhere]);
    const shown = cards.map((card) => [card.asset, card.strategy, card.best.id, card.others.map(({ id }) => id)]);
    expect(shown).toContainEqual([plain.asset, "funding", "best", ["other"]]);
    expect(shown).toContainEqual([plain.asset, "carry", "carry", []]);
    expect(shown).toContainEqual(["RICH", "funding", "elsewhere", []]);
    expect(cards.map((card) => card.best.id)).toEqual(sorted(carry, best, elsewhere));
    expect(cardsOf([])).toEqual([]);
  });

  test("of rows do not change the list that was given", () => {
    const rows = [opened(plain, { id: "plain" }), opened(rich, { id: "rich" })];
    cardsOf(rows);
    expect(rows.map(({ id }) => id)).toEqual(["plain", "rich"]);
  });
});
