import { expect, test } from "vitest";
import { soakTelegram } from "./telegram-soak.ts";

test(
  "a hundred people hear of twenty events once each, through storms of 429 and 500 and both kinds of silence",
  { timeout: 300_000 },
  async () => {
    const silences = 2;
    const result = await soakTelegram({
      people: 100,
      events: 20,
      seed: 11,
      silences,
      failing: { rateLimited: 0.02, serverErrors: 0.02 },
    });
    expect(result).toMatchObject({ alerts: 2_000, lost: 0, double: 0, unknown: 2 * silences, unknownArrived: silences });
    expect(result.rows).toEqual({ sent: 2_000 - 2 * silences, unknown: 2 * silences });
    expect(Math.min(result.rateLimited, result.serverErrors)).toBeGreaterThan(10);
  },
);
