import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createApi } from "../../src/api/app.ts";
import { readConfig } from "../../src/config.ts";
import { enqueue } from "../../src/delivery/enqueue.ts";
import { onBroadcast } from "../../src/delivery/on-broadcast.ts";
import { zeroAlarm } from "../../src/delivery/zero-alarm.ts";
import type { BroadcastMessage, DeliveryRef } from "../../src/domain/delivery.ts";
import { DEFAULT_PREFERENCES, type Person } from "../../src/domain/person.ts";
import type { ScanIdentity } from "../../src/domain/identity.ts";
import { FLAGS } from "../../src/flags.ts";
import { validateStep } from "../../src/history/validate-rows.ts";
import { createLogger } from "../../src/monitoring/log.ts";
import { fanOutBroadcast } from "../../src/storage/broadcasts.ts";
import { SNAPSHOT_KEY } from "../../src/storage/keys.ts";
import { D1_ATTEMPTS } from "../../src/storage/d1.ts";
import { deadLettersStatement } from "../../src/storage/dead-letters.ts";
import { loadPerson, roleOf } from "../../src/storage/people.ts";
import { erasePersonalData } from "../../src/storage/personal-data.ts";
import { RULE_FACTS } from "../../src/rule-facts.ts";
import { snapshotMemory } from "../../src/storage/read-snapshot.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { loadFlags } from "../../src/storage/flags.ts";
import { buildSnapshot, writeSnapshot } from "../../src/storage/snapshot.ts";
import type { Answer, Ask } from "../../src/telegram/command.ts";
import { admin } from "../../src/telegram/commands/admin.ts";
import { catalogueOf } from "../../src/telegram/text/catalogue.ts";
import { fundingPair, missed, NOW_MS, opened, scanOf, VENUES } from "../opportunities.ts";
import { marketOf } from "../market-columns.ts";
import { FACTS } from "../rows.ts";
import { openStage } from "./bot-stage.ts";

const db = env.DB;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SECRET = "a-secret-of-operators";
const TOKEN = "a-token-of-programs";
const TABLES = [
  "quarantined_rows",
  "validation_findings",
  "validation_runs",
  "opportunity_events",
  "opportunities",
  "deliveries",
  "incidents",
  "broadcasts",
  "audits",
  "dead_letters",
  "flags",
  "flag_changes",
  "identity_rulings",
  "sessions",
  "people",
  "scans",
];
const en = catalogueOf("en");
const quiet = createLogger({
  level: "error",
  component: "test",
  now: () => NOW_MS,
  sink: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
});

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  // Runs that removed name their dry run.
  await db.prepare("DELETE FROM validation_runs WHERE dry_run_id IS NOT NULL").run();
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
  await env.CACHE.delete(SNAPSHOT_KEY);
});

type Who = { readonly role?: "person" | "operator"; readonly status?: Person["status"]; readonly language?: "en" | "id" };
const arrive = (id: number, { role = "person", status = "active", language = "en" }: Who = {}) =>
  db
    .prepare(
      "INSERT INTO people (telegram_id, chat_id, role, status, preferences, created_at, updated_at) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?5)",
    )
    .bind(id, role, status, JSON.stringify({ ...DEFAULT_PREFERENCES, language, onboarded: true }), NOW_MS)
    .run();
const all = async (sql: string) => (await db.prepare(sql).all()).results;

/** D1 with a count of the statements that it ran. */
function counted(): { readonly db: D1Database; readonly ran: () => number } {
  let ran = 0;
  const proxy = new Proxy(db, {
    get: (target, name) => {
      if (name === "prepare") ran += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { db: proxy, ran: () => ran };
}

describe("the zero alarm", () => {
  const flags = { zero_alarm_scans: 3, incident_cooldown_minutes: 60 };
  const scanAt = (slot: number, verdict: "market-quiet" | "opportunities" | "data-failure" = "market-quiet") =>
    scanOf({ slotMs: NOW_MS + slot * 2 * MINUTE_MS, verdict, nearMisses: [missed(fundingPair())] });
  const look = async (slot: number, verdict?: "market-quiet" | "opportunities" | "data-failure", database = db) => {
    const scan = scanAt(slot, verdict);
    return zeroAlarm({ db: database, scan, flags, nowMs: scan.finishedAtMs });
  };

  it("tells every operator who can be reached once, with the reasons and the nearest miss, and once at recovery", async () => {
    await Promise.all([
      arrive(1, { role: "operator" }),
      arrive(2),
      arrive(3, { role: "operator" }),
      arrive(4, { role: "operator", status: "blocked" }),
    ]);
    expect([await look(0), await look(1)]).toEqual([[], []]);
    const opened = await look(2);
    expect(opened.map(({ telegramId, payload }) => [telegramId, payload])).toEqual(
      [1, 3].map((id) => [
        id,
        expect.objectContaining({
          kind: "incident",
          incident: "market-quiet",
          phase: "opened",
          label: "market-quiet",
          sinceMs: NOW_MS + 900,
        }),
      ]),
    );
    const [first] = opened;
    if (first?.payload?.kind !== "incident") throw new Error("expected an incident");
    expect(first.payload.lines).toEqual([
      "best net 0.02 % under the bar of 0.10 %",
      "Most refused: 1 timeout",
      expect.stringMatching(/^Nearest: BTC long alpha, short beta: net \d/u),
    ]);
    expect([await look(3), await look(4)]).toEqual([[], []]);
    const recovered = await look(5, "opportunities");
    expect(recovered.map(({ payload }) => payload?.kind === "incident" && payload.phase)).toEqual(["recovered", "recovered"]);
    expect(await look(6)).toEqual([]);
  });

  it("makes the same messages when a scan is looked at again, which are stored once", async () => {
    await arrive(1, { role: "operator" });
    await look(0);
    await look(1);
    const opened = await look(2);
    const again = await look(2);
    expect(again).toEqual(opened);
    await enqueue(db, opened, NOW_MS);
    await enqueue(db, again, NOW_MS);
    expect(await all("SELECT event_id, kind, status FROM deliveries")).toEqual([
      { event_id: opened[0]?.eventId, kind: "incident", status: "queued" },
    ]);
    // A scan from before is no news either.
    const before = await all("SELECT * FROM incidents");
    await look(1, "opportunities");
    expect(await all("SELECT * FROM incidents")).toEqual(before);
  });

  it("costs one statement a scan while all is well and two while it counts", async () => {
    const watched = counted();
    await look(0, "opportunities", watched.db);
    expect(watched.ran()).toBe(1);
    await look(1, "market-quiet", watched.db);
    expect(watched.ran()).toBe(3);
  });
});

/** The bot's services for operators around the real database. */
function asking(
  telegramId: number,
  { nowMs = NOW_MS, secret = SECRET }: { readonly nowMs?: number; readonly secret?: string | null } = {},
) {
  const started: string[] = [];
  const unused = async () => Promise.reject(new Error("not used here"));
  const services: Ask["services"] = {
    db,
    snapshots: { cache: env.CACHE, db, memory: snapshotMemory(), venues: VENUES, now: () => nowMs, wait: async () => undefined },
    log: quiet,
    venues: [{ ...FACTS, id: "alpha" }],
    version: "test",
    market: "live",
    random: () => crypto.randomUUID(),
    people: { change: unused, setStatus: unused, endSession: unused, exportOf: unused, erase: unused, role: (id) => roleOf(db, id) },
    flags: unused,
    wakeSender: unused,
    operatorSecret: secret,
    flagDefaults: {},
    startBroadcast: async (id) => void started.push(id),
    rules: RULE_FACTS,
  };
  const ask = async (args: string): Promise<Ask> => ({
    args,
    person: await loadPerson(db, telegramId),
    from: { telegramId, languageCode: null },
    chat: { id: telegramId, kind: "private" },
    text: en,
    nowMs,
    services,
    defer: () => undefined,
  });
  return {
    started,
    type: async (args: string): Promise<Answer> => admin.run(await ask(args)),
    press: async (args: string): Promise<Answer> => (admin.press ?? unused)(await ask(args)),
  };
}
const textOf = (answer: Answer): string => (answer.kind === "message" ? answer.message.text : answer.kind === "toast" ? answer.toast : "");
const dataOf = (answer: Answer): readonly string[] =>
  answer.kind === "message"
    ? (answer.message.buttons ?? []).flat().flatMap((each) => ("callback_data" in each ? [each.callback_data] : []))
    : [];

describe("becoming an operator", () => {
  it("takes the secret, once: the first gets the role, the message with the secret goes, and the act is audited", async () => {
    await Promise.all([arrive(1), arrive(2)]);
    expect(textOf(await asking(1).type(`claim ${SECRET}`))).toBe(en.admin.claimed);
    expect(await asking(1).type(`claim ${SECRET}`)).toMatchObject({ deleteAsk: true });
    expect(await roleOf(db, 1)).toBe("operator");
    expect(textOf(await asking(2).type(`claim ${SECRET}`))).toBe(en.general.operatorsOnly);
    expect(await roleOf(db, 2)).toBe("person");
    expect(await all("SELECT actor, action, target FROM audits WHERE action = 'operator.claim'")).toEqual([
      { actor: "operator:1", action: "operator.claim", target: "person:1" },
    ]);
    expect(JSON.stringify(await all("SELECT * FROM audits"))).not.toContain(SECRET);
  });

  it("answers a wrong secret, no secret at all and every other word with the same sentence", async () => {
    await arrive(1);
    const answers = [
      await asking(1).type("claim wrong"),
      await asking(1).type("claim"),
      await asking(1, { secret: null }).type(`claim ${SECRET}`),
      await asking(1).type("flags"),
      await asking(1).press("flags:0"),
    ];
    expect(answers.map(textOf)).toEqual(answers.map(() => en.general.operatorsOnly));
    expect(await roleOf(db, 1)).toBe("person");
  });

  it("allows five tries an hour to one person, even with the right secret in the sixth", async () => {
    await Promise.all([arrive(1), arrive(2)]);
    await Promise.all(Array.from({ length: 8 }, (_, n) => asking(1).type(`claim guess-${n}`)));
    expect(textOf(await asking(1).type(`claim ${SECRET}`))).toBe(en.general.operatorsOnly);
    expect(await all("SELECT count(*) AS tries FROM audits WHERE actor = 'person:1'")).toEqual([{ tries: 5 }]);
    expect(textOf(await asking(1, { nowMs: NOW_MS + HOUR_MS + 1 }).type(`claim ${SECRET}`))).toBe(en.admin.claimed);
  });

  it("lets operators name others and take it back, but not from themselves, and looks at D1 at each use", async () => {
    await Promise.all([arrive(1, { role: "operator" }), arrive(2)]);
    expect(textOf(await asking(1).type("operator 2"))).toBe(en.admin.operatorAdded("2"));
    expect(textOf(await asking(2).press("home"))).toContain(en.admin.noIncidents);
    expect(textOf(await asking(1).type("operator 2 off"))).toBe(en.admin.operatorRemoved("2"));
    expect(textOf(await asking(2).press("home"))).toBe(en.general.operatorsOnly);
    expect(textOf(await asking(1).type("operator 1 off"))).toBe(en.admin.operatorHow);
    expect(textOf(await asking(1).type("operator 99"))).toBe(en.admin.operatorHow);
    expect(
      (await all("SELECT actor, action, target FROM audits WHERE target = 'person:2' ORDER BY action")).map(({ action }) => action),
    ).toEqual(["operator.name", "operator.remove"]);
  });
});

const sentRow = (
  id: number,
  { late = 4_000, status = "sent", reason = null }: { late?: number; status?: string; reason?: string | null },
) =>
  db
    .prepare(
      `INSERT INTO deliveries (event_id, telegram_id, kind, status, reason, protective, silent, payload, attempts, scan_at_ms, created_at, updated_at, sent_at_ms)
      VALUES ('e', ?1, 'opened', ?2, ?3, 0, 0, '{}', 1, ?4, ?4, ?4, ?5)`,
    )
    .bind(id, status, reason, NOW_MS, status === "sent" ? NOW_MS + late : null)
    .run();

async function stored(): Promise<void> {
  const failed = {
    feed: "beta",
    venue: "beta",
    ok: false,
    receivedAtMs: null,
    rows: 0,
    error: { kind: "timeout", message: "8 s" },
    degraded: [],
    health: null,
    healthAtMs: null,
    calls: 3,
    ms: 8_000,
  };
  const scan = scanOf({ venues: [...scanOf().venues, failed], nearMisses: [missed(fundingPair())] });
  const saved = await saveScan(
    db,
    { scan, opportunities: [], events: [], nowMs: NOW_MS, venues: VENUES },
    { attempts: D1_ATTEMPTS, wait: async () => undefined },
  );
  if (!saved.ok) throw new Error(saved.error.message);
}

describe("/admin", () => {
  it("shows scan, venues, messages and people in counts, and never a person", async () => {
    await Promise.all([arrive(1, { role: "operator" }), arrive(777_777, { language: "id" }), arrive(3, { status: "stopped" }), stored()]);
    for (let late = 1; late <= 20; late++) await sentRow(late, { late: late * 1_000 });
    await Promise.all([sentRow(50, { status: "failed", reason: "blocked" }), sentRow(51, { status: "suppressed", reason: "cool-down" })]);
    await deadLettersStatement(db, [{ id: "d1", queue: "carrywatch-events", body: { after: 0 }, attempts: 5, atMs: NOW_MS }]).run();
    const me = asking(1, { nowMs: NOW_MS + MINUTE_MS });
    const home = textOf(await me.type(""));
    expect(home).toContain(en.admin.lastScan("59 s ago", "market quiet"));
    expect(home).toContain(en.admin.feedsFresh("1", "2"));
    expect(home).toContain(en.admin.late("10 s", "19 s"));
    expect(home).toContain(en.admin.peopleLine("3", "2"));
    const scan = textOf(await me.press("scan"));
    expect(scan).toContain("fetch: 2 → 1 feeds");
    expect(scan).toContain("1 timeout");
    expect(textOf(await me.press("venues"))).toContain("beta: timeout after 8,000 ms");
    const messages = textOf(await me.press("messages"));
    for (const part of ["20 sent", "failed: 1 blocked", "kept back by a limit: 1 cool-down", en.admin.deadLetters("1", "1")])
      expect(messages).toContain(part);
    const people = textOf(await me.press("people"));
    for (const part of ["1 stopped", "Languages: en 2, id 1", "Operators: 1"]) expect(people).toContain(part);
    expect([home, scan, messages, people].join()).not.toContain("777777");
  });

  it("works before the first scan and with empty tables", async () => {
    await arrive(1, { role: "operator" });
    for (const page of ["home", "scan", "venues", "messages", "people"])
      expect(textOf(await asking(1).press(page)).length).toBeGreaterThan(0);
  });

  it("shows every flag behind a button, with its bounds and its reason", async () => {
    await arrive(1, { role: "operator" });
    const keys: string[] = [];
    for (let page = 0; ; page++) {
      const buttons = dataOf(await asking(1).press(`flags:${page}`));
      keys.push(...buttons.filter((data) => data.startsWith("admin:flag:")).map((data) => data.slice("admin:flag:".length)));
      if (!buttons.includes(`admin:flags:${page + 1}`)) break;
    }
    expect(keys).toEqual(Object.keys(FLAGS));
    const shown = textOf(await asking(1).press("flag:zero_alarm_scans"));
    for (const part of ["zero_alarm_scans = 10", "2 … 720 (scans in a row)", FLAGS.zero_alarm_scans.why]) expect(shown).toContain(part);
  });

  it("sets a flag within its bounds under the operator's name, and says what it takes otherwise", async () => {
    await arrive(1, { role: "operator" });
    const me = asking(1);
    expect(textOf(await me.type("flag open_net 0.002"))).toContain(en.admin.flagSet("open_net", "0.002"));
    for (const [typed, expected] of [
      ["flag open_net 5", "a number from 0 to 0.1"],
      ["flag close_net 0.05", "expected less than open_net"],
      ["flag quality_level loose", "one of permissive, strict"],
    ] as const) {
      const answer = textOf(await me.type(typed));
      expect(answer).toContain(en.admin.refusedChange);
      expect(answer).toContain(expected);
    }
    for (const typed of ["flag no_such 1", "flag no_such"]) expect(textOf(await me.type(typed))).toContain(en.admin.flagUnknown("no_such"));
    expect(textOf(await me.type("flag quality_level strict"))).toContain("quality_level = strict");
    expect(textOf(await me.type("flag allowed_asset_classes crypto, equity"))).toContain('["crypto","equity"]');
    expect(textOf(await me.type("flags"))).toContain(en.admin.flagsChanged("3"));
    expect(textOf(await me.type("unset open_net"))).toBe(en.admin.flagUnset("open_net"));
    expect(textOf(await me.type("unset open_net"))).toBe(en.admin.flagWasNotSet("open_net"));
    expect(await all("SELECT key, old_value, new_value, changed_by FROM flag_changes WHERE key = 'open_net' ORDER BY id")).toEqual([
      { key: "open_net", old_value: null, new_value: "0.002", changed_by: "operator:1" },
      { key: "open_net", old_value: "0.002", new_value: null, changed_by: null },
    ]);
    // SQL does not tell who deletes; the audit does.
    expect(await all("SELECT actor FROM audits WHERE action = 'flag.unset' AND target = 'open_net'")).toEqual([
      { actor: "operator:1" },
      { actor: "operator:1" },
    ]);
  });
});

describe("the rules of data quality", () => {
  /** A snapshot of two venues, which says which pairs there are. */
  async function seen(): Promise<void> {
    const market = marketOf([
      { venue: "alpha", asset: "BTC" },
      { venue: "beta", asset: "PEPE" },
    ]);
    const { snapshot } = buildSnapshot({
      scan: scanOf(),
      opportunities: [],
      candidates: [],
      market,
      nowMs: NOW_MS,
      flagSeconds: 300,
      venues: VENUES,
    });
    await writeSnapshot(env.CACHE, { snapshot, nowMs: NOW_MS });
  }
  const audits = () => all("SELECT actor, at_ms, target, detail FROM audits WHERE action = 'rule.set' ORDER BY at_ms");
  const inForce = async () => {
    const { flags } = await loadFlags(db, { deployment: {}, lastGood: null });
    return flags.quality_overrides;
  };

  it("are listed for everybody, and shown by /admin with what is in force at a venue", async () => {
    await Promise.all([arrive(1, { role: "operator" }), seen()]);
    await asking(1).type("rule low-volume alpha 1000000");
    const list = textOf(await asking(1).type("rules"));
    expect(list).toContain("low-volume: min_volume_usd 500000 (alpha 1000000), low_volume_severity soft");
    expect(list).toContain("level: quality_level permissive");
    expect(textOf(await asking(1).press("rules"))).toBe(list);
    expect(textOf(await asking(1).type("rules alpha"))).toContain("min_volume_usd 1000000");
    const one = textOf(await asking(1).type("rule low-volume"));
    for (const part of ["0 … 1000000000 (USD in 24 h)", en.admin.ruleOwn("alpha 1000000"), "soft, hard, off"]) expect(one).toContain(part);
    expect(textOf(await asking(1).type("rule no-such"))).toContain(en.admin.ruleUnknown("no-such"));
    expect(textOf(await asking(2).type("rules"))).toBe(en.general.operatorsOnly);
  });

  it("are set for a venue, a pair and all, and taken back, each under the operator's name with before and after", async () => {
    await Promise.all([arrive(1, { role: "operator" }), seen()]);
    let minutes = 0;
    const type = async (args: string) => asking(1, { nowMs: NOW_MS + MINUTE_MS * minutes++ }).type(args);
    expect(textOf(await type("rule low-volume alpha 1000000"))).toContain("min_volume_usd: nothing of its own → 1000000");
    await type("rule low-volume pepe hard");
    await type("rule stale beta:PEPE/USDT:USDT 30");
    await type("rule identity-mismatch PEPE identity_tolerance_two_venues=0.02");
    await type("rule asset-class alpha crypto, equity");
    await type("rule level beta strict");
    expect(await inForce()).toEqual({
      venues: { alpha: { min_volume_usd: 1_000_000, allowed_asset_classes: ["crypto", "equity"] }, beta: { quality_level: "strict" } },
      pairs: {
        "beta:PEPE/USDT:USDT": { max_age_seconds: 30 },
        PEPE: { low_volume_severity: "hard", identity_tolerance_two_venues: 0.02 },
      },
    });
    await type("rule low-volume all 250000");
    await type("rule low-volume alpha default");
    await type("rule low-volume all default");
    const { flags } = await loadFlags(db, { deployment: {}, lastGood: null });
    expect([flags.min_volume_usd, flags.quality_overrides.venues["alpha"]]).toEqual([
      500_000,
      { allowed_asset_classes: ["crypto", "equity"] },
    ]);
    const kept = await audits();
    expect(kept).toHaveLength(9);
    expect(kept[0]).toEqual({
      actor: "operator:1",
      at_ms: NOW_MS,
      target: "low-volume alpha",
      detail: JSON.stringify({ before: { min_volume_usd: null }, after: { min_volume_usd: 1_000_000 } }),
    });
    expect(kept.at(-2)).toMatchObject({
      detail: JSON.stringify({
        before: { min_volume_usd: 1_000_000, low_volume_severity: null },
        after: { min_volume_usd: null, low_volume_severity: null },
      }),
    });
  });

  it.each([
    ["rule low-volume alpha -1", "expected a number from 0 to 1000000000 (USD in 24 h), found -1"],
    [
      "rule low-volume gamma2 1",
      "a venue (alpha, beta, gamma) or a pair of the last scan such as BTC, BTC/USDT:USDT, alpha:BTC/USDT:USDT, found",
    ],
    ["rule low-volume DOGE 1", 'found "DOGE"'],
    ["rule low-volumes alpha 1", "rule: expected one of level, not-trading, unknown-state"],
    ["rule crossed-book alpha off", "crossed-book: expected no severity, since it refuses always"],
    ["rule crossed-book alpha 1", "expected nothing to set: it refuses always"],
    ["rule frozen alpha off", "frozen_severity: expected one of soft, hard"],
    ["rule zero-rate alpha 3", "expected no bar: it takes soft, hard, off or default"],
    ["rule identity-mismatch alpha 0.01", "expected a coin such as PEPE, since it holds across venues"],
    ["rule low-volume alpha open_net=1", 'parameter: expected one of min_volume_usd, low_volume_severity, found "open_net"'],
    ['flag quality_overrides {"venues":{"delta":{}}}', 'expected venues among alpha, beta, gamma, found "delta"'],
    ['flag venue_regions {"delta":"weur"}', 'venue_regions: expected venues among alpha, beta, gamma, found "delta"'],
  ])("/admin %s changes nothing, and says what was expected and found", async (typed, sentence) => {
    await Promise.all([arrive(1, { role: "operator" }), seen()]);
    const answer = textOf(await asking(1).type(typed));
    expect(answer).toContain(en.admin.refusedChange);
    expect(answer).toContain(sentence);
    expect(await all("SELECT key FROM flags")).toEqual([]);
    expect(await audits()).toEqual([]);
  });

  it("set by several operators at one moment are all kept, each with its audit", async () => {
    await Promise.all([arrive(1, { role: "operator" }), arrive(2, { role: "operator" }), seen()]);
    await Promise.all([
      asking(1).type("rule low-volume alpha 1"),
      asking(2).type("rule low-volume beta 2"),
      asking(1).type("rule stale gamma 3"),
    ]);
    expect(await inForce()).toMatchObject({
      venues: { alpha: { min_volume_usd: 1 }, beta: { min_volume_usd: 2 }, gamma: { max_age_seconds: 3 } },
    });
    expect(await audits()).toHaveLength(3);
  });
});

describe("what identity keeps out", () => {
  const BETA = "beta:NEIRO/USDT:USDT";
  const identity: ScanIdentity = {
    clusters: [],
    quarantine: [
      {
        instrument: BETA,
        ticker: "NEIRO",
        rule: "identity-mismatch",
        sinceMs: NOW_MS - HOUR_MS,
        price: 1.003,
        source: "mark",
        against: { assetId: "NEIRO", instrument: "alpha:NEIRO/USDT:USDT", price: 0.1 },
        ratio: 10.03,
        bar: 1.03,
      },
    ],
    quarantined: 1,
  };
  const scanned = async () => {
    await arrive(1, { role: "operator" });
    const write = { scan: scanOf({ identity }), opportunities: [], events: [], nowMs: NOW_MS, venues: VENUES };
    expect((await saveScan(db, write, { attempts: D1_ATTEMPTS, wait: async () => undefined })).ok).toBe(true);
  };
  const rulings = async () => (await loadFlags(db, { deployment: {}, lastGood: null })).rulings;
  const audits = () => all("SELECT actor, action, target, detail FROM audits WHERE action LIKE 'identity.%' ORDER BY at_ms");

  it("is listed with price, ratio and since when; a ratio near a power of ten is called a scale", async () => {
    await scanned();
    const shown = textOf(await asking(1).type("quarantine"));
    for (const part of [
      en.admin.quarantineTitle("1"),
      `${BETA}: $1.003, since 1 h ago`,
      "10× NEIRO at $0.1",
      en.admin.quarantineScale("10"),
    ])
      expect(shown).toContain(part);
    expect(textOf(await asking(1).press("quarantine"))).toBe(shown);
  });

  it("is overruled for one instrument with a reason, until it ends or is taken back, each under the operator's name", async () => {
    await scanned();
    const type = async (args: string, minutes: number) => textOf(await asking(1, { nowMs: NOW_MS + minutes * MINUTE_MS }).type(args));
    expect(await type(`allow ${BETA} neiro 30d one coin, ten to one`, 1)).toContain(en.admin.rulingSet(BETA, "is NEIRO, ends in 30 d"));
    expect(await rulings()).toEqual({
      [BETA]: { verdict: "allow", assetId: "NEIRO", expiresAtMs: NOW_MS + MINUTE_MS + 30 * 24 * HOUR_MS },
    });
    expect(await type(`deny ${BETA} no, it is not`, 2)).toContain("never pairs");
    expect(await rulings()).toEqual({ [BETA]: { verdict: "deny", expiresAtMs: null } });
    expect(await type("quarantine", 3)).toContain(en.admin.ruling(BETA, "never pairs", "operator:1", "no, it is not"));
    expect(await type(`undo ${BETA}`, 4)).toContain(en.admin.rulingDropped(BETA));
    expect(await type(`undo ${BETA}`, 5)).toContain(en.admin.rulingNone(BETA));
    expect(await rulings()).toEqual({});
    const kept = await audits();
    expect(kept.map(({ actor, action, target }) => [actor, action, target])).toEqual(
      ["allow", "deny", "undo"].map((action) => ["operator:1", `identity.${action}`, BETA]),
    );
    expect(JSON.parse(String(kept[1]?.["detail"]))).toMatchObject({
      before: { verdict: "allow", assetId: "NEIRO", reason: "one coin, ten to one" },
      after: { verdict: "deny", assetId: null, reason: "no, it is not" },
    });
  });

  it.each([
    ["allow delta:NEIRO/USDT:USDT NEIRO why", "instrument: expected one of the last scan or of the quarantine"],
    [`allow ${BETA} NEIRO~2 why`, 'coin: expected one of NEIRO, found "NEIRO~2"'],
    [`allow ${BETA} PEPE why`, 'coin: expected one of NEIRO, found "PEPE"'],
    [`allow ${BETA} NEIRO 30d`, "reason: expected 1 to 300 characters, found 0"],
    [`deny ${BETA}`, "reason: expected 1 to 300 characters, found 0"],
  ])("/admin %s changes nothing, and says what was expected", async (typed, sentence) => {
    await scanned();
    const answer = textOf(await asking(1).type(typed));
    for (const part of [en.admin.refusedChange, sentence]) expect(answer).toContain(part);
    expect(await rulings()).toEqual({});
    expect(await audits()).toEqual([]);
  });

  it("says nothing of who ruled after they erased themselves", async () => {
    await scanned();
    await asking(1).type(`deny ${BETA} another coin`);
    await erasePersonalData(db, 1);
    expect(await all("SELECT created_by FROM identity_rulings")).toEqual([{ created_by: "operator:erased" }]);
    expect(JSON.stringify(await audits())).not.toContain("operator:1");
  });
});

describe("a broadcast", () => {
  const refs: DeliveryRef[] = [];
  const pages: BroadcastMessage[] = [];
  const ports = {
    db,
    log: quiet,
    now: () => NOW_MS,
    wake: async (queued: readonly DeliveryRef[]) => void refs.push(...queued),
    goOn: async (message: BroadcastMessage) => void pages.push(message),
  };
  beforeEach(() => {
    refs.length = 0;
    pages.length = 0;
  });

  it("is shown with how many people it goes to, goes to nobody before it is confirmed, and to each active person once", async () => {
    await Promise.all([
      arrive(1, { role: "operator" }),
      arrive(2),
      arrive(3, { status: "stopped" }),
      arrive(4, { status: "blocked" }),
      arrive(5),
    ]);
    const me = asking(1);
    const draft = await me.type("broadcast  Planned *pause*\ntonight <b>");
    expect(textOf(draft)).toContain("Planned *pause*\ntonight <b>");
    expect(textOf(draft)).toContain(en.admin.broadcastPreview("3"));
    const send = dataOf(draft).find((data) => data.startsWith("admin:send:")) ?? "";
    const id = send.slice("admin:send:".length);
    await onBroadcast(ports, { broadcastId: id, after: 0 });
    expect(refs).toEqual([]);
    expect(textOf(await me.press(`send:${id}`))).toBe(en.admin.broadcastStarted);
    expect(me.started).toEqual([id]);
    expect(textOf(await me.press(`send:${id}`))).toBe(en.admin.broadcastAgain);
    await onBroadcast(ports, { broadcastId: id, after: 0 });
    expect(refs).toEqual([1, 2, 5].map((telegramId) => ({ eventId: `broadcast:${id}`, telegramId })));
    expect(pages).toEqual([]);
    await db.prepare("UPDATE deliveries SET status = 'sent', sent_at_ms = updated_at WHERE telegram_id = 2").run();
    await onBroadcast(ports, { broadcastId: id, after: 0 });
    expect(await all("SELECT telegram_id, status, payload FROM deliveries ORDER BY telegram_id")).toEqual(
      [1, 2, 5].map((telegramId) => ({
        telegram_id: telegramId,
        status: telegramId === 2 ? "sent" : "queued",
        payload: JSON.stringify({ kind: "broadcast", text: "Planned *pause*\ntonight <b>" }),
      })),
    );
    // What waits is woken again, what was sent is not.
    expect(refs.slice(3).map(({ telegramId }) => telegramId)).toEqual([1, 5]);
  });

  it("goes through all people in pages, also when a page is made again after people have changed", async () => {
    await Promise.all(Array.from({ length: 11 }, (_, n) => arrive(n + 1)));
    const me = asking(1);
    await db.prepare("UPDATE people SET role = 'operator' WHERE telegram_id = 1").run();
    const id = (dataOf(await me.type("broadcast hello"))[0] ?? "").slice("admin:send:".length);
    await me.press(`send:${id}`);
    const page = async (after: number) => fanOutBroadcast(db, { id, after, nowMs: NOW_MS, page: 4 });
    const first = await page(0);
    await db.prepare("UPDATE people SET status = 'stopped' WHERE telegram_id = 3").run();
    expect(await page(0)).toEqual(first);
    let next = first.next;
    while (next !== null) next = (await page(next)).next;
    expect((await all("SELECT telegram_id FROM deliveries ORDER BY telegram_id")).map((row) => row["telegram_id"])).toEqual(
      Array.from({ length: 11 }, (_, n) => n + 1),
    );
  });

  it("needs a text of a length that Telegram takes, and a draft that exists", async () => {
    await arrive(1, { role: "operator" });
    for (const typed of ["broadcast", `broadcast ${"x".repeat(3_501)}`])
      expect(textOf(await asking(1).type(typed))).toBe(en.admin.broadcastEmpty("3,500"));
    expect(textOf(await asking(1).press("send:none"))).toBe(en.admin.broadcastUnknown);
    expect(await all("SELECT id FROM broadcasts")).toEqual([]);
  });
});

/** SHA-256 in hex. */
const hexOf = async (text: string) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

describe("/admin quality", () => {
  it("shows how many rows passed by venue and rule over a span, and the form for what it cannot read", async () => {
    await arrive(1, { role: "operator" });
    const scan = scanOf({ slotMs: NOW_MS - HOUR_MS });
    const write = { scan, opportunities: [], events: [], nowMs: scan.finishedAtMs, venues: VENUES };
    expect((await saveScan(db, write, { attempts: D1_ATTEMPTS, wait: async () => undefined })).ok).toBe(true);
    const day = await asking(1).type("quality");
    // One row, and its book was crossed.
    expect(textOf(day)).toContain(en.admin.qualityFeed("alpha", "0%", "1"));
    expect(textOf(day)).toContain("crossed-book");
    expect(dataOf(day)).toEqual(["admin:quality:24h", "admin:quality:7d", "admin:quality:30d", "admin:home"]);
    expect(dataOf(await asking(1).press("quality:alpha:7d"))).toContain("admin:quality:alpha:30d");
    expect(textOf(await asking(1).type("quality alpha-spot 1h"))).not.toContain("crossed-book");
    for (const odd of ["quality nowhere", "quality alpha beta", "quality 9000d"])
      expect(textOf(await asking(1).type(odd))).toBe(en.admin.qualityHow);
  });
});

/** One stored row whose net is 0 although its pair has one; gives its id. */
async function storeDirt(): Promise<string> {
  const [sound, dirty] = [opened(fundingPair()), opened(fundingPair({ asset: "ETH" }))];
  const write = { scan: scanOf(), opportunities: [sound, dirty], events: [], nowMs: NOW_MS, venues: VENUES };
  expect((await saveScan(db, write, { attempts: D1_ATTEMPTS, wait: async () => undefined })).ok).toBe(true);
  await db.batch([
    db.prepare("PRAGMA ignore_check_constraints = ON"),
    db.prepare("UPDATE opportunities SET net = 0 WHERE id = ?1").bind(dirty.id),
    db.prepare("PRAGMA ignore_check_constraints = OFF"),
  ]);
  return dirty.id;
}
const step = () => validateStep({ db, now: () => NOW_MS, venues: VENUES });
const idIn = (answer: Answer): string => /Validation (?<id>\w+)/u.exec(textOf(answer))?.groups?.["id"] ?? "";

describe("/admin validate", () => {
  it("makes a dry run, shows what it found, and takes it out only when told so by its id", async () => {
    await arrive(1, { role: "operator" });
    await storeDirt();
    const dry = idIn(await asking(1).type("validate"));
    expect(textOf(await asking(1).type("validate"))).toContain(dry);
    expect(textOf(await asking(1).type(`validate run ${dry}`))).toBe(en.admin.validationBusy);
    await step();
    const found = await asking(1).press(`validate:${dry}`);
    expect(textOf(found)).toContain(en.admin.validationCounts("2", "1", "0"));
    expect(textOf(found)).toContain("column-mismatch");
    expect(textOf(found)).toContain(en.admin.validationHow(dry));
    const real = idIn(await asking(1).type(`validate run ${dry}`));
    expect(real).not.toBe(dry);
    await step();
    expect(textOf(await asking(1).type(`validate ${real}`))).toContain(en.admin.validationCounts("1", "1", "1"));
    expect(await all("SELECT actor FROM audits WHERE action IN ('rows.validate', 'rows.remove', 'row.quarantine')")).toEqual(
      Array.from({ length: 3 }, () => ({ actor: "operator:1" })),
    );
    for (const odd of ["validate nothing", "validate run nothing"])
      expect(textOf(await asking(1).type(odd))).toBe(en.admin.validationUnknown);
  });
});

describe("/api/admin", () => {
  async function api({ configured = true }: { readonly configured?: boolean } = {}) {
    const config = readConfig(configured ? { ADMIN_TOKEN_SHA256: await hexOf(TOKEN) } : {});
    if (!config.ok) throw new Error("expected a configuration");
    const started: string[] = [];
    const app = createApi({
      config: config.value,
      now: () => NOW_MS,
      db,
      snapshots: { cache: env.CACHE, db, memory: snapshotMemory(), venues: VENUES, now: () => NOW_MS, wait: async () => undefined },
      log: quiet,
      random: () => crypto.randomUUID(),
      container: () => ({}),
      startBroadcast: async (id) => void started.push(id),
      rules: RULE_FACTS,
    });
    const call = async (path: string, { token = TOKEN, ...init }: RequestInit & { readonly token?: string | null } = {}) => {
      const response = await app.request(`http://localhost/api/admin${path}`, {
        ...init,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      });
      return { status: response.status, type: response.headers.get("content-type"), body: await response.json<Record<string, unknown>>() };
    };
    const open = (path: string) => app.request(`http://localhost${path}`);
    return { call, open, started };
  }

  it("validates stored rows: a dry run with its findings, then their quarantine, and back what holds", async () => {
    const { call } = await api();
    const id = await storeDirt();
    for (const query of ["", "?dryRun=maybe", "?dryRun=false", "?dryRun=true&of=x"])
      expect(await call(`/quality/validate${query}`, { method: "POST" })).toMatchObject({ status: 400, body: { code: "bad-query" } });
    const idOf = z.object({ run: z.object({ id: z.string() }) });
    const dry = await call("/quality/validate?dryRun=true", { method: "POST" });
    expect(dry.status).toBe(202);
    const dryId = idOf.parse(dry.body).run.id;
    expect(await call(`/quality/validate?dryRun=false&of=${dryId}`, { method: "POST" })).toMatchObject({
      status: 409,
      body: { code: "dry-run-not-done" },
    });
    await step();
    expect((await call(`/quality/validations/${dryId}`)).body).toMatchObject({
      run: { state: "done", rowsChecked: 2, rowsFound: 1 },
      findings: [{ rowId: id, rule: "column-mismatch", value: 0 }],
      next: null,
    });
    const real = await call(`/quality/validate?dryRun=false&of=${dryId}`, { method: "POST" });
    await step();
    const { body } = await call(`/quality/validations/${idOf.parse(real.body).run.id}`);
    expect(body).toMatchObject({ run: { state: "done", rowsRemoved: 1, dryRunId: dryId } });
    expect((await call("/quality/quarantined-rows")).body).toMatchObject({
      rows: [{ rowId: id, row: { net: 0 }, by: expect.stringMatching(/^api:/u) }],
    });
    expect(await call(`/quality/quarantined-rows/${id}/restore`, { method: "POST" })).toMatchObject({
      status: 409,
      body: { code: "does-not-hold" },
    });
    expect(await call("/quality/quarantined-rows/nothing/restore", { method: "POST" })).toMatchObject({ status: 404 });
    expect(await call("/quality/validations/nothing")).toMatchObject({ status: 404 });
  });

  it("answers 401 without the token, whatever is asked and whether one is configured or not, and does nothing", async () => {
    const { call } = await api();
    const without = await api({ configured: false });
    const write = { method: "PUT", body: JSON.stringify({ value: 0.002 }) };
    for (const answer of [
      await call("/status", { token: null }),
      await call("/status", { token: "wrong" }),
      await call("/no-such", { token: `${TOKEN}x` }),
      await call("/flags/open_net", { ...write, token: "" }),
      await without.call("/status"),
      await without.call("/flags/open_net", write),
    ]) {
      expect(answer).toMatchObject({ status: 401, type: "application/problem+json", body: { code: "unauthorized" } });
    }
    expect(await all("SELECT id FROM audits")).toEqual([]);
    expect(await all("SELECT key FROM flags")).toEqual([]);
  });

  it("gives the state of everything, audited under the token", async () => {
    await Promise.all([arrive(1, { role: "operator" }), arrive(2), stored(), sentRow(2, {})]);
    await deadLettersStatement(db, [{ id: "d1", queue: "carrywatch-events", body: { after: 0 }, attempts: 5, atMs: NOW_MS }]).run();
    const { call } = await api();
    const status = await call("/status");
    expect(status).toMatchObject({
      status: 200,
      body: {
        scan: {
          verdict: "market-quiet",
          topDrops: [{ step: "fetch", reason: "timeout", count: 1 }],
          venues: [{ feed: "alpha" }, { feed: "beta", ok: false }],
        },
        deliveries: { byStatus: { sent: 1 }, lateMs: { p50: 4_000, p95: 4_000 } },
        deadLetters: { all: 1, lastDay: 1 },
      },
    });
    expect((await call("/users")).body).toMatchObject({ people: { all: 2, operators: 1, byStatus: { active: 2 } }, liveSessions: 0 });
    expect((await call("/dead-letters")).body).toEqual({
      deadLetters: [{ id: "d1", queue: "carrywatch-events", body: { after: 0 }, attempts: 5, atMs: NOW_MS }],
    });
    const audits = await all("SELECT actor, action, target FROM audits ORDER BY target");
    expect(audits).toEqual(
      ["dead-letters", "status", "users"].map((name) => ({
        actor: expect.stringMatching(/^api:[0-9a-f]{8}$/u),
        action: "http.get",
        target: `/api/admin/${name}`,
      })),
    );
    expect((await call("/no-such")).status).toBe(404);
  });

  it("sets, shows and removes flags by their bounds", async () => {
    const { call } = await api();
    const put = async (key: string, body: string) => call(`/flags/${key}`, { method: "PUT", body });
    expect((await put("open_net", '{"value":0.002}')).body).toMatchObject({
      key: "open_net",
      value: 0.002,
      min: 0,
      max: 0.1,
      default: 0.001,
    });
    expect(await put("open_net", '{"value":"0.002"}')).toMatchObject({
      status: 422,
      body: { code: "bad-value", detail: expect.stringContaining("from 0 to 0.1") },
    });
    expect(await put("close_net", '{"value":0.09}')).toMatchObject({ status: 422, body: { detail: expect.stringContaining("open_net") } });
    expect((await put("no_such", '{"value":1}')).status).toBe(404);
    for (const body of ["", "[]", '{"value":1,"more":1}', "{}"])
      expect((await put("open_net", body)).status, body).toBeGreaterThanOrEqual(400);
    expect((await put("open_net", `{"value":"${"x".repeat(70_000)}"}`)).status).toBe(400);
    expect((await call("/flags/open_net")).body).toMatchObject({ value: 0.002, stored: { by: expect.stringMatching(/^api:/u) } });
    expect((await call("/flags")).body["flags"]).toHaveLength(Object.keys(FLAGS).length);
    expect((await call("/flags/open_net", { method: "DELETE" })).body).toEqual({ key: "open_net", removed: true });
    expect((await call("/flags/open_net")).body).toMatchObject({ value: 0.001, stored: null });
  });

  it("sets a rule for a scope, and lists every rule with what is in force", async () => {
    const { call, open } = await api();
    const put = async (rule: string, body: unknown) => call(`/quality/rules/${rule}`, { method: "PUT", body: JSON.stringify(body) });
    expect(await put("low-volume", { scope: "alpha", value: 7 })).toMatchObject({
      status: 200,
      body: { rule: "low-volume", scope: "alpha", before: { min_volume_usd: null }, after: { min_volume_usd: 7 } },
    });
    expect(await put("low-volume", { scope: "alpha", value: "7" })).toMatchObject({ status: 422, body: { code: "bad-rule-change" } });
    expect(await put("low-volume", { scope: "BTC", value: 7 })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("a pair once a scan lists them, which none does now") },
    });
    for (const body of [{}, { scope: "alpha" }, { scope: "", value: 1 }, { scope: "alpha", value: 1, more: 1 }])
      expect(await put("low-volume", body)).toMatchObject({ status: 400, body: { code: "bad-body" } });
    const listed = await (await open("/api/quality/rules")).json<{ readonly rules: readonly Record<string, unknown>[] }>();
    expect(listed.rules.map(({ id }) => id)).toEqual(RULE_FACTS.map(({ id }) => id));
    expect(listed.rules.find(({ id }) => id === "low-volume")).toMatchObject({
      kind: "soft",
      sentence: "Little was traded in 24 hours.",
      parameters: [
        {
          flag: "min_volume_usd",
          unit: "USD in 24 h",
          min: 0,
          max: 1_000_000_000,
          default: 500_000,
          value: 500_000,
          overrides: { venues: { alpha: 7 }, pairs: {} },
        },
      ],
      severity: { flag: "low_volume_severity", choices: ["soft", "hard", "off"], default: "soft", value: "soft" },
    });
  });

  it("lists for everybody what identity keeps out, and rules on it for whoever holds the token", async () => {
    const { call, open } = await api();
    const instrument = "gate:T/USDT:USDT";
    const entry = { instrument, ticker: "T", rule: "identity-mismatch", sinceMs: NOW_MS, price: 2, source: "index", bar: 1.01 } as const;
    const quarantine = [{ ...entry, against: { assetId: null, instrument: "okx:T/USDT:USDT", price: 0.002 }, ratio: 1_000 }];
    const scan = scanOf({ identity: { clusters: [], quarantine, quarantined: 1 } });
    await saveScan(
      db,
      { scan, opportunities: [], events: [], nowMs: NOW_MS, venues: VENUES },
      { attempts: 1, wait: async () => undefined },
    );
    const put = async (body: unknown) => call("/quality/identity", { method: "PUT", body: JSON.stringify(body) });
    const wish = { instrument, verdict: "allow", assetId: "T", reason: "new contract", expiresAtMs: NOW_MS + HOUR_MS };
    expect(await put(wish)).toMatchObject({ status: 200, body: { ...wish, atMs: NOW_MS } });
    expect(await put({ ...wish, instrument: "gate:B/USDT:USDT" })).toMatchObject({ status: 422, body: { code: "bad-ruling" } });
    expect(await put({ ...wish, expiresAtMs: NOW_MS })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("expiry: expected") },
    });
    expect(await put({ ...wish, verdict: "maybe" })).toMatchObject({ status: 400 });
    const shown = await (await open("/api/quality/quarantine")).json<Record<string, unknown>>();
    expect(shown).toMatchObject({
      count: 1,
      instruments: [{ instrument, ratio: 1_000, scale: 1_000 }],
      ruled: [{ instrument, verdict: "allow" }],
    });
    // The reason and the operator are for operators.
    expect(JSON.stringify(shown)).not.toMatch(/new contract|api:/u);
    expect((await call("/quality/identity")).body).toMatchObject({ rulings: [{ instrument, reason: "new contract" }] });
    const path = `/quality/identity?instrument=${encodeURIComponent(instrument)}`;
    expect((await call(path, { method: "DELETE" })).body).toEqual({ instrument, removed: true });
    expect((await call(path, { method: "DELETE" })).body).toEqual({ instrument, removed: false });
  });

  it("drafts, confirms and starts a broadcast, the second time without a second one", async () => {
    await Promise.all([arrive(1), arrive(2)]);
    const { call, started } = await api();
    const draft = await call("/broadcasts", { method: "POST", body: JSON.stringify({ text: " hello " }) });
    expect(draft).toMatchObject({ status: 201, body: { text: "hello", people: 2 } });
    const id = String(draft.body["id"]);
    expect(await call(`/broadcasts/${id}/confirm`, { method: "POST" })).toMatchObject({
      status: 202,
      body: { first: true, confirmedAtMs: NOW_MS },
    });
    expect(await call(`/broadcasts/${id}/confirm`, { method: "POST" })).toMatchObject({ status: 202, body: { first: false } });
    expect(started).toEqual([id, id]);
    expect((await call("/broadcasts/none/confirm", { method: "POST" })).status).toBe(404);
    for (const text of ["", "   ", "x".repeat(3_501)])
      expect((await call("/broadcasts", { method: "POST", body: JSON.stringify({ text }) })).status).toBe(400);
  });

  it("pages audits to the end without a gap or a repeat", async () => {
    const { call } = await api();
    for (let n = 0; n < 7; n++) await call("/users");
    const seen: unknown[] = [];
    let next: unknown = "";
    while (typeof next === "string") {
      const { body } = await call(`/audits?limit=3${next === "" ? "" : `&before=${next}`}`);
      const audits = body["audits"];
      if (!Array.isArray(audits)) throw new Error("expected audits");
      seen.push(
        ...audits
          .filter((audit: { readonly target: string }) => audit.target.endsWith("/users"))
          .map((audit: { readonly id: string }) => audit.id),
      );
      next = body["next"];
      if (seen.length > 20) break;
    }
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
    expect((await call("/audits?before=soon")).status).toBe(400);
  });
});

describe("the bot as a whole", () => {
  it("makes the first operator, deletes what held the secret, and lets nobody else in", async () => {
    const stage = openStage({ OPERATOR_SECRET: SECRET });
    try {
      const { telegram } = stage;
      const texts = (chat: number): readonly string[] => telegram.messages(chat).map((message) => message.text ?? "");
      for (const person of [11, 12]) await telegram.say(person, "/start");
      await telegram.say(11, "/admin claim no-such-secret-at-all");
      await telegram.say(11, `/admin claim ${SECRET}`);
      await telegram.say(12, `/admin claim ${SECRET}`);
      const gone = () => expect([...texts(11), ...texts(12)].filter((text) => text.includes("claim"))).toEqual([]);
      await vi.waitFor(gone, { timeout: 5_000, interval: 20 });
      expect(texts(11).at(-1)).toBe(en.admin.claimed);
      expect(texts(12).at(-1)).toBe(en.general.operatorsOnly);
      const { answers } = await telegram.say(11, "/admin");
      expect(answers[0]?.text).toContain(en.admin.noIncidents);
      const pressed = await telegram.press(11, answers[0]?.message_id ?? 0, "admin:people");
      expect(pressed.answers[0]?.text).toContain("Operators: 1");
      expect((await telegram.say(12, "/admin")).answers[0]?.text).toBe(en.general.operatorsOnly);
      expect((await telegram.say(13, "/admin")).answers[0]?.text).toBe(en.general.needsStart);
      // Whoever is erased is no longer named by what others did, nor by their tries.
      await erasePersonalData(db, 12);
      expect(JSON.stringify(await all("SELECT actor, target FROM audits"))).not.toContain(":12");
      expect(JSON.stringify(stage.logs())).not.toContain(SECRET);
    } finally {
      stage.close();
    }
  });

  it("carries a confirmed broadcast over the queue to a delivery for each active person", async () => {
    const stage = openStage({ ADMIN_TOKEN_SHA256: await hexOf(TOKEN) });
    try {
      await Promise.all([arrive(21), arrive(22), arrive(23, { status: "stopped" })]);
      const call = async (path: string, body = "{}") =>
        stage
          .post(
            new Request(`https://carrywatch.test/api/admin${path}`, {
              method: "POST",
              body,
              headers: { authorization: `Bearer ${TOKEN}` },
            }),
          )
          .then(async (response) => response.json<Record<string, unknown>>());
      const { id, people } = await call("/broadcasts", JSON.stringify({ text: "hello" }));
      expect(people).toBe(2);
      expect(await call(`/broadcasts/${String(id)}/confirm`)).toMatchObject({ first: true });
      await vi.waitFor(
        async () =>
          expect((await all("SELECT telegram_id FROM deliveries ORDER BY telegram_id")).map((row) => row["telegram_id"])).toEqual([21, 22]),
        { timeout: 10_000, interval: 50 },
      );
    } finally {
      stage.close();
    }
  });
});
