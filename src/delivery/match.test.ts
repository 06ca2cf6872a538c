import { describe, expect, test } from "vitest";
import { carryPair, eventOf, fundingPair, NOW_MS, opened } from "../../test/opportunities.ts";
import { personWith } from "../../test/people.ts";
import type { NewDelivery, Told } from "../domain/delivery.ts";
import type { EventKind, Opportunity, Priced } from "../domain/opportunity.ts";
import type { Preferences } from "../domain/person.ts";
import { HOUR_MS } from "../domain/units.ts";
import { localClock } from "./local-time.ts";
import { carriesSeen } from "./carries-seen.ts";
import { matchPerson } from "./match.ts";
import type { Held, MatchInput } from "./match-input.ts";
import { pricesAt } from "./price-at.ts";

const clock = localClock();
const HELD: Held = { takenId: "taken-1", sizeUsd: 5_000, paysNow: false };
const netOf = ({ ledger }: Priced): number => ledger.net ?? Number.NaN;
const changed = (row: Opportunity, ...kinds: readonly EventKind[]) => ({ row, events: kinds.map((kind) => eventOf(row, kind)) });
const told = (row: Opportunity, fields: Partial<Told> = {}): Told => ({
  eventId: `before|${row.id}`,
  telegramId: 1,
  kind: "opened",
  status: "sent",
  reason: null,
  protective: false,
  opportunityId: row.id,
  strategy: row.priced.strategy,
  asset: row.priced.asset,
  netTold: netOf(row.priced),
  termsTold: { fees: { alpha: 0.0005, beta: 0.0005, gamma: 0.0005 }, sizeUsd: 5_000, horizonHours: 168 },
  createdAtMs: NOW_MS - 5 * HOUR_MS,
  rowOpen: true,
  ...fields,
});

function match(
  rows: MatchInput["scan"]["rows"],
  over: {
    readonly wishes?: Partial<Preferences>;
    readonly told?: readonly Told[];
    readonly holds?: readonly string[];
    readonly held?: Partial<Held>;
    readonly nowMs?: number;
    readonly venues?: MatchInput["scan"]["venues"];
  } = {},
): readonly NewDelivery[] {
  return matchPerson({
    scan: { scanId: "scan-1", finishedAtMs: NOW_MS, rows, venues: over.venues ?? [] },
    person: personWith(over.wishes),
    told: over.told ?? [],
    holds: new Map(over.holds?.map((id) => [id, { ...HELD, ...over.held }])),
    limits: { perScan: 2, perDay: 10, coolDownMs: 4 * HOUR_MS },
    priceAt: pricesAt(NOW_MS),
    clock,
    nowMs: over.nowMs ?? NOW_MS,
  });
}
const brief = (deliveries: readonly NewDelivery[]) =>
  deliveries.map(({ kind, status, reason, asset }) => [asset, kind, status, reason].filter((part) => part !== null).join(" "));

const btc = opened(fundingPair());

describe("a pair that clears the bar", () => {
  test("is opened, once, with its ages and what the message is made of", () => {
    const [delivery, ...rest] = match([changed(btc, "opened")]);
    expect(rest).toEqual([]);
    expect(delivery).toMatchObject({
      eventId: `${btc.id}|scan-1|opened`,
      kind: "opened",
      status: "queued",
      protective: false,
      silent: false,
      netTold: netOf(btc.priced),
      venueAtMs: NOW_MS - 1_000,
      scanAtMs: NOW_MS,
      payload: { kind: "opened", others: 0, taken: false, netBefore: null, pair: { id: btc.id, priced: { key: btc.key } } },
    });
  });

  test("is told with the figures that a venue of its legs did not give in this scan, and with no other venue's", () => {
    const late = { endpoint: "openInterest", kind: "timeout", message: "late", sinceMs: NOW_MS - 1, fromMs: null };
    const report = {
      ok: true,
      receivedAtMs: NOW_MS,
      rows: 1,
      error: null,
      degraded: [late],
      calls: 1,
      ms: 1,
      health: null,
      healthAtMs: null,
    };
    const venues = ["beta", "gamma", "beta-spot"].map((feed) => ({ feed, venue: feed.replace("-spot", ""), ...report }));
    const [delivery] = match([changed(btc, "opened")], { venues });
    expect(delivery?.payload).toMatchObject({
      degraded: [{ venue: "beta", endpoint: "openInterest", sinceMs: NOW_MS - 1, fromMs: null }],
    });
  });

  test("is opened later too, when it comes to clear a person's own bar", () => {
    const bar = { kind: "net-usd", value: (btc.priced.ledger.netUsd ?? 0) + 1 } as const;
    expect(match([changed(btc, "opened")], { wishes: { bar } })).toEqual([]);
    const better = opened(fundingPair({ short: { rate: 0.0009 } }));
    expect(brief(match([changed(better, "updated")], { wishes: { bar } }))).toEqual(["BTC opened queued"]);
  });

  test("is judged at the person's own size and fees", () => {
    const dear = { alpha: 0.008, beta: 0.008 };
    expect(match([changed(btc, "opened")], { wishes: { fees: dear } })).toEqual([]);
    const [delivery] = match([changed(btc, "opened")], { wishes: { sizeUsd: 1_000, fees: { alpha: 0 } } });
    expect(delivery).toMatchObject({ payload: { pair: { priced: { ledger: { sizeUsd: 1_000 }, long: { takerFeeRate: 0 } } } } });
    expect(delivery?.netTold).toBeGreaterThan(netOf(btc.priced));
  });

  test("is no news when it was told, failed does not count as told, and a revival of the same row is no new opening", () => {
    expect(match([changed(btc, "updated")], { told: [told(btc)] })).toEqual([]);
    expect(match([changed({ ...btc, revivals: 1 }, "revived")], { told: [told(btc)] })).toEqual([]);
    expect(brief(match([changed(btc, "updated")], { told: [told(btc, { status: "failed" })] }))).toEqual(["BTC opened queued"]);
  });

  test("is improved when it pays half more than was told last, and not below that", () => {
    const net = netOf(btc.priced);
    const at = (before: number) => brief(match([changed(btc, "updated")], { told: [told(btc, { netTold: before })] }));
    expect(at(net / 1.51)).toEqual(["BTC improved queued"]);
    expect(at(net / 1.49)).toEqual([]);
    const [delivery] = match([changed(btc, "updated")], {
      told: [told(btc, { netTold: net / 4, createdAtMs: NOW_MS - 9 * HOUR_MS }), told(btc, { netTold: net / 2, eventId: "later" })],
    });
    expect(delivery).toMatchObject({ payload: { netBefore: net / 2 } });
  });
});

describe("what was told at other terms", () => {
  const cheap = { fees: { alpha: 0, beta: 0 } };
  const longer = { horizonHours: 720 };
  test.each([
    ["a longer horizon", longer],
    ["lower fees", cheap],
    ["a smaller size", { sizeUsd: 1_000, fees: { alpha: 0.0001, beta: 0.0001 } }],
  ])("is not said to pay more because of %s", (_name, wishes) => {
    const [now] = match([changed(btc, "opened")], { wishes });
    const before = netOf(btc.priced) / 1.4;
    expect(now?.netTold).toBeGreaterThan(1.5 * before);
    expect(match([changed(btc, "updated")], { wishes, told: [told(btc, { netTold: before })] })).toEqual([]);
  });

  test("is said to pay more when it does so at those terms too, without a figure of before", () => {
    const before = told(btc, { netTold: netOf(btc.priced) / 2 });
    expect(match([changed(btc, "updated")], { wishes: longer, told: [before] })).toMatchObject([
      { kind: "improved", payload: { netBefore: null, pair: { priced: { ledger: longer } } } },
    ]);
  });

  test("does not make another pair of the card news", () => {
    const other = opened(fundingPair({ short: { venue: "gamma", rate: 0.0006 } }));
    expect(brief(match([changed(btc, "updated")], { wishes: longer, told: [told(other)] }))).toEqual(["BTC opened suppressed same-card"]);
  });
});

describe("what befalls a row", () => {
  const kinds = ["interval-changed", "no-data", "data-back", "closed"] as const;
  const wishes = { alerts: { opened: "on", improved: "on", "terms-changed": "silent", "no-data": "on", ended: "on" } } as const;

  test.each(kinds)("%s is told to who was told of the row, and to nobody else", (kind) => {
    const row = kind === "closed" ? opened(fundingPair(), { status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" }) : btc;
    expect(match([changed(row, kind)], { wishes })).toEqual([]);
    expect(match([changed(row, kind)], { wishes, told: [told(row)] })).toHaveLength(1);
    expect(match([changed(row, kind)], { wishes, told: [told(row, { status: "suppressed" })] })).toEqual([]);
  });

  test("is told without a sound where the person wants it so", () => {
    expect(match([changed(btc, "cap-changed")], { wishes, told: [told(btc)] })).toMatchObject([{ kind: "terms-changed", silent: true }]);
  });

  test("of a pair that is held is told whatever is muted, off, limited or quiet", () => {
    const off = { opened: "off", improved: "off", "terms-changed": "off", "no-data": "off", ended: "off" } as const;
    const hush: Partial<Preferences> = {
      alerts: off,
      venues: ["gamma"],
      mutes: [{ scope: "asset", value: "BTC", untilMs: null }],
      quiet: { fromMinute: 0, toMinute: 1_439, timeZone: "UTC" },
    };
    const before = Array.from({ length: 30 }, (_, index) => told(btc, { eventId: `e${index}`, createdAtMs: NOW_MS - index }));
    for (const kind of kinds) {
      const deliveries = match([changed(btc, kind)], { wishes: hush, holds: [btc.id], told: before });
      expect(deliveries).toMatchObject([{ status: "queued", protective: true, silent: false, payload: { taken: true } }]);
    }
  });

  test("a carry that turns negative is told to who holds the pair, and to nobody else", () => {
    const paying = opened(fundingPair({ short: { rate: -0.0004 } }));
    const once = match([changed(paying, "updated")], { holds: [paying.id], told: [told(paying, { netTold: 0.01 })] });
    expect(once).toMatchObject([{ kind: "terms-changed", protective: true, netTold: netOf(paying.priced), reason: null }]);
    expect(match([changed(paying, "updated")], { told: [told(paying, { netTold: 0.01 })] })).toEqual([]);
  });

  test("a carry that is negative still is told once, and again after it was positive", () => {
    const paying = changed(opened(fundingPair({ short: { rate: -0.0004 } })), "updated");
    const { id } = paying.row;
    expect(match([paying], { holds: [id], held: { paysNow: true } })).toEqual([]);
    const seen = (row: Opportunity, held: Held) => carriesSeen([changed(row, "updated")], new Map([[row.id, held]]));
    expect(seen(paying.row, HELD)).toEqual([{ takenId: "taken-1", paysNow: true }]);
    expect(seen(paying.row, { ...HELD, paysNow: true })).toEqual([]);
    expect(seen(btc, { ...HELD, paysNow: true })).toEqual([{ takenId: "taken-1", paysNow: false }]);
    expect(seen({ ...btc, status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" }, { ...HELD, paysNow: true })).toEqual([]);
  });

  test("changed terms under which a held pair pays funding are told once, as that", () => {
    const paying = opened(fundingPair({ short: { rate: -0.0004 } }));
    const found = match([changed(paying, "interval-changed", "updated")], { holds: [paying.id] });
    expect(found.map(({ eventId }) => eventId)).toEqual([`${paying.id}|scan-1|interval-changed`]);
  });

  test("is worked out at the size that was taken, for who holds it", () => {
    const [delivery] = match([changed(btc, "cap-changed")], { holds: [btc.id], held: { sizeUsd: 1_000 }, wishes: { sizeUsd: 20_000 } });
    expect(delivery).toMatchObject({ payload: { pair: { priced: { ledger: { sizeUsd: 1_000 } } } } });
  });

  test("a pair that earns is not said to cost, though what it earns over the horizon does not pay for going in and out", () => {
    const earning = opened(fundingPair({ short: { rate: 0.0001 } }));
    expect(netOf(earning.priced)).toBeLessThan(0);
    expect(earning.priced.ledger.funding).toBeGreaterThan(0);
    expect(match([changed(earning, "updated")], { holds: [earning.id], told: [told(earning, { netTold: 0.01 })] })).toEqual([]);
    expect(match([changed(btc, "updated")], { holds: [btc.id], told: [told(btc)], wishes: { horizonHours: 24 } })).toEqual([]);
  });
});

describe("somebody whose first steps are not done", () => {
  test("is told what befalls a pair they hold, and nothing else", () => {
    const wishes = { onboarded: false };
    const other = opened(fundingPair({ asset: "ETH" }));
    expect(match([changed(btc, "opened"), changed(other, "opened")], { wishes, holds: [btc.id] })).toEqual([]);
    expect(match([changed(btc, "closed")], { wishes, told: [told(btc)] })).toEqual([]);
    expect(match([changed(btc, "cap-changed")], { wishes, holds: [btc.id] })).toMatchObject([{ kind: "terms-changed", protective: true }]);
  });
});

describe("one card", () => {
  const better = opened(fundingPair({ short: { venue: "gamma", rate: 0.0006 } }));

  test("alerts its best pair and counts the others", () => {
    const deliveries = match([changed(btc, "opened"), changed(better, "opened")]);
    expect(deliveries).toMatchObject([{ opportunityId: better.id, payload: { others: 1 } }]);
  });

  test("that was told of alerts another pair only when it pays half more, or after the first has ended", () => {
    const before = told(better);
    expect(brief(match([changed(btc, "updated")], { told: [before] }))).toEqual(["BTC opened suppressed same-card"]);
    expect(brief(match([changed(btc, "updated")], { told: [{ ...before, rowOpen: false }] }))).toEqual(["BTC opened queued"]);
    expect(brief(match([changed(btc, "updated")], { told: [{ ...before, netTold: netOf(btc.priced) / 2 }] }))).toEqual([
      "BTC opened queued",
    ]);
  });

  test("is of one strategy: a coin's other strategy has its own, after the coin's cool-down", () => {
    const carry = opened(carryPair());
    expect(brief(match([changed(btc, "opened"), changed(carry, "opened")]))).toEqual([
      "BTC opened queued",
      "BTC opened suppressed cool-down",
    ]);
    expect(brief(match([changed(carry, "opened")], { told: [told(btc)] }))).toEqual(["BTC opened queued"]);
  });
});

describe("limits", () => {
  const coins = ["AAA", "BBB", "CCC", "DDD"];
  const rows = coins.map((asset, place) => changed(opened(fundingPair({ asset, short: { rate: 0.0004 + place * 0.0001 } })), "opened"));

  test("let the best two of a scan through, the others keep their reason", () => {
    expect(brief(match(rows))).toEqual([
      "DDD opened queued",
      "CCC opened queued",
      "BBB opened suppressed scan-limit",
      "AAA opened suppressed scan-limit",
    ]);
  });

  const over = (asset: string): Opportunity =>
    opened(fundingPair({ asset }), { status: "closed", closedAtMs: NOW_MS, closeReason: "below-bar" });
  const ofToday = (count: number) =>
    Array.from({ length: count }, (_, place) => told(opened(fundingPair({ asset: `X${place}` })), { createdAtMs: NOW_MS - HOUR_MS }));

  test("keep back no signal to leave: what ended or changed its terms is told in the cool-down, beyond the scan's two and the day's ten", () => {
    const ends = coins.map((asset) => over(asset));
    const before = [...ends.map((row) => told(row, { createdAtMs: NOW_MS - HOUR_MS })), ...ofToday(10)];
    expect(
      brief(
        match(
          ends.map((row) => changed(row, "closed")),
          { told: before },
        ),
      ).sort(),
    ).toEqual(coins.map((asset) => `${asset} ended queued`));
    const news = rows.map(({ row }) => changed(row, "cap-changed"));
    const known = rows.map(({ row }) => told(row, { createdAtMs: NOW_MS - HOUR_MS }));
    expect(brief(match(news, { told: known })).sort()).toEqual(coins.map((asset) => `${asset} terms-changed queued`));
  });

  test("are not used up by a signal to leave", () => {
    const ends = ["EEE", "FFF"].map((asset) => over(asset));
    const found = match([...ends.map((row) => changed(row, "closed")), ...rows], { told: ends.map((row) => told(row)) });
    const sent = brief(found).filter((line) => line.endsWith("queued"));
    expect(sent.slice(0, 2)).toEqual(["DDD opened queued", "CCC opened queued"]);
    expect(sent.slice(2).sort()).toEqual(["EEE ended queued", "FFF ended queued"]);
    const ended = Array.from({ length: 10 }, (_, place) =>
      told(over(`X${place}`), { kind: "ended", netTold: null, createdAtMs: NOW_MS - 5 * HOUR_MS }),
    );
    expect(brief(match(rows.slice(0, 1), { told: ended }))).toEqual(["AAA opened queued"]);
  });

  test("tell the end of each pair of a card", () => {
    const [one, two] = [over("AAA"), opened(fundingPair({ asset: "AAA", long: { venue: "gamma" } }), over("AAA"))];
    const other = { ...two, id: `${two.id}-other` };
    const found = match([changed(one, "closed"), changed(other, "closed")], { told: [told(one), told(other)] });
    expect(found).toMatchObject([one, other].map(() => ({ kind: "ended", status: "queued", payload: { others: 0 } })));
  });

  test.each(["no-data", "data-back", "ended", "terms-changed"] as const)("start no cool-down by %s", (kind) => {
    const lately = told(opened(fundingPair({ asset: "AAA", long: { venue: "gamma" } })), {
      kind,
      createdAtMs: NOW_MS - HOUR_MS,
      netTold: null,
    });
    expect(brief(match(rows.slice(0, 1), { told: [lately] }))).toEqual(["AAA opened queued"]);
  });

  test("count ten a day, by the person's own midnight where they gave a time zone", () => {
    const others = Array.from({ length: 10 }, (_, place) =>
      told(opened(fundingPair({ asset: `X${place}` })), { createdAtMs: NOW_MS - 5 * HOUR_MS - place }),
    );
    expect(brief(match(rows.slice(0, 1), { told: others }))).toEqual(["AAA opened suppressed day-limit"]);
    // 12:00 UTC is a quarter to one of the next day there, and 07:00 UTC was still the evening before.
    const quiet = { fromMinute: 120, toMinute: 180, timeZone: "Pacific/Chatham" };
    expect(brief(match(rows.slice(0, 1), { told: others, wishes: { quiet } }))).toEqual(["AAA opened queued"]);
    const held = others.map((each): Told => ({ ...each, status: "digested" }));
    expect(brief(match(rows.slice(0, 1), { told: held }))).toEqual(["AAA opened queued"]);
  });

  test("keep a coin quiet for four hours", () => {
    const at = (hours: number) => [
      told(opened(fundingPair({ asset: "AAA", long: { venue: "gamma" } })), { createdAtMs: NOW_MS - hours * HOUR_MS, netTold: 0.0001 }),
    ];
    expect(brief(match(rows.slice(0, 1), { told: at(3.9) }))).toEqual(["AAA opened suppressed cool-down"]);
    expect(brief(match(rows.slice(0, 1), { told: at(4) }))).toEqual(["AAA opened queued"]);
  });

  test("do not write the same reason for a row twice a day", () => {
    const [first] = rows;
    const row = first?.row ?? btc;
    const recent = told(opened(fundingPair({ asset: "AAA", long: { venue: "gamma" } })), { createdAtMs: NOW_MS - 1, netTold: 0.0001 });
    const onRecord = told(row, { status: "suppressed", reason: "cool-down", createdAtMs: NOW_MS - HOUR_MS, netTold: null });
    expect(match(rows.slice(0, 1), { told: [recent, onRecord] })).toEqual([]);
  });

  test("in quiet hours nothing is sent, and what would have been waits", () => {
    const quiet = { fromMinute: 23 * 60, toMinute: 7 * 60, timeZone: "UTC" };
    const night = NOW_MS + 14 * HOUR_MS;
    expect(brief(match(rows, { wishes: { quiet }, nowMs: night })).slice(0, 3)).toEqual([
      "DDD opened held quiet-hours",
      "CCC opened held quiet-hours",
      "BBB opened suppressed scan-limit",
    ]);
  });
});
