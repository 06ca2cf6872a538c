import { expect, test } from "vitest";
import { fundingPair } from "../../test/opportunities.ts";
import { withUnknownNet } from "./unknown-net.ts";

test("no figure that stood before is left to be read as current; size, horizon and the reasons are", () => {
  const { ledger } = withUnknownNet(fundingPair(), ["Crossing is not known."]);
  const { sizeUsd, horizonHours, netByHours, costBySize, ...lines } = ledger;
  expect([sizeUsd, horizonHours]).toEqual([5_000, 168]);
  expect(netByHours.map(({ net }) => net)).toEqual([null, null, null]);
  expect(costBySize.every(({ cost }) => cost === null)).toBe(true);
  expect(JSON.stringify(lines)).not.toMatch(/:-?\d/u);
  expect(ledger).toMatchObject({ breakEven: { kind: "unknown" }, stress: { survives: null }, reasons: ["Crossing is not known."] });
});
