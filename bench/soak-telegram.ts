/**
 * `npm run soak:telegram [-- --people N --events N --seed S]`: every person is told every event through the whole Worker and
 * real queues, to a Telegram that limits, fails and falls silent. Counted by what the simulated Telegram accepted, not by D1.
 * Figures are printed and written to bench/results/telegram-soak.json.
 */
import { parseArgs } from "node:util";
import { OFFLINE_ENV } from "../scripts/offline.ts";
import { soakTelegram } from "../test/e2e/telegram-soak.ts";
import { type Figure, machine, renderFigures, writeResults } from "./report.ts";

await main();

async function main(): Promise<void> {
  // One line of the local queue for each message would bury the figures.
  Object.assign(process.env, OFFLINE_ENV, { WRANGLER_LOG: "error" });
  const { values } = parseArgs({
    options: {
      people: { type: "string", default: "1000" },
      events: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
    },
  });
  const [people, events, seed] = [values.people, values.events, values.seed].map((text) => wholeNumber(text));
  if (people === undefined || events === undefined || seed === undefined) return;
  console.log(`Carrywatch, alerts to Telegram under storms · ${new Date().toISOString().slice(0, 10)}\n  ${machine()}`);
  let shownAtMs = 0;
  const silences = Math.max(1, Math.round((people * events) / 1_000));
  const result = await soakTelegram({
    people,
    events,
    seed,
    silences,
    failing: { rateLimited: 0.02, serverErrors: 0.03 },
    progress: (accepted) => {
      if (Date.now() - shownAtMs < 15_000) return;
      shownAtMs = Date.now();
      console.log(`  ${accepted} of ${people * events} accepted`);
    },
  });
  const none = { is: "at most", value: 0 } as const;
  const figures: readonly Figure[] = [
    { key: "alerts", value: result.alerts, bar: null, what: `${people} people × ${events} events` },
    { key: "lost", value: result.lost, bar: none, what: "never accepted though every call was answered" },
    { key: "double", value: result.double, bar: none, what: "accepted more than once" },
    { key: "unknown", value: result.unknown, bar: { is: "at most", value: 2 * silences }, what: "not answered; not sent again" },
    { key: "unknown_arrived", value: result.unknownArrived, bar: null, what: "of those, accepted all the same" },
    { key: "rate_limited", value: result.rateLimited, bar: null, what: "calls answered 429" },
    { key: "server_errors", value: result.serverErrors, bar: null, what: "calls answered 500 or 502" },
    { key: "calls", value: result.calls, bar: null, what: "sendMessage in all" },
    { key: "seconds", value: result.seconds, bar: null, what: "start to quiet, set-up included" },
  ];
  console.log(renderFigures(figures));
  console.log(`  rows of D1: ${JSON.stringify(result.rows)}`);
  console.log(`  written to ${writeResults("telegram-soak", figures)}`);
  if (result.lost > 0 || result.double > 0) process.exitCode = 1;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`expected a whole number above 0, found ${text}`);
  return value;
}
