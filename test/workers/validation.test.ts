import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Opportunity } from "../../src/domain/opportunity.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/domain/units.ts";
import { validateStep } from "../../src/history/validate-rows.ts";
import { D1_ATTEMPTS } from "../../src/storage/d1.ts";
import { loadClosedSince, loadOpen } from "../../src/storage/opportunities.ts";
import { listQuarantined, restoreRow } from "../../src/storage/quarantined-rows.ts";
import { saveScan } from "../../src/storage/save-scan.ts";
import { listFindings, loadRun, startValidation, type ValidationRun } from "../../src/storage/validation-runs.ts";
import { carryPair, eventOf, fundingPair, gapPair, NOW_MS, opened, scanOf, VENUES } from "../opportunities.ts";

const db = env.DB;
type Row = Readonly<Record<string, unknown>>;
const TABLES = ["quarantined_rows", "validation_findings", "validation_runs", "audits", "opportunity_events", "opportunities", "scans"];
const LATER_MS = NOW_MS + HOUR_MS;

beforeEach(async () => {
  await applyD1Migrations(db, env.TEST_MIGRATIONS);
  // Runs that removed name their dry run.
  await db.prepare("DELETE FROM validation_runs WHERE dry_run_id IS NOT NULL").run();
  await db.batch(TABLES.map((table) => db.prepare(`DELETE FROM ${table}`)));
});

const all = async (sql: string) => (await db.prepare(sql).all()).results;
const rowsOf = (table: string) => all(`SELECT * FROM ${table} ORDER BY id`);

/** Sound rows of every strategy, open, without data and closed, each with its event. */
async function storeSound(count: number): Promise<readonly Opportunity[]> {
  const ended = { status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" } as const;
  const silent = { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "alpha: timeout" } as const;
  const rows = Array.from({ length: count }, (_, index) => {
    const fields = { openedAtMs: NOW_MS - index * MINUTE_MS };
    return opened(
      fundingPair({ asset: `C${index}` }),
      index % 3 === 0 ? { ...fields, ...ended } : index % 5 === 0 ? { ...fields, ...silent } : fields,
    );
  });
  const opportunities = [...rows, opened(carryPair()), opened(gapPair())];
  const events = opportunities.map((row) => eventOf(row, "opened"));
  const write = { scan: scanOf(), opportunities, events, nowMs: NOW_MS + 1_000, venues: VENUES };
  const saved = await saveScan(db, write, { attempts: D1_ATTEMPTS, wait: async () => undefined });
  if (!saved.ok || saved.value.refused.length > 0) throw new Error("expected sound rows");
  return opportunities;
}

/** Writes columns past the validator and past the CHECKs. */
async function soil(id: string, change: Row): Promise<void> {
  const names = Object.keys(change);
  const sets = names.map((name, index) => `${name} = ?${index + 2}`).join(", ");
  await db.batch([
    db.prepare("PRAGMA ignore_check_constraints = ON"),
    db.prepare(`UPDATE opportunities SET ${sets} WHERE id = ?1`).bind(id, ...names.map((name) => change[name])),
    db.prepare("PRAGMA ignore_check_constraints = OFF"),
  ]);
}
/** The text of a row's priced pair with values put at paths of its JSON. */
async function pricedWith(id: string, values: Row): Promise<unknown> {
  const pairs = Object.entries(values).flatMap(([path, value]) => [`'$.${path}'`, `json('${JSON.stringify(value)}')`]);
  return db
    .prepare(`SELECT json_set(priced, ${pairs.join(", ")}) AS text FROM opportunities WHERE id = ?1`)
    .bind(id)
    .first("text");
}

type Dirt = readonly [rule: string, what: string, change: Row, priced: Row | null];
/** One row of the old system's faults each: columns that are written, and what the priced pair says of it where it is changed too. */
const DIRT: readonly Dirt[] = [
  ["column-mismatch", "rates 0 and 0, and a difference all the same", { long_rate: 0, short_rate: 0 }, null],
  ["missing-rate", "0 for a rate that nobody sent", { short_rate: 0 }, { "short.quote.fundingRatePerInterval": null, shortRate: 0 }],
  ["missing-interval", "an interval that is missing", { long_interval_hours: 0 }, { "long.quote.fundingIntervalHours": null }],
  ["difference-mismatch", "a difference that its rates do not make", { rate_difference: 0.5 }, { rateDifference: 0.5 }],
  ["column-mismatch", "the same in the column alone", { rate_difference: 0.5 }, null],
  ["unknown-venue", "a venue that nobody registered", { long_venue: "ftx" }, { "long.quote.venue": "ftx" }],
  ["same-venue", "one venue twice", { short_venue: "alpha" }, { "short.quote.venue": "alpha", "short.quote.symbol": "X/USDT:USDT" }],
  ["bad-time", "seconds", { opened_at_ms: Math.floor(NOW_MS / 1_000) }, null],
  ["bad-time", "a sighting of tomorrow", { last_seen_at_ms: NOW_MS + 2 * DAY_MS }, null],
  ["bad-time", "a write in seconds", { created_at: Math.floor(NOW_MS / 1_000) }, null],
  ["net-mismatch", "a net that its lines do not make", { net: 0.4 }, { "ledger.net": 0.4 }],
  ["column-mismatch", "a net of 0 where the pair has one", { net: 0 }, null],
  ["price-not-positive", "a negative price", { short_bid: -1 }, { "short.quote.bid": -1 }],
  ["crossed-book", "a bid over its ask", { long_bid: 500 }, { "long.quote.bid": 500 }],
  ["fees-mismatch", "free of fees", { fees: 0 }, { "ledger.fees": 0 }],
  ["unreadable", "a pair that is no JSON", { priced: "NaN" }, null],
  ["bad-count", "merged less than never", { scans_merged: -1 }, null],
  ["key-mismatch", "another pair's key", { key: "funding|BTC|a|b" }, null],
];

/** Soils one sound row with each. Gives the ids with the rules by which they have to be found. */
async function plantDirt(sound: readonly Opportunity[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const [index, [rule, , change, priced]] of DIRT.entries()) {
    const id = sound[2 * index]?.id ?? "";
    const text = priced === null ? {} : { priced: await pricedWith(id, priced) };
    await soil(id, { ...change, ...text });
    ids.set(id, rule);
  }
  return ids;
}

const start = async (id: string, dryRunId: string | null, actor = "operator:7") => {
  const audit = { id: `audit-${id}`, atMs: LATER_MS, actor, action: "rows.validate", target: id, detail: null };
  return startValidation(db, { dryRunId, audit });
};
/** Steps of one page each until the run is done; gives it as D1 has it. */
async function finish(id: string, pageRows: number): Promise<ValidationRun | null> {
  for (let step = 0; step < 100; step++) {
    const run = await validateStep({ db, now: () => LATER_MS, venues: VENUES }, { pageRows, limitMs: 0 });
    if (run === null || run.state === "done") break;
  }
  return loadRun(db, id);
}

describe("stored rows that do not hold", () => {
  it("are found and taken out exactly, row by row, and a second look finds none", async () => {
    const sound = await storeSound(2 * DIRT.length);
    const clean = await rowsOf("opportunities");
    const cleanEvents = await rowsOf("opportunity_events");
    const dirt = await plantDirt(sound);
    const soiled = await rowsOf("opportunities");
    const isDirty = (id: unknown): boolean => dirt.has(String(id));
    expect(soiled.filter((row, index) => JSON.stringify(row) !== JSON.stringify(clean[index])).map(({ id }) => id)).toEqual(
      [...dirt.keys()].sort(),
    );

    expect(await start("dry", null)).toMatchObject({ ok: true, value: { first: true } });
    expect(await finish("dry", 7)).toMatchObject({ state: "done", rowsChecked: soiled.length, rowsFound: DIRT.length, rowsRemoved: 0 });
    const findings = await listFindings(db, "dry", { after: "", limit: 100 });
    expect(new Map(findings.map(({ rowId, rule }) => [rowId, rule]))).toEqual(dirt);
    expect([await rowsOf("opportunities"), await rowsOf("opportunity_events")]).toEqual([soiled, cleanEvents]);

    expect(await start("real", "dry", "operator:8")).toMatchObject({ ok: true, value: { first: true } });
    expect(await finish("real", 5)).toMatchObject({ state: "done", rowsFound: DIRT.length, rowsRemoved: DIRT.length });
    expect(await rowsOf("opportunities")).toEqual(clean.filter(({ id }) => !isDirty(id)));
    expect(await rowsOf("opportunity_events")).toEqual(cleanEvents.filter((event) => !isDirty(event["opportunity_id"])));

    const quarantined = await listQuarantined(db, { after: null, limit: 50 });
    expect(quarantined.map(({ row }) => row)).toEqual(soiled.filter(({ id }) => isDirty(id)));
    const dirtyEvents = cleanEvents.filter((event) => isDirty(event["opportunity_id"]));
    expect(quarantined.flatMap(({ events }) => events)).toEqual(expect.arrayContaining(dirtyEvents));
    const audits = await all("SELECT actor, at_ms, target, detail FROM audits WHERE action = 'row.quarantine' ORDER BY target");
    expect(audits).toEqual(
      findings.map(({ rowId, rowKey, rule, value, message }) => ({
        actor: "operator:8",
        at_ms: LATER_MS,
        target: `opportunity:${rowId}`,
        detail: JSON.stringify({ rule, value, key: rowKey, message, run: "real" }),
      })),
    );
    // Readers and the Scanner see sound rows only.
    const seen = [...(await loadOpen(db)).opportunities, ...(await loadClosedSince(db, 0)).opportunities];
    expect(seen.map(({ id }) => id).sort()).toEqual(clean.filter(({ id }) => !isDirty(id)).map(({ id }) => id));

    await start("again", null);
    expect(await finish("again", 100)).toMatchObject({ state: "done", rowsChecked: clean.length - DIRT.length, rowsFound: 0 });
  });

  it("are told with the value that was found", async () => {
    const sound = await storeSound(2 * DIRT.length);
    await plantDirt(sound);
    await start("dry", null);
    await finish("dry", 100);
    const findings = new Map((await listFindings(db, "dry", { after: "", limit: 100 })).map((finding) => [finding.rowId, finding]));
    const of = (what: string) => findings.get(sound[2 * DIRT.findIndex(([, each]) => each === what)]?.id ?? "");
    expect(of("a venue that nobody registered")).toMatchObject({
      value: "ftx",
      message: "long venue: expected a registered venue, found ftx",
    });
    expect(of("a negative price")).toMatchObject({ value: -1 });
    expect(of("rates 0 and 0, and a difference all the same")).toMatchObject({
      value: 0,
      message: expect.stringContaining("long_rate: expected 0.0001"),
    });
    expect(of("0 for a rate that nobody sent")).toMatchObject({ value: null });
  });

  it("stay while nobody carries the dry run out, and where they changed since", async () => {
    const [first, second] = await storeSound(4);
    if (first === undefined || second === undefined) throw new Error("expected rows");
    await soil(first.id, { net: 0 });
    await soil(second.id, { net: 0 });
    expect(await start("real", "dry")).toEqual({ ok: false, error: "no-such-dry-run" });
    await start("dry", null);
    expect(await start("real", "dry")).toEqual({ ok: false, error: "dry-run-not-done" });
    // Another dry run meanwhile is the one that runs.
    expect(await start("other", null)).toMatchObject({ ok: true, value: { run: { id: "dry" }, first: false } });
    await finish("dry", 100);
    await soil(second.id, { net: 0, updated_at: NOW_MS + 2_000 });
    await start("real", "dry");
    expect(await start("twice", "dry")).toMatchObject({ ok: true, value: { run: { id: "real" }, first: false } });
    expect(await finish("real", 1)).toMatchObject({ rowsChecked: 2, rowsFound: 1, rowsRemoved: 1 });
    expect((await listQuarantined(db, { after: null, limit: 10 })).map(({ rowId }) => rowId)).toEqual([first.id]);
    expect(await start("twice", "dry")).toMatchObject({ ok: true, value: { run: { id: "real", state: "done" }, first: false } });
  });
});

describe("a validation", () => {
  it("is one step at a time: who died over it holds it for a minute, and the next goes on from the last page", async () => {
    await storeSound(20);
    await start("dry", null);
    let nowMs = LATER_MS;
    const ports = { db, now: () => nowMs, venues: VENUES };
    expect(await validateStep(ports, { pageRows: 6, limitMs: 0 })).toMatchObject({ rowsChecked: 6, state: "running" });
    // Claimed, and never let go.
    await db
      .prepare("UPDATE validation_runs SET lease_until_ms = ?1")
      .bind(nowMs + MINUTE_MS)
      .run();
    expect(await validateStep(ports, { pageRows: 6, limitMs: 0 })).toBe(null);
    nowMs += MINUTE_MS;
    expect(await validateStep(ports, { pageRows: 6, limitMs: 0 })).toMatchObject({ rowsChecked: 12 });
    // As many pages as its time allows.
    expect(await validateStep(ports, { pageRows: 1, limitMs: 1_000 })).toMatchObject({ rowsChecked: 22, state: "done" });
    expect(await validateStep(ports)).toBe(null);
  });

  it("counts a page once that two steps did", async () => {
    await storeSound(4);
    await start("dry", null);
    const free = async () => db.prepare("UPDATE validation_runs SET lease_until_ms = 0").run();
    const slow = new Proxy(db, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== "batch" || typeof value !== "function") return typeof value === "function" ? value.bind(target) : value;
        return async (statements: readonly D1PreparedStatement[]) => {
          // Another step does the same page before this one has stored it.
          await free();
          await validateStep({ db, now: () => LATER_MS, venues: VENUES }, { pageRows: 3, limitMs: 0 });
          return target.batch([...statements]);
        };
      },
    });
    await validateStep({ db: slow, now: () => LATER_MS, venues: VENUES }, { pageRows: 3, limitMs: 0 });
    expect(await loadRun(db, "dry")).toMatchObject({ rowsChecked: 3, afterId: expect.stringMatching(/./u) });
  });
});

describe("a row in quarantine", () => {
  const act = { by: "operator:7", auditId: "audit-1", nowMs: LATER_MS, venues: VENUES };
  async function quarantineOne(change: Row, priced: Row | null) {
    const [row] = await storeSound(2);
    if (row === undefined) throw new Error("expected a row");
    const before = await all(`SELECT * FROM opportunities WHERE id = '${row.id}'`);
    await soil(row.id, { ...change, ...(priced === null ? {} : { priced: await pricedWith(row.id, priced) }) });
    const soiled = await all(`SELECT * FROM opportunities WHERE id = '${row.id}'`);
    await start("dry", null);
    await finish("dry", 100);
    await start("real", "dry");
    await finish("real", 100);
    return { row, before, soiled };
  }

  it("comes back with its events when it holds, here after its venue was registered, and the act is audited", async () => {
    const key = "funding|C0|ftx:C0/USDT:USDT|beta:C0/USDT:USDT";
    const { row, soiled } = await quarantineOne({ long_venue: "ftx", key }, { "long.quote.venue": "ftx", key });
    expect(await restoreRow(db, row.id, act)).toMatchObject({
      ok: false,
      error: { kind: "does-not-hold", fault: { rule: "unknown-venue" } },
    });
    const venues = new Set([...VENUES, "ftx"]);
    expect(await restoreRow(db, row.id, { ...act, venues })).toMatchObject({ ok: true, value: { restoredAtMs: LATER_MS } });
    expect(await all(`SELECT * FROM opportunities WHERE id = '${row.id}'`)).toEqual(soiled);
    expect(await all(`SELECT kind FROM opportunity_events WHERE opportunity_id = '${row.id}'`)).toEqual([{ kind: "opened" }]);
    expect(await all("SELECT actor, target FROM audits WHERE action = 'row.restore'")).toEqual([
      { actor: "operator:7", target: `opportunity:${row.id}` },
    ]);
    expect(await restoreRow(db, row.id, { ...act, venues, auditId: "audit-2" })).toEqual({
      ok: false,
      error: { kind: "not-in-quarantine" },
    });
  });

  it("stays there while another row has its place", async () => {
    const key = "funding|C0|ftx:C0/USDT:USDT|beta:C0/USDT:USDT";
    const { row } = await quarantineOne({ long_venue: "ftx", key }, { "long.quote.venue": "ftx", key });
    const sound = await all("SELECT id FROM opportunities LIMIT 1");
    await db.batch([
      db.prepare("DELETE FROM opportunity_events"),
      db.prepare("UPDATE opportunities SET id = ?1 WHERE id = ?2").bind(row.id, sound[0]?.["id"] ?? ""),
    ]);
    expect(await restoreRow(db, row.id, { ...act, venues: new Set([...VENUES, "ftx"]) })).toEqual({ ok: false, error: { kind: "taken" } });
    expect((await listQuarantined(db, { after: null, limit: 5 }))[0]).toMatchObject({ rowId: row.id, restoredAtMs: null });
  });
});
