import { expect, test } from "vitest";
import { z } from "zod";
import { fundingPair, missed, NOW_MS, opened, scanOf, VENUES } from "../opportunities.ts";
import { byNet } from "../../src/lifecycle/cards.ts";
import { buildSnapshot } from "../../src/storage/snapshot.ts";
import { listAnswer } from "../../src/api/routes/opportunities.ts";

const netUnknown = { sinceMs: NOW_MS - 60_000, reasons: ["Crossing is not known: alpha sends no bid."] };
const rich = opened(fundingPair({ asset: "RICH", short: { rate: 0.001 } }));
const plain = opened(fundingPair());
const { snapshot } = buildSnapshot({
  scan: scanOf({ nearMisses: [missed(fundingPair({ asset: "ETH" }))] }),
  opportunities: [
    { ...rich, points: null, netUnknown },
    { ...plain, points: null, netUnknown: null },
  ],
  candidates: [],
  market: null,
  nowMs: NOW_MS,
  flagSeconds: 300,
  venues: VENUES,
});
const list = z.object({
  opportunities: z.array(z.looseObject({ asset: z.string(), ledger: z.looseObject({}) })),
  nearMisses: z.array(z.looseObject({ refusal: z.string().nullable() })),
});
const ask = (query: Parameters<typeof listAnswer>[1]["query"]) =>
  list.parse(listAnswer({ snapshot, source: "kv", ageMs: 0, fallbackReason: null, leftOut: 0 }, { query, nowMs: NOW_MS }));

test("a row whose net became unknown shows no net of before as current: null, since when and why, after every known net", () => {
  expect([plain, rich].sort(byNet)[0]).toBe(rich);
  for (const query of [{ grouped: "false" }, { grouped: "false", fees: { alpha: 0.0001 } }] as const) {
    const rows = ask(query).opportunities;
    expect(rows.map(({ asset }) => asset)).toEqual(["BTC", "RICH"]);
    expect(rows[0]).toMatchObject({ netUnknown: null, lastKnownNet: null, ledger: { net: expect.any(Number) } });
    expect(rows[1]).toMatchObject({
      netUnknown,
      lastKnownNet: expect.any(Number),
      ledger: {
        net: null,
        netUsd: null,
        netAprOnNotional: null,
        capacityUsd: null,
        breakEven: { kind: "unknown" },
        reasons: netUnknown.reasons,
      },
    });
  }
});

test("a row whose net is unknown clears no bar of net, and a near-miss says what kept it out", () => {
  const { opportunities, nearMisses } = ask({ grouped: "false", minNetApr: 0 });
  expect(opportunities.map(({ asset }) => asset)).toEqual(["BTC"]);
  expect(nearMisses.map(({ refusal }) => refusal)).toEqual(["below-bar"]);
});
