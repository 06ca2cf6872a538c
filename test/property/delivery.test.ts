import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NewDelivery, Told } from "../../src/domain/delivery.ts";
import { EVENT_KINDS, type EventKind } from "../../src/domain/opportunity.ts";
import { ALERT_KINDS, ALERT_MODES, type AlertKind, type AlertMode, type Mute, type Preferences } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/units.ts";
import { isQuiet, localClock } from "../../src/delivery/local-time.ts";
import { matchPerson } from "../../src/delivery/match.ts";
import type { ChangedRow, Held, MatchInput } from "../../src/delivery/match-input.ts";
import { clearsBar, isAmong, mutedBy } from "../../src/delivery/my-cards.ts";
import { alertKindOf, isExit, looksAtNet, PAYS_FUNDING } from "../../src/delivery/notices.ts";
import { paysFunding } from "../../src/economics/taken-funding.ts";
import { pricesAt } from "../../src/delivery/price-at.ts";
import { fundingPair, NOW_MS, opened } from "../opportunities.ts";
import { personWith } from "../people.ts";

const clock = localClock();
const PAIRS = [
  ["alpha", "beta"],
  ["alpha", "gamma"],
  ["gamma", "beta"],
] as const;
const ASSETS = ["BTC", "ETH", "NEIRO~2", "SOL"];
const SCAN = "scan-1";

const changedRow: fc.Arbitrary<ChangedRow> = fc
  .record({
    venues: fc.constantFrom(...PAIRS),
    asset: fc.constantFrom(...ASSETS),
    rate: fc.constantFrom(-0.0004, 0.00012, 0.0003, 0.0009),
    kinds: fc.uniqueArray(fc.constantFrom(...EVENT_KINDS), { minLength: 1, maxLength: 3 }),
    noData: fc.boolean(),
  })
  .map(({ venues: [long, short], asset, rate, kinds, noData }) => {
    const priced = fundingPair({ asset, long: { venue: long }, short: { venue: short, rate } });
    const lost = noData ? ({ status: "no-data", noDataSinceMs: NOW_MS, noDataReason: "stale" } as const) : {};
    const ended = kinds.includes("closed") ? ({ status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" } as const) : {};
    const row = opened(priced, { ...lost, ...ended });
    const net = priced.ledger.net;
    const events = kinds.map((kind: EventKind) => ({
      id: `${row.id}|${SCAN}|${kind}`,
      opportunityId: row.id,
      kind,
      scanId: SCAN,
      atMs: NOW_MS,
      net,
      reason: "because",
    }));
    return { row, events };
  });
const rows = fc.uniqueArray(changedRow, { maxLength: 12, selector: ({ row }) => row.id });

const mute: fc.Arbitrary<Mute> = fc
  .oneof(
    fc.record({ scope: fc.constant("asset" as const), value: fc.constantFrom("BTC", "neiro", "SOL") }),
    fc.record({ scope: fc.constant("venue" as const), value: fc.constantFrom("alpha", "gamma") }),
    fc.record({ scope: fc.constant("strategy" as const), value: fc.constantFrom("funding", "price") }),
  )
  .chain((named) => fc.constantFrom(null, NOW_MS - 1, NOW_MS + HOUR_MS).map((untilMs) => ({ ...named, untilMs })));

const alerts: fc.Arbitrary<Record<AlertKind, AlertMode>> = fc.record(
  Object.fromEntries(ALERT_KINDS.map((kind) => [kind, fc.constantFrom(...ALERT_MODES)])) as Record<AlertKind, fc.Arbitrary<AlertMode>>,
);
const preferences: fc.Arbitrary<Partial<Preferences>> = fc.record({
  venues: fc.constantFrom(null, ["alpha", "beta"], ["alpha", "beta", "gamma"]),
  assets: fc.constantFrom(null, ["BTC", "NEIRO"]),
  sizeUsd: fc.constantFrom(1_000, 5_000, 7_500),
  horizonHours: fc.constantFrom(24, 168),
  bar: fc.constantFrom(
    { kind: "net-apr", value: 0 } as const,
    { kind: "net-apr", value: 0.3 } as const,
    { kind: "net-usd", value: 10 } as const,
  ),
  fees: fc.constantFrom({}, { alpha: 0.0001 }),
  alerts,
  mutes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(mute, { maxLength: 2 }) }),
  quiet: fc.constantFrom(
    null,
    null,
    { fromMinute: 660, toMinute: 1_200, timeZone: "UTC" },
    { fromMinute: 1_380, toMinute: 420, timeZone: "Asia/Jakarta" },
  ),
});

/** What somebody was told before, of the rows of the scan and of others. */
const toldOf = (changed: readonly ChangedRow[]): fc.Arbitrary<readonly Told[]> =>
  fc.array(
    fc
      .record({
        place: fc.nat(20),
        status: fc.constantFrom("sent" as const, "unknown" as const, "failed" as const, "suppressed" as const, "held" as const),
        agoMs: fc.integer({ min: 1, max: 30 }).map((hours) => hours * HOUR_MS),
        netTold: fc.constantFrom(-0.001, 0.002, 0.01, null),
        terms: fc.record({
          fees: fc.constantFrom({}, { alpha: 0.0001, beta: 0.0005 }),
          sizeUsd: fc.constantFrom(1_000, 5_000),
          horizonHours: fc.constantFrom(24, 168),
        }),
        kind: fc.constantFrom("opened" as const, "improved" as const, "ended" as const, "no-data" as const),
      })
      .map(({ place, status, agoMs, netTold, terms, kind }): Told => {
        const known = changed[place];
        return {
          eventId: `old-${place}-${agoMs}`,
          telegramId: 1,
          kind,
          status,
          reason: status === "suppressed" ? "cool-down" : null,
          protective: false,
          opportunityId: known?.row.id ?? `other-${place}`,
          strategy: "funding",
          asset: known?.row.priced.asset ?? ASSETS[place % 4] ?? "BTC",
          netTold,
          termsTold: netTold === null ? null : terms,
          createdAtMs: NOW_MS - agoMs,
          rowOpen: place % 2 === 0,
        };
      }),
    { maxLength: 8 },
  );

const held: fc.Arbitrary<Held> = fc.record({
  takenId: fc.uuid(),
  sizeUsd: fc.constantFrom(1_000, 5_000, 20_000),
  paysNow: fc.boolean(),
});

const input: fc.Arbitrary<MatchInput> = rows.chain((changed) =>
  fc
    .record({
      wishes: preferences,
      told: toldOf(changed),
      holds: fc.subarray(changed.map(({ row }) => row.id)).chain((ids) => fc.tuple(...ids.map((id) => fc.tuple(fc.constant(id), held)))),
      limits: fc.record({ perScan: fc.nat(4), perDay: fc.nat(6), coolDownMs: fc.constantFrom(0, 4 * HOUR_MS) }),
    })
    .map(({ wishes, told, holds, limits }) => ({
      scan: { scanId: SCAN, finishedAtMs: NOW_MS, rows: changed, venues: [] },
      person: personWith(wishes),
      told,
      holds: new Map(holds),
      limits,
      priceAt: pricesAt(NOW_MS),
      clock,
      nowMs: NOW_MS,
    })),
);

const rowOf = ({ scan }: MatchInput, { opportunityId }: NewDelivery) => scan.rows.find(({ row }) => row.id === opportunityId);
const check = (holds: (given: MatchInput, deliveries: readonly NewDelivery[]) => void): void =>
  fc.assert(
    fc.property(input, (given) => holds(given, matchPerson(given))),
    { numRuns: 500 },
  );
const isToldNow = ({ status }: NewDelivery): boolean => status !== "suppressed";

test("what is drawn brings about every kind, status and reason, so that the properties say something", () => {
  const deliveries = fc.sample(input, { numRuns: 500, seed: 7 }).flatMap((given) => matchPerson(given));
  const seen = new Set(deliveries.flatMap(({ kind, status, reason, protective }) => [kind, status, reason, protective]));
  const kinds = ["opened", "improved", "terms-changed", "no-data", "data-back", "ended"];
  const reasons = ["same-card", "cool-down", "day-limit", "scan-limit", "quiet-hours"];
  for (const name of [...kinds, ...reasons, "queued", "held", "suppressed", true, false]) expect([...seen]).toContain(name);
});

describe("matching, whatever a scan brings and a person wishes", () => {
  test("never ignores a mute, a filter, a bar or a switch, but for pairs that are held", () =>
    check((given, deliveries) => {
      const { preferences: wishes } = given.person;
      for (const delivery of deliveries.filter(({ protective }) => !protective)) {
        const priced = rowOf(given, delivery)?.row.priced ?? fundingPair();
        const size = given.holds.get(delivery.opportunityId ?? "")?.sizeUsd ?? wishes.sizeUsd;
        const own = given.priceAt(priced, { ...wishes, sizeUsd: size });
        expect(mutedBy(own, wishes, given.nowMs)).toBeNull();
        expect(isAmong(own, wishes)).toBe(true);
        if (delivery.kind === "opened" || delivery.kind === "improved") expect(clearsBar(own, wishes.bar)).toBe(true);
        const kind =
          ["opened", "improved", "terms-changed", "no-data", "data-back", "ended"].indexOf(delivery.kind) < 0 ? null : delivery.kind;
        expect(kind).not.toBeNull();
        expect(wishes.alerts[alertKindOf(delivery.kind as "opened")]).not.toBe("off");
      }
    }));

  test("never mutes, limits, silences or holds what befalls a pair that is held", () =>
    check((given, deliveries) => {
      for (const { row, events } of given.scan.rows) {
        if (!given.holds.has(row.id)) continue;
        for (const { id, kind } of events) {
          if (!["no-data", "data-back", "closed", "interval-changed", "cap-changed"].includes(kind)) continue;
          expect(deliveries.find(({ eventId }) => eventId === id)).toMatchObject({ status: "queued", protective: true, silent: false });
        }
      }
    }));

  test("keeps back no signal to leave a pair that was told", () =>
    check((given, deliveries) => {
      for (const { kind, protective, status } of deliveries) {
        if (!protective && isExit({ kind })) expect(status).not.toBe("suppressed");
      }
      const { preferences: wishes } = given.person;
      const ended = given.scan.rows.filter(
        ({ row, events }) =>
          row.status === "closed" &&
          events.some(({ kind }) => kind === "closed") &&
          !given.holds.has(row.id) &&
          wishes.alerts.ended !== "off",
      );
      for (const { row } of ended) {
        const isKnown = given.told.some(
          ({ opportunityId, status }) => opportunityId === row.id && !["failed", "suppressed"].includes(status),
        );
        if (!isKnown || !isAmong(row.priced, wishes) || mutedBy(row.priced, wishes, given.nowMs) !== null) continue;
        expect(deliveries.some(({ opportunityId, kind }) => opportunityId === row.id && kind === "ended")).toBe(true);
      }
    }));

  test("tells who holds a pair that it pays funding now when it turns, and only then", () =>
    check((given, deliveries) => {
      for (const { row, events } of given.scan.rows) {
        const holding = given.holds.get(row.id);
        if (holding === undefined) continue;
        const warned = deliveries.filter(
          ({ opportunityId, payload }) =>
            opportunityId === row.id && payload !== null && "reason" in payload && payload.reason === PAYS_FUNDING,
        );
        const turned = row.status === "open" && paysFunding(row.priced) && !holding.paysNow && events.some(looksAtNet);
        const isToldAlready = events.some(({ kind }) => kind === "interval-changed" || kind === "cap-changed");
        expect(warned).toHaveLength(turned && !isToldAlready ? 1 : 0);
        for (const { payload } of deliveries.filter(({ protective, opportunityId }) => protective && opportunityId === row.id)) {
          expect(payload).toMatchObject({ pair: { priced: { ledger: { sizeUsd: holding.sizeUsd } } } });
        }
      }
    }));

  test("stays within the limits of a scan, a day and a coin", () =>
    check((given, deliveries) => {
      const { limits, told, nowMs, person } = given;
      const isEntry = ({ kind }: Pick<Told, "kind">): boolean => kind === "opened" || kind === "improved";
      const ordinary = deliveries.filter((delivery) => !delivery.protective && isToldNow(delivery) && !isExit(delivery));
      expect(ordinary.length).toBeLessThanOrEqual(limits.perScan);
      const zone = person.preferences.quiet?.timeZone ?? "UTC";
      const today = told.filter(
        ({ kind, status, createdAtMs }) =>
          !isExit({ kind }) && (status === "sent" || status === "unknown") && clock(createdAtMs, zone).day === clock(nowMs, zone).day,
      ).length;
      const sent = ordinary.filter(({ status }) => status === "queued");
      if (sent.length > 0) expect(today + sent.length).toBeLessThanOrEqual(limits.perDay);
      if (limits.coolDownMs > 0) {
        const coins = ordinary.filter(isEntry).map(({ asset }) => asset);
        expect(new Set(coins).size).toBe(coins.length);
        const lately = told.filter(
          ({ kind, status, createdAtMs }) =>
            isEntry({ kind }) && !["suppressed", "failed"].includes(status) && nowMs - createdAtMs < limits.coolDownMs,
        );
        for (const { asset } of lately) expect(coins).not.toContain(asset);
      }
    }));

  test("tells one message a card and sort of news, that of the best pair", () =>
    check((_, deliveries) => {
      const good = deliveries.filter(({ kind, protective }) => !protective && (kind === "opened" || kind === "improved"));
      const cards = good.map(({ strategy, asset }) => `${strategy}|${asset}`);
      expect(new Set(cards).size).toBe(cards.length);
      for (const delivery of good) {
        if (delivery.payload === null || !("pair" in delivery.payload)) continue;
        const { priced } = delivery.payload.pair;
        const others = deliveries.filter((each) => each.asset === delivery.asset && each !== delivery && each.kind === "opened");
        for (const other of others)
          if (other.payload !== null && "pair" in other.payload)
            expect(other.payload.pair.priced.ledger.netUsd ?? -Infinity).toBeLessThanOrEqual(priced.ledger.netUsd ?? -Infinity);
      }
    }));

  test("in quiet hours sends only what protects, and holds the rest with its reason", () =>
    check((given, deliveries) => {
      const quiet = isQuiet(given.person.preferences.quiet, given.nowMs, clock);
      for (const { status, protective, reason } of deliveries) {
        expect(quiet && !protective && status === "queued").toBe(false);
        expect(status === "held" ? [quiet, reason] : [true, "quiet-hours"]).toEqual([true, "quiet-hours"]);
      }
    }));

  test("done again gives the same deliveries, each event at most once", () =>
    check((given, deliveries) => {
      expect(new Set(deliveries.map(({ eventId }) => eventId)).size).toBe(deliveries.length);
      const { fees, sizeUsd, horizonHours } = given.person.preferences;
      const termsTold = { fees, sizeUsd, horizonHours };
      const stored = deliveries.map((delivery): Told => ({ ...delivery, termsTold, createdAtMs: given.nowMs, rowOpen: true }));
      expect(matchPerson({ ...given, told: [...given.told, ...stored] })).toEqual(deliveries);
    }));

  test("keeps a reason for what matched and is not sent, once a day and row", () =>
    check((given, deliveries) => {
      for (const { status, reason, opportunityId, payload } of deliveries) {
        if (status !== "suppressed") continue;
        expect(payload).toBeNull();
        expect(["same-card", "cool-down", "day-limit", "scan-limit"]).toContain(reason);
        const before = given.told.filter(
          (told) => told.status === "suppressed" && told.reason === reason && told.opportunityId === opportunityId,
        );
        for (const { createdAtMs } of before) expect(given.nowMs - createdAtMs).toBeGreaterThanOrEqual(DAY_MS);
      }
    }));
});
