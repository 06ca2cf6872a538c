/**
 * `npm run image:telegram`: docs/images/telegram.png, a conversation with the bot as a phone shows it. Every message is
 * what the Worker sent to the simulated Telegram in this run. Needs Debian's chromium, or CHROMIUM with a path.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "grammy/types";
import { chromium } from "playwright-core";
import { ROOT } from "../scripts/offline.ts";
import { botVars, converse, PERSON, setWebhook, type Turn } from "../scripts/start/conversation.ts";
import { startWorker } from "../scripts/start/worker-process.ts";
import { startSimulator } from "../simulator/simulator.ts";
import { phonePage, type Screen } from "./phone-page.ts";

/** The market begins here, so that the image changes when a message does and hardly otherwise. */
const START_MS = Date.UTC(2026, 10, 22, 9, 9, 0);
const INTERVAL_MS = 3_000;
const SCANS = 3;
const SCANS_TO_ALERT = 6;
/** A planted coin whose opportunity opens after the conversation. */
const NEWCOMER = "ZRO";
const PORT = 8_860;
const IMAGE = join(ROOT, "docs", "images", "telegram.png");
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

await main();

async function main(): Promise<void> {
  if (!existsSync(CHROMIUM)) throw new Error(`expected chromium at ${CHROMIUM} (Debian: apt-get install chromium), found nothing`);
  const told = await conversation();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ deviceScaleFactor: 1.5, viewport: { width: 1_400, height: 900 } });
    await page.setContent(phonePage(columnsOf(told)));
    await mkdir(dirname(IMAGE), { recursive: true });
    await page.locator("main").screenshot({ path: IMAGE });
  } finally {
    await browser.close();
  }
  console.log(`wrote ${IMAGE}`);
}

type Told = { readonly turns: readonly Turn[]; readonly alert: Message };

/** The conversation that `npm start` shows, once opportunities are confirmed, and the alert when another one opens. */
async function conversation(): Promise<Told> {
  const startedAtMs = Date.now();
  const simulator = await startSimulator({ listen: true, clock: () => START_MS + Date.now() - startedAtMs });
  simulator.control({ planted: { asset: NEWCOMER, collapsed: true } });
  const worker = await startWorker({
    port: PORT,
    vars: {
      MARKET: "simulated",
      VENUE_GATEWAY_URL: simulator.url ?? "",
      CLOCK_OFFSET_MS: String(START_MS - startedAtMs),
      FLAGS: JSON.stringify({ scan_interval_seconds: INTERVAL_MS / 1_000, max_slow_calls: 40 }),
      ...botVars(simulator),
    },
  });
  const scan = async (): Promise<void> => {
    await fetch(`${worker.url}/cdn-cgi/local/scheduled?cron=*/2+*+*+*+*&time=${simulator.nowMs()}&format=json`);
    await wait(INTERVAL_MS - (simulator.nowMs() % INTERVAL_MS));
  };
  try {
    setWebhook(simulator.telegram, worker.url);
    for (let done = 0; done < SCANS; done += 1) await scan();
    const turns = await converse(simulator.telegram);
    const silent = turns.find(({ silence }) => silence !== null);
    if (silent !== undefined) throw new Error(`the bot did not answer ${silent.said}: ${silent.silence}`);
    const before = new Set(simulator.telegram.messages(PERSON).map(({ message_id }) => message_id));
    simulator.control({ planted: { asset: NEWCOMER } });
    for (let done = 0; done < SCANS_TO_ALERT; done += 1) {
      await scan();
      const alert = simulator.telegram.messages(PERSON).find(({ message_id }) => !before.has(message_id));
      if (alert !== undefined) return { turns, alert };
    }
    throw new Error(`expected an alert within ${SCANS_TO_ALERT} scans after ${NEWCOMER} opened, found none`);
  } finally {
    await worker.stop();
    await simulator.close();
  }
}

/** What is worth seeing, in columns: the first question and an alert, the list, a card. */
function columnsOf({ turns, alert }: Told): readonly (readonly Screen[])[] {
  const screen = (caption: string, at: number): Screen => {
    const turn = turns[at];
    if (turn === undefined) throw new Error(`expected a turn ${at} of the conversation, found ${turns.length} turns`);
    return { caption, messages: [...turn.written, ...turn.answers], pressed: turns[at + 1]?.pressed ?? null };
  };
  const list = turns.findIndex(({ said }) => said === "/top");
  return [
    [
      screen("Set up in three taps: venues, size, bar", 0),
      { caption: "An alert, when another pair opens", messages: [alert], pressed: null },
    ],
    [screen("What pays now, on your terms", list)],
    [screen("One card: what it earns, what it costs", turns.length - 1)],
  ];
}
