import { expect, test } from "vitest";
import { marketOf } from "../../../test/market-columns.ts";
import { NOW_MS, scanOf } from "../../../test/opportunities.ts";
import { HOUR_MS } from "../../domain/units.ts";
import { SNAPSHOT_VERSION } from "../../storage/snapshot.ts";
import { coinRates } from "../coin-rates.ts";
import { renderAsset } from "./asset.ts";

const market = marketOf([
  { venue: "gate", asset: "BTC", rate: 0.0001, hours: 8, nextFundingAtMs: NOW_MS + 2 * HOUR_MS },
  { venue: "bybit", asset: "BTC", rate: 0.00005, hours: 4, nextFundingAtMs: NOW_MS - 1 },
  { venue: "paradex", asset: "BTC", symbol: "BTC/USD:USDC", rate: 0.0003, hours: 24 },
]);
const snapshot = {
  version: SNAPSHOT_VERSION,
  expiresAtMs: NOW_MS + 1,
  scan: scanOf(),
  venues: [],
  opportunities: [],
  nearMisses: [],
  unpriced: [],
  candidates: null,
  openNet: 0.001,
  market,
} as const;

test("a rate that accrues by the second is per its period and all the time, one that settles has its next time while that is to come", () => {
  const rates = coinRates(market, "BTC");
  const read = { snapshot, source: "kv", ageMs: 1_000 } as const;
  const shown = { read, asset: "BTC", rates, pairs: [], similar: [], language: "en", personal: true, nowMs: NOW_MS } as const;
  const lines = renderAsset(shown).text.split("\n");
  const lineOf = (venue: string) => lines.find((line) => line.includes(venue));
  expect(lineOf("Gate")).toBe("+0.01%  Gate  every 8 h, in 2 h");
  expect(lineOf("Bybit")).toBe("+0.01%  Bybit  every 4 h");
  expect(lineOf("Paradex")).toBe("+0.01%  Paradex USDC  per 1 d, all the time");
});
