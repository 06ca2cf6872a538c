import { test } from "vitest";
import { PATIENT } from "./stored.ts";
import { startWorld } from "./world.ts";
test("dbg", async () => {
  const world = await startWorld(PATIENT);
  for (let i = 0; i < 2; i++) {
    const t = Date.now();
    const scan = await world.scan();
    console.log("SCAN", i, Date.now() - t, scan.verdict, JSON.stringify(scan.venues.map(({ feed, rows, error, degraded, ms }) => ({ feed, rows, error, degraded, ms }))), JSON.stringify(scan.funnel.map(({ step, in: a, out, dropped }) => [step, a, out, dropped])));
  }
  for (const line of world.logs()) if (line["event"] === "venue.response" && line["outcome"] !== "ok") console.log(JSON.stringify(line));
  await world.close();
});
