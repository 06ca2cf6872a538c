import { expect, test } from "vitest";
import { fundingPair, NOW_MS, opened } from "../../test/opportunities.ts";
import { withUnknownNet } from "../economics/unknown-net.ts";
import { byNet } from "./cards.ts";

test("open rows come before rows without data, and among each a net that is not known comes last", () => {
  const rich = fundingPair({ asset: "RICH", short: { rate: 0.001 } });
  const lost = opened(rich, { id: "lost", status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "gate: timeout" });
  const plain = opened(fundingPair(), { id: "plain" });
  const unknown = opened(withUnknownNet(rich, ["Crossing is not known."]), { id: "unknown" });
  const order = [lost, unknown, plain].sort(byNet).map(({ id }) => id);
  expect(order).toEqual(["plain", "unknown", "lost"]);
});
