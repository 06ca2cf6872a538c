import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeedHealth } from "../../src/domain/feed.ts";
import { LANGUAGES } from "../../src/domain/person.ts";
import { STEP_NAMES, VERDICTS } from "../../src/domain/funnel.ts";
import { feedQuality, ruleQuality, totalQuality } from "../../src/domain/quality-report.ts";
import { LOCATION_HINTS } from "../../src/domain/venue.ts";
import { RULE_FACTS } from "../../src/rule-facts.ts";
import { HOUR_MS } from "../../src/domain/units.ts";
import { renderQuarantine } from "../../src/telegram/messages/admin-quarantine.ts";
import { renderRule, renderRuleChange, renderRules } from "../../src/telegram/messages/admin-rules.ts";
import { type FlagKey, FLAGS, isFlagKey } from "../../src/flags.ts";
import type { FlagView } from "../../src/storage/flags.ts";
import type { Operations } from "../../src/storage/operations.ts";
import type { VenueReport } from "../../src/storage/scan-record.ts";
import { ADMIN_PAGES, renderAdmin } from "../../src/telegram/messages/admin.ts";
import { renderBroadcastDraft } from "../../src/telegram/messages/admin-broadcast.ts";
import { renderQuality } from "../../src/telegram/messages/admin-quality.ts";
import { FLAGS_PAGE, renderFlag, renderFlags } from "../../src/telegram/messages/admin-flags.ts";
import { safe } from "../../src/telegram/messages/parts.ts";
import { catalogueOf } from "../../src/telegram/text/catalogue.ts";
import { fundingPair, missed, NOW_MS, scanOf } from "../opportunities.ts";
import { faultsOf } from "./message-check.ts";
import { names } from "./message-inputs.ts";

const RUNS = { numRuns: 150 };
const readers = fc.record({ language: fc.constantFrom(...LANGUAGES), market: fc.oneof(fc.constant("live"), names) });
type Reader = { readonly language: (typeof LANGUAGES)[number]; readonly market: string };
const contextOf = (reader: Reader) => ({ ...reader, text: catalogueOf(reader.language) });
const counts = fc.nat({ max: 1e9 });
const tallies = fc.dictionary(names, counts, { maxKeys: 12 });

const failures = fc.option(fc.record({ kind: names, atMs: fc.nat() }), { nil: null });
const healths: fc.Arbitrary<FeedHealth> = fc.record({
  region: fc.option(fc.constantFrom(...LOCATION_HINTS), { nil: null }),
  breaker: fc.record({
    state: fc.constantFrom("off", "closed", "open", "probing"),
    failures: counts,
    untilMs: fc.option(fc.integer({ min: NOW_MS - 1e6, max: NOW_MS + 1e9 }), { nil: null }),
  }),
  budget: fc.record({ spent: counts, perMinute: counts }),
  pause: fc.option(fc.record({ untilMs: fc.integer({ min: NOW_MS - 1e6, max: NOW_MS + 1e9 }), after: fc.option(names, { nil: null }) }), {
    nil: null,
  }),
  hosts: fc.array(fc.record({ host: names, failures: counts, latencyMs: fc.option(counts, { nil: null }), lastFailure: failures }), {
    maxLength: 4,
  }),
  lastFailure: failures,
});
const feeds: fc.Arbitrary<VenueReport> = fc.record({
  feed: names,
  venue: names,
  ok: fc.boolean(),
  receivedAtMs: fc.option(fc.integer({ min: NOW_MS - 1e9, max: NOW_MS }), { nil: null }),
  rows: counts,
  error: fc.option(fc.record({ kind: names, message: names }), { nil: null }),
  degraded: fc.array(fc.record({ endpoint: names, kind: names, message: names, sinceMs: fc.constant(null), fromMs: fc.constant(NOW_MS) }), {
    maxLength: 8,
  }),
  calls: counts,
  ms: fc.nat({ max: 30_000 }),
  health: fc.option(healths, { nil: null }),
  healthAtMs: fc.constantFrom(null, NOW_MS - 120_000),
});
const scans = fc
  .record({
    reason: fc.string({ maxLength: 3_000 }),
    verdict: fc.constantFrom(...VERDICTS),
    venues: fc.array(feeds, { maxLength: 80 }),
    funnel: fc.array(
      fc.record({
        step: fc.constantFrom(...STEP_NAMES),
        unit: fc.constant("rows" as const),
        in: counts,
        out: counts,
        dropped: tallies,
        ms: counts,
      }),
      { maxLength: 8 },
    ),
    nearMisses: fc.constantFrom([], [missed(fundingPair())]),
  })
  .map((fields) => scanOf(fields));
const operations: fc.Arbitrary<Operations> = fc.record({
  atMs: fc.constant(NOW_MS),
  scan: fc.option(scans, { nil: null }),
  liveSessions: counts,
  deliveries: fc.record({
    byStatus: tallies,
    byReason: fc.array(fc.record({ status: names, reason: names, count: counts }), { maxLength: 40 }),
    lateMs: fc.constantFrom({ p50: null, p95: null }, { p50: 4_000, p95: 90_000_000 }),
  }),
  deadLetters: fc.record({
    all: counts,
    lastDay: counts,
    latest: fc.array(fc.record({ queue: names, attempts: counts, atMs: fc.constant(NOW_MS) }), { maxLength: 3 }),
  }),
  people: fc.record({ all: counts, byStatus: tallies, byLanguage: tallies, onboarded: counts, operators: counts }),
  venueKeys: fc.constant([]),
  incidents: fc.array(
    fc.record({
      kind: names,
      subject: names,
      state: fc.constantFrom("ok", "open", "cool-down"),
      badCount: counts,
      badSinceMs: fc.constantFrom(null, NOW_MS),
      openedAtMs: fc.constantFrom(null, NOW_MS),
      recoveredAtMs: fc.constant(null),
      label: names,
      detail: fc.array(names),
      seenAtMs: fc.constant(NOW_MS),
    }),
    { maxLength: 50 },
  ),
});
const VIEWS: readonly FlagView[] = Object.keys(FLAGS)
  .filter(isFlagKey)
  .map((key) => ({ key, spec: FLAGS[key], value: FLAGS[key].default, stored: null }));

describe("operators' messages are always ones that Telegram takes", () => {
  test.each(ADMIN_PAGES)("page %s", (page) => {
    fc.assert(
      fc.property(operations, readers, fc.record({ kv: fc.boolean(), d1: fc.boolean() }), (state, reader, layers) => {
        expect(faultsOf(renderAdmin(page, state, { ...contextOf(reader), layers }))).toEqual([]);
        const said = renderAdmin(page, state, { ...contextOf(reader), layers }).text;
        expect(said.includes(catalogueOf(reader.language).admin.d1Off)).toBe(!layers.d1);
      }),
      RUNS,
    );
  });

  test("flags, whatever was stored and by whom", () => {
    const stored = fc.record({ value: fc.string({ maxLength: 5_000 }), by: names, atMs: fc.constant(NOW_MS) });
    fc.assert(
      fc.property(
        fc.nat({ max: 40 }),
        fc.array(fc.string({ maxLength: 2_000 }), { minLength: 1 }),
        stored,
        readers,
        (page, value, row, reader) => {
          const context = contextOf(reader);
          const odd = VIEWS.map((view) => ({ ...view, value, stored: row }));
          expect(faultsOf(renderFlags(odd, { ...context, page, notice: safe(row.by) }))).toEqual([]);
          const flag = odd[page % odd.length];
          if (flag !== undefined)
            expect(faultsOf(renderFlag(flag, { ...context, page, nowMs: NOW_MS, notice: safe(row.value) }))).toEqual([]);
        },
      ),
      RUNS,
    );
    expect(FLAGS_PAGE).toBeLessThanOrEqual(20);
  });

  test("rules, whatever values venues and pairs have of their own", () => {
    const values = fc.dictionary(
      names,
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.array(names, { maxLength: 6 })),
      { maxKeys: 60 },
    );
    fc.assert(
      fc.property(values, values, fc.option(names, { nil: null }), readers, (venues, pairs, scope, reader) => {
        const context = contextOf(reader);
        const setting = (flag: FlagKey) => ({ flag, spec: FLAGS[flag], value: FLAGS[flag].default, venues, pairs });
        const rules = RULE_FACTS.map((rule) => ({
          ...rule,
          parameters: rule.parameters.map(setting),
          severity: rule.severity === null ? null : setting(rule.severity),
        }));
        expect(faultsOf(renderRules(rules, { ...context, scope, notice: null }))).toEqual([]);
        const change = { rule: "stale", scope: scope ?? "all", before: venues, after: venues };
        for (const rule of rules.slice(-5))
          expect(faultsOf(renderRule(rule, { ...context, notice: renderRuleChange(change, context) }))).toEqual([]);
      }),
      RUNS,
    );
  });

  test("the record of quality, whatever venues and rules are called", () => {
    const feed = fc.record({
      venue: names,
      asked: counts,
      answered: counts,
      received: counts,
      refused: fc.record({ parse: tallies, gate: tallies, identify: tallies }),
      failed: tallies,
    });
    const check = fc.constant({
      hourMs: NOW_MS,
      rowsChecked: 2,
      rowsDouble: 1,
      deliveriesChecked: 0,
      deliveriesDouble: 0,
      samples: [],
      atMs: NOW_MS,
    });
    const sums = fc.record({
      scans: counts,
      feeds: fc.dictionary(names, feed, { maxKeys: 60 }),
      coinScans: counts,
      coins: fc.constant({}),
    });
    fc.assert(
      fc.property(sums, fc.option(names, { nil: null }), fc.option(check, { nil: null }), readers, (tally, venue, duplicates, reader) => {
        const figures = { total: totalQuality(tally), feeds: feedQuality(tally), rules: ruleQuality(tally) };
        const view = { periodMs: 24 * HOUR_MS, scans: tally.scans, venue, ...figures, duplicates };
        expect(faultsOf(renderQuality(view, contextOf(reader)))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test("the quarantine and its rulings, whatever is in them", () => {
    const price = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
    const kept = fc.record({
      instrument: names,
      ticker: names,
      rule: fc.constantFrom("identity-mismatch" as const, "identity-denied" as const),
      sinceMs: fc.integer({ min: NOW_MS - 1e10, max: NOW_MS }),
      price,
      source: fc.constantFrom("index" as const, "mark" as const, "mid" as const),
      against: fc.option(fc.record({ assetId: fc.option(names, { nil: null }), instrument: names, price }), { nil: null }),
      ratio: fc.option(price, { nil: null }),
      bar: fc.constant(1.03),
    });
    const ruling = fc.record({
      instrument: names,
      verdict: fc.constantFrom("allow" as const, "deny" as const),
      assetId: fc.option(names, { nil: null }),
      reason: fc.string({ unit: "binary", maxLength: 300 }),
      expiresAtMs: fc.constantFrom(null, NOW_MS - 1, NOW_MS + 1e9),
      atMs: fc.constant(NOW_MS),
      by: names,
    });
    const quarantines = fc.record({
      scanAtMs: fc.constantFrom(null, NOW_MS),
      instruments: fc.array(kept, { maxLength: 60 }),
      count: counts,
      rulings: fc.array(ruling, { maxLength: 40 }),
    });
    fc.assert(
      fc.property(quarantines, readers, names, (quarantine, reader, name) => {
        expect(faultsOf(renderQuarantine(quarantine, { ...contextOf(reader), nowMs: NOW_MS, notice: safe(name) }))).toEqual([]);
      }),
      RUNS,
    );
  });

  test("the draft of a broadcast, whatever is in it", () => {
    const texts = fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 1_500 }), names, fc.constant("x".repeat(3_500)));
    fc.assert(
      fc.property(texts, counts, fc.uuid(), readers, (text, people, id, reader) => {
        const draft = renderBroadcastDraft({ id, text, people }, contextOf(reader));
        expect(faultsOf(draft)).toEqual([]);
        expect(draft.buttons?.[0]?.[0]).toMatchObject({ callback_data: `admin:send:${id}` });
      }),
      RUNS,
    );
  });
});
