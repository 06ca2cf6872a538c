import { expect, test } from "vitest";
import { startWatch } from "./watch.ts";

test("a venue whose time is already over stops an attempt before anything is waited for", async () => {
  const watch = startWatch({ host: "api.example", now: () => 0, total: { untilMs: 8_000, limitMs: 8_000 }, signal: AbortSignal.abort() });
  await expect(watch.race(new Promise(() => undefined))).rejects.toThrow("within 8000 ms");
  expect(watch.signal.aborted).toBe(true);
  expect(watch.stopped()).toMatchObject({ kind: "timeout", phase: "venue", limitMs: 8_000 });
  watch.close();
});
