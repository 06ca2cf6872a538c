import { expect, test } from "vitest";
import { legWith } from "../../test/market.ts";
import { legView } from "./views.ts";

test("a leg says how its funding is paid, so that no next time is not taken for one that is missing", () => {
  const quote = { venue: "paradex", fundingRatePerInterval: 0.0003, fundingIntervalHours: 24, nextFundingAtMs: null };
  expect(legView(legWith("short", quote, { accrual: "continuous" }))).toMatchObject({
    fundingAccrual: "continuous",
    fundingIntervalHours: 24,
    fundingRatePer8h: (0.0003 * 8) / 24,
    nextFundingAtMs: null,
  });
  expect(legView(legWith("short", { ...quote, nextFundingAtMs: 1 }, { accrual: "settled" }))["fundingAccrual"]).toBe("settled");
  expect(legView(legWith("long", { kind: "spot" }, { accrual: "settled" }))["fundingAccrual"]).toBeNull();
});
