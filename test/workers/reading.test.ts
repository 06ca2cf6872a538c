import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Message } from "grammy/types";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enqueue } from "../../src/delivery/enqueue.ts";
import type { NewDelivery } from "../../src/domain/delivery.ts";
import type { Priced } from "../../src/domain/opportunity.ts";
import { MINUTE_MS } from "../../src/domain/units.ts";
import { SNAPSHOT_KEY } from "../../src/storage/keys.ts";
import { MARKET_NUMBERS, type MarketColumns } from "../../src/storage/market-columns.ts";
import { loadPerson } from "../../src/storage/people.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { buildSnapshot, writeSnapshot } from "../../src/storage/snapshot.ts";
import { en } from "../../src/telegram/text/en.ts";
import { id } from "../../src/telegram/text/id.ts";
import { fundingPair, missed, NOW_MS, opened, scanOf } from "../opportunities.ts";
import { faultsOf } from "../property/message-check.ts";
import { openStage, type Stage } from "./bot-stage.ts";

const TABLES = ["deliveries", "sessions", "people", "telegram_updates", "opportunity_events", "opportunities", "scans"] as const;
const VENUES: ReadonlySet<string> = new Set(["binance", "bybit", "gate", "okx"]);
const GROUP = -1_007;

const best = opened(fundingPair({ long: { venue: "gate" }, short: { venue: "bybit" } }), {
  openedAtMs: NOW_MS - 60 * MINUTE_MS,
  scansMerged: 41,
});
const other = opened(fundingPair({ asset: "ETH", long: { venue: "okx" }, short: { venue: "bybit", rate: 0.0002 } }));
const gone = {
  ...opened(fundingPair({ asset: "SOL", long: { venue: "gate" }, short: { venue: "okx" } }), { openedAtMs: NOW_MS - 90 * MINUTE_MS }),
  status: "closed" as const,
  closedAtMs: NOW_MS - 30 * MINUTE_MS,
  closeReason: "below-bar" as const,
};
const near = missed(fundingPair({ asset: "DOGE", long: { venue: "gate" }, short: { venue: "okx", rate: 0.00006 } }));
let stage: Stage;
const stages: Stage[] = [];
/** Somebody new in each test: what the Worker still writes of the one before does not reach them. */
let anna = 5_100;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW_MS + 30_000 });
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
  stage = openStage();
  stages.push(stage);
  anna += 1;
});
afterEach(async () => {
  vi.useRealTimers();
  await stage.settled(50);
  stage.close();
});
// Done marks wait for five seconds; once for all tests.
afterAll(async () => {
  for (const each of stages) await each.settled();
});

const rejections = {
  counts: { gate: { binance: { stale: 1 } } },
  samples: [
    {
      step: "gate" as const,
      feed: "binance",
      venue: "binance",
      subject: "BTC/USDT:USDT",
      rule: "stale",
      evidence: [{ rule: "stale", value: 125_000, bar: 60_000 }],
    },
  ],
};

function marketOf(pairs: readonly Priced[]): MarketColumns {
  const legs = pairs.flatMap(({ asset, long, short }) => [long.quote, short.quote].map((quote) => ({ asset, quote })));
  return Object.fromEntries(
    legs.map(({ asset, quote }, place) => {
      const numbers = Object.fromEntries(MARKET_NUMBERS.map((name) => [name, [quote[name]]])) as unknown as MarketColumns[string];
      return [`feed-${place}`, { ...numbers, venue: quote.venue, symbol: [quote.symbol], kind: [quote.kind], asset: [asset], refused: [] }];
    }),
  );
}

/** Stores a scan with its rows in D1 and publishes it. */
async function publish(rows: readonly (typeof best)[] = [best, other]): Promise<void> {
  const scan = scanOf({
    rejections,
    flags: { open_net: 0.001, snapshot_ttl_seconds: 300 },
    nearMisses: [near],
    verdict: rows.length === 0 ? "market-quiet" : "opportunities",
  });
  const write = { scan, opportunities: [...rows, gone], events: [], nowMs: NOW_MS + 1_000, venues: VENUES };
  expect(await saveScan(env.DB, write, { attempts: 1, wait: async () => undefined })).toMatchObject({ ok: true });
  const { snapshot, refused } = buildSnapshot({
    scan,
    opportunities: rows.map((row) => ({ ...row, points: [], netUnknown: null })),
    candidates: [],
    market: marketOf([...rows.map(({ priced }) => priced), near]),
    nowMs: NOW_MS + 1_000,
    flagSeconds: 300,
    venues: VENUES,
  });
  expect(refused).toEqual([]);
  await writeSnapshot(env.CACHE, { snapshot, nowMs: Date.now() });
}

const say = async (text: string): Promise<Message> => only((await stage.telegram.say(anna, text)).answers);
const press = async (message: Message, data: string): Promise<Message> =>
  only((await stage.telegram.press(anna, message.message_id, { data })).answers);
function only(answers: readonly Message[]): Message {
  const [message, ...more] = answers;
  if (message === undefined || more.length > 0) throw new Error(`expected one message, found ${answers.length}`);
  const { text = "", entities = [], reply_markup } = message;
  expect(faultsOf({ text, entities, buttons: reply_markup?.inline_keyboard ?? null })).toEqual([]);
  return message;
}
const data = ({ reply_markup }: Message) =>
  (reply_markup?.inline_keyboard ?? []).flat().map((button) => ("callback_data" in button ? button.callback_data : ""));
/** Anna after her three taps: all venues, 20,000 USD, 5 % a year. */
async function onboard(): Promise<Message> {
  let message = await say("/start");
  for (const tap of ["start:all", "start:s:20000", "start:b:0.05"]) message = await press(message, tap);
  return message;
}

describe("onboarding", () => {
  it("takes three taps on one message, keeps each, and ends with the list", async () => {
    await publish();
    const first = await say("/start");
    expect(data(first)).toContain("start:v:gate");
    const picked = await press(first, "start:v:gate");
    expect(picked.message_id).toBe(first.message_id);
    expect((await loadPerson(env.DB, anna))?.preferences).toMatchObject({ venues: ["gate"], onboarded: false });
    const both = await press(await press(first, "start:v:bybit"), "start:size");
    const done = await press(await press(both, "start:s:20000"), "start:b:0.1");
    expect(done.message_id).toBe(first.message_id);
    expect(done.text).toContain(en.start.done);
    expect((await loadPerson(env.DB, anna))?.preferences).toMatchObject({
      venues: ["bybit", "gate"],
      sizeUsd: 20_000,
      bar: { kind: "net-apr", value: 0.1 },
      onboarded: true,
    });
    const list = await press(done, "top:1");
    expect(list.text).toContain("1. BTC");
    expect(list.text).not.toContain("ETH");
  });

  it("brings back who had stopped, with everything they had set", async () => {
    await onboard();
    await env.DB.prepare("UPDATE people SET status = 'stopped' WHERE telegram_id = ?1").bind(anna).run();
    vi.setSystemTime(Date.now() + 20_000);
    stage.recycle();
    for (const { name } of (await env.CACHE.list()).keys) await env.CACHE.delete(name);
    await say("/start");
    expect(await loadPerson(env.DB, anna)).toMatchObject({ status: "active", preferences: { sizeUsd: 20_000, onboarded: true } });
  });
});

describe("reading", () => {
  it("lists at the reader's own size, and leads to the card and back in place", async () => {
    await publish();
    const list = await press(await onboard(), "top:1");
    expect(list.text).toContain("$20,000 a leg");
    const shown = await press(list, `card:${best.id}`);
    expect(shown.message_id).toBe(list.message_id);
    expect(shown.text).toContain("seen again 41×");
    expect(shown.text).toContain("Short Bybit: you get 0.04% every 4 h");
    expect(shown.entities?.filter(({ type }) => type === "text_link")).toHaveLength(2);
    expect(data(shown)).toEqual(expect.arrayContaining([`why:${best.id}`, `took:${best.id}`, "mute:asset:BTC", "top:1"]));
    expect((await press(shown, "top:1")).text).toBe(list.text);
  });

  it("of an empty list says whether it is the market or the data, with what comes closest", async () => {
    await publish([]);
    const list = await press(await onboard(), "top:1");
    expect(list.text).toContain("The market is quiet");
    expect(list.text).toMatch(/DOGE.*\n.*(?:pays after|does not pay)/u);
    const ref = data(list).find((each) => each.startsWith("card:"));
    const card = await press(list, ref ?? "");
    expect(card.text).toContain(en.card.nearMiss);
    expect(data(card).some((each) => each.startsWith("took:"))).toBe(false);
  });

  it("speaks the language of who came with it, its numbers too", async () => {
    await publish();
    const first = only((await stage.telegram.say(anna, "/start", { language: "id" })).answers);
    expect(first.text).toContain(id.start.venues);
    let last = first;
    for (const tap of ["start:all", "start:s:20000", "start:b:0.1"]) last = await press(first, tap);
    expect(last.text).toContain("Ukuran: $20.000 per sisi");
    expect((await press(await press(last, "top:1"), `card:${best.id}`)).text).toContain("Short Bybit: Anda dapat 0,04% tiap 4 j");
  });

  it("tells of a row that has ended, from D1", async () => {
    await publish();
    await onboard();
    const card = await say(`/card ${gone.id}`);
    expect(card.text).toContain("Ended 31 min ago: its net fell below the bar.");
    expect(card.text).toContain(en.card.lastSeen);
    expect((await say("/card 0000000000000")).text).toBe(en.card.gone);
    const explained = await press(card, `why:${gone.id}`);
    expect(explained.text).toContain("Ended 31 min ago");
    expect(explained.text).not.toContain(en.why.usage);
  });

  it("gives a coin's rates by its name alone, similar names for an unknown one, and how to ask for none", async () => {
    await publish();
    await onboard();
    const coin = await say("btc");
    expect(coin.text).toMatch(/\+0\.08% {2}Bybit {2}every 4 h, in/u);
    expect(coin.text).toContain("1. long Gate → short Bybit");
    expect((await say("/asset BTX")).text).toContain("No venue sends BTX");
    expect(data(await say("/asset"))).toEqual(expect.arrayContaining(["asset:BTC", "asset:ETH"]));
    // KV lost: rates are gone, pairs come from D1.
    await env.CACHE.delete(SNAPSHOT_KEY);
    vi.setSystemTime(Date.now() + 4_000);
    const fallback = await say("/asset BTC");
    expect(fallback.text).toContain(en.asset.noRates);
    expect(fallback.text).toContain(en.parts.notCurrent);
  });

  it("answers groups with the public list alone", async () => {
    await publish();
    await onboard();
    const answers = (await stage.telegram.say(anna, "/top", { group: GROUP })).answers;
    const list = only(answers);
    expect(list.text).toContain("$5,000 a leg");
    expect(data(list)).toEqual(["top:1"]);
    const again = await stage.telegram.press(anna, list.message_id, { data: "top:1", group: GROUP });
    expect(again.taken).toBe(true);
    expect(only((await stage.telegram.say(anna, `/card ${best.id}`, { group: GROUP })).answers).text).toBe(en.general.privateOnly);
  });
});

describe("why", () => {
  it("tells each bar of a pair, the person's own, and what was and was not sent", async () => {
    await publish();
    await onboard();
    const sent: NewDelivery = {
      eventId: "event-1",
      telegramId: anna,
      kind: "opened",
      status: "suppressed",
      reason: "cool-down",
      protective: false,
      silent: false,
      opportunityId: best.id,
      strategy: "funding",
      asset: "BTC",
      netTold: null,
      payload: null,
      venueAtMs: null,
      scanAtMs: null,
    };
    await enqueue(env.DB, [sent], NOW_MS - 10 * MINUTE_MS);
    const answer = await say("/why btc bybit gate");
    for (const part of [
      "✓ Gate: passed all checks",
      "✓ Bybit",
      "✓ Same coin",
      "✓ List: net",
      "✓ Survives stress",
      "✓ Confirmed",
      "✓ You: net",
    ]) {
      expect(answer.text).toContain(part);
    }
    expect(answer.text).toContain(`✗ Not told 11 min ago: opened, ${en.why.reasons["cool-down"]}`);
    vi.setSystemTime(Date.now() + 5_000);
    const again = await press(answer, `why:${best.id}`);
    expect([again.message_id, again.text?.includes("✓ List: net")]).toEqual([answer.message_id, true]);
  });

  it("names the rule that refused a leg, with its value and bar", async () => {
    await publish();
    await onboard();
    const answer = await say("/why BTC binance gate");
    expect(answer.text).toContain("✗ Binance: refused, it is too old (2 min, bar 1 min)");
    expect(answer.text).toContain("✓ Gate: passed all checks");
  });

  it("says how to ask, and which venues there are", async () => {
    await publish();
    await onboard();
    for (const text of ["/why", "/why BTC", "/why BTC a b c"]) expect((await say(text)).text).toBe(en.why.usage);
    expect((await say("/why BTC okx nowhere")).text).toMatch(/^I do not know the venue nowhere\. I know Binance, /u);
  });
});

it("without a snapshot says when there will be one", async () => {
  await onboard();
  for (const text of ["/top", "/asset BTC", "/why BTC okx gate", "/card x"]) expect((await say(text)).text).toBe(en.general.noData);
});
