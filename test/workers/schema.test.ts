import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Opportunity } from "../../src/domain/opportunity.ts";
import { CLAIM_SQL, FAIL_CHATS_SQL, LOST_SQL, RECORD_SQL } from "../../src/storage/deliveries.ts";
import { HELD_ALERTS_SQL, WAITING_PEOPLE_SQL } from "../../src/storage/digests.ts";
import { EVENTS_OF_SCAN_SQL, ROWS_OF_SCAN_SQL, SCAN_OF_SLOT_SQL } from "../../src/storage/events.ts";
import { LATENESS_SQL } from "../../src/storage/lateness.ts";
import { PURGE_DELIVERIES_SQL, PURGE_ORPHANS_SQL } from "../../src/storage/purge.ts";
import { TOLD_SQL } from "../../src/storage/told.ts";
import { PAGE_OF_PEOPLE_SQL } from "../../src/storage/people.ts";
import { HOLDERS_SQL, SAVE_CARRIES_SQL } from "../../src/storage/taken.ts";
import { LOAD_FLAGS_SQL } from "../../src/storage/flags.ts";
import { EVENTS_OF_SQL, LIST_CLOSED_SQL, LIST_OPEN_SQL, OPPORTUNITY_BY_ID_SQL } from "../../src/storage/opportunities.ts";
import { opportunityRow } from "../../src/storage/opportunity-row.ts";
import { DUPLICATES_SQL, MISSING_EVENTS_SQL, SAVE_EVENTS_SQL } from "../../src/storage/save-scan.ts";
import { DOUBLE_DELIVERIES_SQL } from "../../src/storage/duplicate-checks.ts";
import { HOURS_SQL, NEXT_OPEN_SCAN_SQL, OPEN_SCAN_TALLIES_SQL, SCAN_TALLIES_SQL } from "../../src/storage/quality-record.ts";
import { ROWS_AFTER_SQL } from "../../src/storage/validation-runs.ts";
import { LATEST_SCAN_SQL, LIST_SCANS_SQL } from "../../src/storage/scans.ts";
import { carryPair, eventOf, fundingPair, gapPair, NOW_MS, opened, pricePair, VENUES } from "../opportunities.ts";
import { REFUSALS_OF_PEOPLE } from "./refusals-of-people.ts";
import { REFUSALS_OF_QUALITY } from "./refusals-of-quality.ts";

type Row = Readonly<Record<string, string | number | null>>;
const db = env.DB;

/** The columns of a sound row, as a program with a bug could write them past the validator. */
function columnsOf(opportunity: Opportunity, change: Row = {}): Row {
  const built = opportunityRow(opportunity, { nowMs: NOW_MS, venues: VENUES });
  if (!built.ok) throw new Error(built.error.message);
  return { ...built.value, priced: JSON.stringify(built.value.priced), ...change };
}

function insert(table: string, row: Row): Promise<D1Result> {
  const names = Object.keys(row);
  const places = names.map((_, index) => `?${index + 1}`);
  return db
    .prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")})`)
    .bind(...Object.values(row))
    .run();
}

const count = async (table: string): Promise<number> =>
  (await db.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>("rows")) ?? Number.NaN;
const columnNames = async (table: string): Promise<readonly string[]> =>
  (await db.prepare("SELECT name FROM pragma_table_info(?1)").bind(table).all<{ name: string }>()).results.map(({ name }) => name);
const everything = async (table: string) => (await db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()).results;

const TABLES = ["opportunities", "opportunity_events", "scans", "flags", "flag_changes"] as const;
const open = opened(fundingPair());
const scanRow: Row = {
  id: NOW_MS,
  scan_id: "scan-1",
  trigger: "cron",
  market: "simulated",
  started_at_ms: NOW_MS + 1,
  finished_at_ms: NOW_MS + 2,
  interval_seconds: 120,
  verdict: "market-quiet",
  reason: "quiet",
  open_count: 0,
  opened_count: 0,
  updated_count: 0,
  closed_count: 0,
  funnel: '[{"step":"fetch"}]',
  rejections: "{}",
  observations: "{}",
  flags: "{}",
  venues: "[]",
  near_misses: "[]",
  unpriced: "[]",
  created_at: NOW_MS + 2,
};
const flagRow: Row = { key: "confirm_scans", value: "3", updated_at: NOW_MS, updated_by: "operator" };
const eventRow: Row = {
  id: "event-1",
  opportunity_id: open.id,
  kind: "opened",
  scan_id: "scan-1",
  at_ms: NOW_MS,
  net: 0.002,
  reason: null,
  created_at: NOW_MS,
};
/** Rows for each table that a migration brings, in an order that foreign keys allow. */
const SEED: readonly (readonly [table: string, row: Row])[] = [
  ["opportunities", columnsOf(open)],
  ["opportunities", columnsOf(opened(carryPair()))],
  ["opportunity_events", eventRow],
  ["scans", scanRow],
  ["flags", flagRow],
];

const keyRow: Row = {
  venue: "alpha",
  key_id: "0123456789ab",
  credential_id: "ba9876543210",
  scope: "read-only",
  perpetual_fee_rate: 0.0004,
  perpetual_fee_read_at_ms: NOW_MS,
  checked_at_ms: NOW_MS,
  created_at: NOW_MS,
  updated_at: NOW_MS,
};
const rulingRow: Row = {
  instrument: "gate:NEIRO/USDT:USDT",
  verdict: "allow",
  asset_id: "NEIRO",
  reason: "one coin",
  expires_at_ms: null,
  created_at: NOW_MS,
  created_by: "operator:1",
};
const leaseRow: Row = { name: "scans", holder: "one", until_ms: NOW_MS + 1, updated_at: NOW_MS };

describe("migrations", () => {
  const all = env.TEST_MIGRATIONS;
  const exists = async (table: string): Promise<boolean> =>
    (await db.prepare("SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ?1").bind(table).first("found")) !== null;

  it("run from empty, and again without any effect", async () => {
    await applyD1Migrations(db, all);
    for (const [table, row] of SEED) await insert(table, row);
    const before = await Promise.all(TABLES.map(everything));
    await applyD1Migrations(db, all);
    // Also past the list of applied ones: each statement by itself may be repeated, but for a new column, which is there.
    for (const { queries } of all) {
      for (const query of queries) {
        const repeated = db.prepare(query).run();
        if (/^(?:--.*\n|\s)*ALTER TABLE \w+ ADD COLUMN/u.test(query)) await expect(repeated).rejects.toThrow("duplicate column name");
        else await repeated;
      }
    }
    expect(await Promise.all(TABLES.map(everything))).toEqual(before);
    expect(before.map((rows) => rows.length)).toEqual([2, 1, 1, 1, 1]);
  });

  it.each(all.slice(0, -1).map(({ name }, index) => [name, index + 1] as const))(
    "run from %s with data and lose none",
    async (_name, applied) => {
      await reset();
      await applyD1Migrations(db, all.slice(0, applied));
      const seeded: string[] = [];
      for (const [table, row] of SEED) {
        if (!(await exists(table))) continue;
        const columns = await columnNames(table);
        await insert(table, Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))));
        if (!seeded.includes(table)) seeded.push(table);
      }
      const before = await Promise.all(seeded.map(everything));
      await applyD1Migrations(db, all);
      const after = await Promise.all(seeded.map(everything));
      expect(after).toMatchObject(before);
      // What a later migration adds is NULL in the rows of before.
      for (const [table, rows] of after.entries()) {
        for (const [place, row] of rows.entries()) {
          const added = Object.entries(row).filter(([name]) => !Object.hasOwn(before[table]?.[place] ?? {}, name));
          expect(added.every(([, value]) => value === null)).toBe(true);
        }
      }
      expect((await db.prepare("PRAGMA foreign_key_check").all()).results).toEqual([]);
      for (const table of TABLES) expect(await exists(table)).toBe(true);
    },
  );

  it("never empty a table, and drop one only where they have built it anew with all its rows", () => {
    for (const { queries } of all) {
      const statements = queries.join("\n");
      expect(statements).not.toMatch(/\bDELETE\s+FROM\b/iu);
      for (const [, table] of statements.matchAll(/\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(\w+)/giu)) {
        const anew = new RegExp(
          `INSERT INTO ${table}_new \\((.+?)\\)\\s+SELECT \\1 FROM ${table}\\W[^]*DROP TABLE ${table}\\W[^]*ALTER TABLE ${table}_new RENAME TO ${table}\\b`,
          "u",
        );
        expect(statements).toMatch(anew);
      }
    }
  });
});

describe("the database refuses", () => {
  beforeAll(async () => {
    await reset();
    await applyD1Migrations(db, env.TEST_MIGRATIONS);
  });

  const funding = columnsOf(open);
  const carry = columnsOf(opened(carryPair()));
  const pricedGap = pricePair();
  const price = columnsOf(opened(pricedGap, { status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "depth unknown" }));
  const gap = columnsOf(opened(gapPair()));
  const gain = Number(gap["price_gain"]);
  const difference = Number(funding["rate_difference"]);
  const net = Number(funding["net"]);
  const noNet = { net: null, net_apr: null };
  type Refusal = readonly [constraint: string, why: string, table: string, row: Row];
  const opportunities: readonly Refusal[] = [
    ["known_strategy", "an unknown strategy", "opportunities", { ...funding, strategy: "spread" }],
    ["known_status", "an unknown status", "opportunities", { ...funding, status: "paused" }],
    ["names_present", "an empty id", "opportunities", { ...funding, id: "" }],
    ["key_names_the_legs", "a key of other legs", "opportunities", { ...funding, short_venue: "gamma" }],
    [
      "different_instruments",
      "one instrument on both legs",
      "opportunities",
      { ...funding, short_venue: "alpha", key: "funding|BTC|alpha:BTC/USDT:USDT|alpha:BTC/USDT:USDT" },
    ],
    [
      "different_venues",
      "two perpetuals of one venue",
      "opportunities",
      { ...funding, short_venue: "alpha", short_symbol: "BTC/USDC:USDC", key: "funding|BTC|alpha:BTC/USDT:USDT|alpha:BTC/USDC:USDC" },
    ],
    ["comparable_settle", "a leg that settles in the coin", "opportunities", { ...funding, long_settle: "BTC" }],
    ["comparable_settle", "a price gap across currencies", "opportunities", { ...price, short_settle: "USDC" }],
    ["funding_rates", "no long rate", "opportunities", { ...funding, long_rate: null }],
    ["funding_rates", "no raw long rate", "opportunities", { ...funding, long_rate_per_interval: null }],
    ["funding_rates", "no raw short rate", "opportunities", { ...funding, short_rate_per_interval: null }],
    ["funding_rates", "no long interval", "opportunities", { ...funding, long_interval_hours: null }],
    ["funding_rates", "an interval of 0", "opportunities", { ...funding, short_interval_hours: 0 }],
    ["funding_rates", "rates 0/0 beside a difference", "opportunities", { ...funding, long_rate: 0, short_rate: 0 }],
    ["funding_rates", "a rate that is not raw · 8 / interval", "opportunities", { ...funding, short_interval_hours: 8 }],
    ["funding_difference", "a difference off by 2e-9", "opportunities", { ...funding, rate_difference: difference + 2e-9 }],
    ["funding_difference", "a difference of the wrong sign", "opportunities", { ...funding, rate_difference: -difference }],
    ["carry_rates", "a rate on the spot leg", "opportunities", { ...carry, long_rate: 0 }],
    ["carry_rates", "no raw short rate", "opportunities", { ...carry, short_rate_per_interval: null }],
    ["carry_difference", "a difference that is not the short rate", "opportunities", { ...carry, rate_difference: 0 }],
    ["price_rates", "a price of 0", "opportunities", { ...price, long_rate: 0 }],
    ["price_rates", "no price", "opportunities", { ...price, long_rate: null }],
    ["price_rates", "a price below 0", "opportunities", { ...price, short_rate: -1 }],
    ["price_rates", "no ask behind the long price", "opportunities", { ...price, long_ask: null, price_gain: null }],
    ["price_rates", "a short price that is not the bid", "opportunities", { ...price, short_bid: 100.9 }],
    ["price_difference", "an absolute gap", "opportunities", { ...price, rate_difference: 0.98 }],
    ["price_gain_of_price", "a gain in another strategy", "opportunities", { ...funding, price_gain: 0 }],
    ["price_gain_of_price", "a gain of carry", "opportunities", { ...carry, price_gain: 0.001 }],
    ["price_gain_within_gap", "a gain of the wrong sign", "opportunities", { ...gap, price_gain: -gain }],
    ["price_gain_within_gap", "a gain of more than the gap", "opportunities", { ...gap, price_gain: 2.1 * gain }],
    ["price_gain_within_gap", "a gain without a price behind it", "opportunities", { ...gap, long_bid: null }],
    ["price_net_from_lines", "net without its gain", "opportunities", { ...gap, price_gain: null }],
    ["price_net_from_lines", "net without its funding", "opportunities", { ...gap, funding: null }],
    ["price_net_from_lines", "lines that do not add up", "opportunities", { ...gap, crossing: Number(gap["crossing"]) + 2e-9 }],
    ["price_gross_apr", "a gross APR in percent", "opportunities", { ...gap, gross_apr: 100 * Number(gap["gross_apr"]) }],
    ["net_from_lines", "carry net before costs", "opportunities", { ...carry, net: Number(carry["funding"]) }],
    ["gross_apr_from_difference", "a carry APR in percent", "opportunities", { ...carry, gross_apr: 100 * Number(carry["gross_apr"]) }],
    ["prices_positive", "a mark of 0", "opportunities", { ...funding, long_mark: 0 }],
    ["books_not_crossed", "a crossed book", "opportunities", { ...funding, short_bid: 101 }],
    ["ledger_scale", "a size of 0", "opportunities", { ...funding, size_usd: 0 }],
    ["costs_not_negative", "fees below 0", "opportunities", { ...funding, fees: -0.001 }],
    ["costs_not_negative", "a crossing below 0", "opportunities", { ...funding, crossing: -0.001 }],
    ["net_from_quotes", "net without a long bid", "opportunities", { ...funding, long_bid: null }],
    ["net_from_quotes", "net without a short ask", "opportunities", { ...carry, short_ask: null }],
    ["fees_from_legs", "fees of nobody", "opportunities", { ...funding, fees: 0 }],
    ["fees_from_legs", "fees without a leg's fee", "opportunities", { ...funding, long_taker_fee_rate: null }],
    ["net_from_lines", "net before costs", "opportunities", { ...funding, net: Number(funding["funding"]) }],
    ["net_from_lines", "net without a line", "opportunities", { ...funding, crossing: null }],
    ["net_apr_from_net", "an APR in percent", "opportunities", { ...funding, net_apr: Number(funding["net_apr"]) * 100 }],
    ["net_apr_from_net", "net without its APR", "opportunities", { ...funding, net_apr: null }],
    ["gross_apr_from_difference", "a gross APR in percent", "opportunities", { ...funding, gross_apr: difference * 109_500 }],
    ["open_has_net", "an open row without net", "opportunities", { ...funding, ...noNet }],
    ["priced_is_json", "evidence that is not JSON", "opportunities", { ...funding, priced: "{" }],
    [
      "priced_is_this_row",
      "evidence of another pair",
      "opportunities",
      { ...funding, priced: JSON.stringify(fundingPair({ asset: "ETH" })) },
    ],
    [
      "priced_is_this_row",
      "evidence without figures",
      "opportunities",
      { ...funding, priced: JSON.stringify({ key: funding["key"] ?? "" }) },
    ],
    ["status_fields", "an open row with an end", "opportunities", { ...funding, closed_at_ms: NOW_MS }],
    ["status_fields", "an end without a reason", "opportunities", { ...funding, status: "closed", closed_at_ms: NOW_MS }],
    ["status_fields", "an end without a time", "opportunities", { ...funding, status: "closed", close_reason: "delisted" }],
    ["status_fields", "no data without a reason", "opportunities", { ...funding, status: "no-data", no_data_since_ms: NOW_MS }],
    ["counts_not_negative", "a negative count", "opportunities", { ...funding, revivals: -1 }],
    ["times_in_ms", "a time in seconds", "opportunities", { ...funding, opened_at_ms: NOW_MS / 1_000 }],
    ["times_in_ms", "a time in microseconds", "opportunities", { ...funding, validated_at: NOW_MS * 1_000 }],
    ["times_in_order", "first seen after last seen", "opportunities", { ...funding, first_seen_at_ms: NOW_MS + 1 }],
  ];
  const others: readonly Refusal[] = [
    ["known_kind", "an unknown kind", "opportunity_events", { ...eventRow, kind: "sold" }],
    ["event_names_present", "no scan", "opportunity_events", { ...eventRow, scan_id: "" }],
    ["event_times_in_ms", "a time in seconds", "opportunity_events", { ...eventRow, at_ms: NOW_MS / 1_000 }],
    ["opened_has_net", "an opening without net", "opportunity_events", { ...eventRow, net: null }],
    ["end_has_reason", "an end without a reason", "opportunity_events", { ...eventRow, kind: "closed" }],
    ["known_scope", "a scope that is none", "venue_keys", { ...keyRow, scope: "all" }],
    ["ids_are_hashes", "a key in the place of its id", "venue_keys", { ...keyRow, key_id: "kEyOfAnAccount" }],
    ["ids_are_hashes", "an id that is no hash", "venue_keys", { ...keyRow, credential_id: "not-hex-here" }],
    ["fees_of_readers", "a fee of a key that can trade", "venue_keys", { ...keyRow, scope: "trading" }],
    ["fees_are_sane", "a fee in percent", "venue_keys", { ...keyRow, perpetual_fee_rate: 0.04 }],
    ["fees_have_times", "a fee that was read at no time", "venue_keys", { ...keyRow, perpetual_fee_read_at_ms: null }],
    ["key_times_in_ms", "a time in seconds", "venue_keys", { ...keyRow, checked_at_ms: NOW_MS / 1_000 }],
    ["lease_named", "a holder without a name", "leases", { ...leaseRow, holder: "" }],
    ["lease_times", "a time in seconds", "leases", { ...leaseRow, updated_at: NOW_MS / 1_000 }],
    ["lease_times", "an end before its start", "leases", { ...leaseRow, until_ms: NOW_MS - 1 }],
    ["scan_names_present", "no trigger", "scans", { ...scanRow, trigger: "" }],
    ["known_verdict", "an unknown verdict", "scans", { ...scanRow, verdict: "fine" }],
    ["scan_explained", "no reason", "scans", { ...scanRow, reason: "" }],
    ["id_is_slot", "an id beside the slot", "scans", { ...scanRow, id: NOW_MS + 1 }],
    ["scan_times", "an end before the start", "scans", { ...scanRow, finished_at_ms: NOW_MS }],
    ["scan_counts", "a negative count", "scans", { ...scanRow, open_count: -1 }],
    ["scan_json", "a part that is not JSON", "scans", { ...scanRow, venues: "" }],
    ["scan_identity_json", "an identity that is not JSON", "scans", { ...scanRow, identity: "" }],
    ["scan_has_funnel", "an empty funnel", "scans", { ...scanRow, funnel: "[]" }],
    ["flag_key", "a key with a space", "flags", { ...flagRow, key: "confirm scans" }],
    ["flag_value", "a value that is not JSON", "flags", { ...flagRow, value: "strict" }],
    ["flag_time", "a time in seconds", "flags", { ...flagRow, updated_at: 1 }],
    ["scan_quality_json", "a quality that is not JSON", "scans", { ...scanRow, quality: "good" }],
    ["flag_author", "no author", "flags", { ...flagRow, updated_by: "" }],
    ["ruling_instrument", "an instrument without its venue", "identity_rulings", { ...rulingRow, instrument: "NEIRO/USDT" }],
    ["ruling_verdict", "a coin for what is denied", "identity_rulings", { ...rulingRow, verdict: "deny" }],
    ["ruling_verdict", "no coin for what is let in", "identity_rulings", { ...rulingRow, asset_id: null }],
    ["ruling_reason", "no reason", "identity_rulings", { ...rulingRow, reason: "" }],
    ["ruling_times", "an end before its beginning", "identity_rulings", { ...rulingRow, expires_at_ms: NOW_MS - 1 }],
    ["ruling_author", "no author", "identity_rulings", { ...rulingRow, created_by: "" }],
    ["change_time", "a change in seconds", "flag_changes", { key: "confirm_scans", changed_at: 1 }],
  ];
  const refusals = [...opportunities, ...others, ...REFUSALS_OF_PEOPLE, ...REFUSALS_OF_QUALITY];

  it.each(refusals)("%s: %s", async (constraint, _why, table, row) => {
    await expect(insert(table, row)).rejects.toThrow(`CHECK constraint failed: ${constraint}`);
  });

  it("something by every one of its constraints", async () => {
    const { results } = await db.prepare("SELECT sql FROM sqlite_master WHERE type = 'table'").all<{ sql: string }>();
    const declared = results.flatMap(({ sql }) => [...sql.matchAll(/CONSTRAINT (\w+) CHECK/gu)].map(([, name]) => name ?? ""));
    expect([...new Set(refusals.map(([constraint]) => constraint))].sort()).toEqual(declared.sort());
    expect(declared.length).toBeGreaterThan(40);
  });

  it("no CHECK that NULL would pass: each one ends in IS TRUE", () => {
    const statements = env.TEST_MIGRATIONS.flatMap(({ queries }) => queries).join("\n");
    const checks = statements.match(/CHECK \(/gu)?.length;
    expect(statements.match(/IS TRUE\)/gu)?.length).toBe(checks);
  });

  it.each(["short_rate", "rate_difference", "priced", "validated_at", "gross_apr", "key"])("a row without %s", async (column) => {
    await expect(insert("opportunities", { ...funding, [column]: null })).rejects.toThrow(
      `NOT NULL constraint failed: opportunities.${column}`,
    );
  });

  it("text where a number belongs", async () => {
    await expect(insert("opportunities", { ...funding, long_rate: "n/a" })).rejects.toThrow("cannot store TEXT value in REAL column");
  });

  it("an event of no opportunity, and the deletion of an opportunity that has events", async () => {
    await expect(insert("opportunity_events", eventRow)).rejects.toThrow("FOREIGN KEY constraint failed");
    await insert("opportunities", funding);
    await insert("opportunity_events", eventRow);
    const remove = db.prepare("DELETE FROM opportunities WHERE id = ?1").bind(open.id);
    await expect(remove.run()).rejects.toThrow("FOREIGN KEY constraint failed");
    await db.batch([db.prepare("DELETE FROM opportunity_events WHERE opportunity_id = ?1").bind(open.id), remove]);
    expect([await count("opportunities"), await count("opportunity_events")]).toEqual([0, 0]);
  });

  it("a second row of a key that is not closed, and takes it once the first is closed", async () => {
    await insert("opportunities", funding);
    await expect(insert("opportunities", { ...funding, id: "second" })).rejects.toThrow("UNIQUE constraint failed: opportunities.key");
    const lost = columnsOf(opened(open.priced, { id: "third", status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "beta: timeout" }));
    await expect(insert("opportunities", lost)).rejects.toThrow("UNIQUE constraint failed: opportunities.key");
    await db.prepare("UPDATE opportunities SET status = 'closed', closed_at_ms = ?1, close_reason = 'below-bar'").bind(NOW_MS).run();
    await insert("opportunities", { ...funding, id: "second" });
    expect(await count("opportunities")).toBe(2);
    await db.prepare("DELETE FROM opportunities").run();
  });

  it("nothing of what is sound: each strategy, a net that is not known on a row without data", async () => {
    for (const row of [funding, carry, price]) await insert("opportunities", row);
    await db.prepare("DELETE FROM opportunities WHERE strategy = 'price'").run();
    await insert("opportunities", gap);
    expect(await count("opportunities")).toBe(3);
    expect(net).toBeGreaterThan(0);
    await db.prepare("DELETE FROM opportunities").run();
  });
});

describe("changes of flags", () => {
  it("leave a trace whoever makes them", async () => {
    await insert("flags", flagRow);
    await db
      .prepare("UPDATE flags SET value = '4', updated_at = ?1, updated_by = 'second'")
      .bind(NOW_MS + 1)
      .run();
    await db
      .prepare("UPDATE flags SET updated_at = ?1")
      .bind(NOW_MS + 2)
      .run();
    await db.prepare("DELETE FROM flags").run();
    const { results } = await db.prepare("SELECT key, old_value, new_value, changed_by FROM flag_changes ORDER BY id").all();
    expect(results).toEqual([
      { key: "confirm_scans", old_value: null, new_value: "3", changed_by: "operator" },
      { key: "confirm_scans", old_value: "3", new_value: "4", changed_by: "second" },
      { key: "confirm_scans", old_value: "4", new_value: null, changed_by: null },
    ]);
  });
});

/** Rows that are not closed and those closed lately, each by their index; then the events of each. */
const EVENTS_PLAN =
  /opportunities_open_key[^]*opportunities_closed \(closed_at_ms>\?\)[^]*SEARCH event USING INDEX opportunity_events_of \(opportunity_id=\? AND at_ms>\?\)/u;

describe("every query finds its rows by an index", () => {
  const plan = async (sql: string, ...values: readonly (string | number)[]): Promise<string> => {
    const { results } = await db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    return results.map(({ detail }) => detail).join("\n");
  };
  const row = JSON.stringify([{ id: "a", key: "k", status: "open" }]);
  const event = JSON.stringify([eventOf(open, "opened")]);

  it.each([
    ["open rows", LIST_OPEN_SQL, ["", 500], /SEARCH opportunities USING INDEX opportunities_open_key \(key>\?\)/u],
    [
      "closed rows by their end, for revival and archive",
      LIST_CLOSED_SQL,
      [0, "", 500],
      /USING INDEX opportunities_closed \(\(closed_at_ms,id\)>\(\?,\?\)\)/u,
    ],
    ["one row by its id", OPPORTUNITY_BY_ID_SQL, ["a"], /SEARCH opportunities USING INDEX sqlite_autoindex_opportunities_1 \(id=\?\)/u],
    ["the events of a row", EVENTS_OF_SQL, ["a", 10], /SEARCH opportunity_events USING INDEX opportunity_events_of \(opportunity_id=\?\)/u],
    ["open rows by key", DUPLICATES_SQL, [row], /SEARCH other USING (?:COVERING )?INDEX opportunities_open_key \(key=\?\)/u],
    ["the rows of events", SAVE_EVENTS_SQL, [event, NOW_MS], /SEARCH own USING INDEX sqlite_autoindex_opportunities_1 \(id=\?\)/u],
    ["a scan by its slot", SCAN_OF_SLOT_SQL, [NOW_MS], /SEARCH scans USING INTEGER PRIMARY KEY \(rowid=\?\)/u],
    ["stored events", MISSING_EVENTS_SQL, [event], /SEARCH stored USING PRIMARY KEY \(id=\?\)/u],
    ["scans of a period", SCAN_TALLIES_SQL, [NOW_MS, NOW_MS, 10, 1], /SEARCH scans USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/u],
    [
      "scans without sums",
      OPEN_SCAN_TALLIES_SQL,
      [NOW_MS, NOW_MS, 10, 1],
      /SEARCH scans USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/u,
    ],
    ["rows to validate", ROWS_AFTER_SQL, ["", 10], /SEARCH opportunities USING INDEX sqlite_autoindex_opportunities_1 \(id>\?\)/u],
    ["the next hour to sum", NEXT_OPEN_SCAN_SQL, [], /SEARCH scans USING INTEGER PRIMARY KEY \(rowid>\?\)/u],
    ["scans before a slot", LIST_SCANS_SQL, [NOW_MS, 10], /SEARCH scans USING INTEGER PRIMARY KEY \(rowid<\?\)/u],
  ])("%s", async (_name, sql, values, expected) => {
    const found = await plan(sql, ...values);
    expect(found).toMatch(expected);
    expect(found).not.toMatch(/SCAN (?:opportunit|scans)|TEMP B-TREE/u);
  });

  it.each([
    [
      "what was told of rows, and lately",
      TOLD_SQL,
      [1, 500, "[]", 0],
      /deliveries_of_row \(opportunity_id=\? AND telegram_id[^]*deliveries_of \(telegram_id=\? AND created_at>\?\)/u,
    ],
    [
      "whether somebody holds anything",
      PAGE_OF_PEOPLE_SQL,
      [0, 500],
      /SEARCH people USING INTEGER PRIMARY KEY \(rowid>\?\)[^]*SEARCH taken USING (?:COVERING )?INDEX taken_once \(telegram_id=\?\)/u,
    ],
    ["who holds the pairs of rows", HOLDERS_SQL, ["[]"], /SEARCH taken USING INDEX taken_held \(key=\?\)/u],
    ["the carries of held pairs", SAVE_CARRIES_SQL, ["[]"], /SEARCH taken USING INDEX sqlite_autoindex_taken_1 \(id=\?\)/u],
    ["the events of a scan", EVENTS_OF_SCAN_SQL, ["scan-1", NOW_MS], EVENTS_PLAN],
    ["the rows of a scan", ROWS_OF_SCAN_SQL, ["scan-1", NOW_MS], EVENTS_PLAN],
    [
      "what is taken for sending",
      CLAIM_SQL,
      ["[]", NOW_MS, NOW_MS],
      /SEARCH deliveries USING PRIMARY KEY \(event_id=\? AND telegram_id=\?\)/u,
    ],
    ["what became of it", RECORD_SQL, ["[]", NOW_MS], /SEARCH deliveries USING PRIMARY KEY \(event_id=\? AND telegram_id=\?\)/u],
    ["what was lost", LOST_SQL, [NOW_MS, NOW_MS], /deliveries_waiting \(status=\? AND updated_at<\?\)/u],
    ["for whom something waits", WAITING_PEOPLE_SQL, [], /deliveries_waiting \(status=\?\)/u],
    [
      "what waits",
      HELD_ALERTS_SQL,
      ["[]"],
      /SEARCH deliveries USING (?:INDEX deliveries_waiting \(status=\?|INDEX deliveries_of \(telegram_id=\?)/u,
    ],
    [
      "what of a chat is under way",
      FAIL_CHATS_SQL,
      ["[]", NOW_MS],
      /SEARCH deliveries USING INDEX deliveries_(?:of \(telegram_id=\?|waiting \(status=\?)/u,
    ],
    [
      "what is kept no longer",
      PURGE_DELIVERIES_SQL,
      [NOW_MS, NOW_MS, 10],
      /SEARCH old USING INDEX deliveries_of \(telegram_id=\? AND created_at<\?\)/u,
    ],
    [
      "rows of nobody",
      PURGE_ORPHANS_SQL,
      [10],
      /SEARCH deliveries USING COVERING INDEX deliveries_of \(telegram_id>\?\)[^]*SEARCH orphan USING (?:COVERING )?INDEX deliveries_of \(telegram_id=\?\)/u,
    ],
    [
      "what was made lately, for the count of duplicates",
      DOUBLE_DELIVERIES_SQL,
      [NOW_MS],
      /SEARCH made USING INDEX deliveries_of \(telegram_id=\? AND created_at>\?\)/u,
    ],
    ["hours of a period", HOURS_SQL, [NOW_MS, NOW_MS, 1, 10], /SEARCH hour USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/u],
    ["how late messages were", LATENESS_SQL, [NOW_MS], /SEARCH deliveries USING INDEX deliveries_sent \(sent_at_ms>\?\)/u],
  ])("%s", async (_name, sql, values, expected) => {
    const found = await plan(sql, ...values);
    expect(found).toMatch(expected);
    expect(found).not.toMatch(/SCAN (?:deliveries|told|old)\b/u);
  });

  it("the newest scan is the first row of the table's own order", async () => {
    expect(await plan(LATEST_SCAN_SQL)).toBe("SCAN scans");
    for (const [index, id] of [NOW_MS, NOW_MS + 120_000, NOW_MS + 240_000].entries()) {
      await insert("scans", { ...scanRow, id, scan_id: `s${index}`, started_at_ms: id, finished_at_ms: id, created_at: id });
    }
    const { meta } = await db.prepare(LATEST_SCAN_SQL).run();
    expect(meta.rows_read).toBe(1);
  });

  it("flags and rulings are two small tables, read whole in one statement", async () => {
    expect((await plan(LOAD_FLAGS_SQL)).split("\n").filter((line) => /SCAN|SEARCH|TEMP/u.test(line))).toEqual([
      "SCAN flags",
      "SCAN identity_rulings",
    ]);
  });
});
