import { FormattedString } from "@grammyjs/parse-mode";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { myCards } from "../../src/delivery/my-cards.ts";
import { DELIVERY_KINDS, DELIVERY_STATUSES } from "../../src/domain/delivery.ts";
import { CLOSE_REASONS } from "../../src/domain/opportunity.ts";
import { DEFAULT_PREFERENCES, LANGUAGES } from "../../src/domain/person.ts";
import { RULES } from "../../src/quality/rules.ts";
import { PAIR_DROP_REASONS } from "../../src/strategies/strategy.ts";
import { coinRates, similarCoins } from "../../src/telegram/coin-rates.ts";
import { ownPrice, pairByRef, pairsIn } from "../../src/telegram/find-pair.ts";
import type { Message } from "../../src/telegram/message.ts";
import { renderDelivery } from "../../src/telegram/messages/alert.ts";
import { renderAsset, renderAssetUsage } from "../../src/telegram/messages/asset.ts";
import { renderCard } from "../../src/telegram/messages/card.ts";
import { pairRef } from "../../src/telegram/messages/pair.ts";
import { lines, message, safe } from "../../src/telegram/messages/parts.ts";
import { renderStart } from "../../src/telegram/messages/start.ts";
import { renderTop } from "../../src/telegram/messages/top.ts";
import { renderWhy } from "../../src/telegram/messages/why.ts";
import { tap } from "../../src/telegram/start-taps.ts";
import { catalogueOf } from "../../src/telegram/text/catalogue.ts";
import { NOW } from "../arbitraries.ts";
import { scanOf } from "../opportunities.ts";
import { faultsOf } from "./message-check.ts";
import { degradedFigures, deliveries, names, people, preferences, reads } from "./message-inputs.ts";

const RUNS = { numRuns: 150 };
/** Nothing tapped yet. */
const TAPPED = { ...DEFAULT_PREFERENCES };
const TOLD = [
  { kind: "opened", status: "sent", reason: null, createdAtMs: NOW - 9_000, sentAtMs: NOW - 8_000 },
  { kind: "improved", status: "suppressed", reason: "cool-down", createdAtMs: NOW - 5_000, sentAtMs: null },
  { kind: "ended", status: "queued", reason: null, createdAtMs: NOW - 1_000, sentAtMs: null },
] as const;
/** A scan that refused a row of this coin there, with findings of several forms. */
const scanWith = (asset: string, venue: string) =>
  scanOf({
    rejections: {
      counts: {},
      samples: [
        {
          step: "gate",
          feed: null,
          venue,
          subject: `${asset.toUpperCase()}/USDT:USDT`,
          rule: "stale",
          evidence: [{ rule: "stale", value: 61_000, bar: 60_000 }],
        },
        { step: "identify", feed: null, venue, subject: "A/USDT:USDT", rule: "identity-mismatch", evidence: "*odd*" },
        { step: "reconcile", feed: null, venue, subject: `${asset} a b`, rule: "pending", evidence: null },
      ],
    },
  });
const sound = (...messages: readonly Message[]): void => {
  for (const each of messages) expect({ faults: faultsOf(each), text: each.text }).toEqual({ faults: [], text: each.text });
};

describe("the check itself", () => {
  test("finds what Telegram would refuse", () => {
    const bold = (offset: number, length: number) => ({ type: "bold" as const, offset, length });
    const faults = (fields: Partial<Message>) => faultsOf({ text: "abcdef", entities: [], buttons: null, ...fields });
    expect(faults({})).toEqual([]);
    expect(faults({ entities: [bold(0, 3), { ...bold(2, 3), type: "italic" }] })).toEqual(["overlaps in part"]);
    expect(faults({ entities: [bold(0, 6), { ...bold(2, 3), type: "italic" }] })).toEqual([]);
    expect(faults({ entities: [bold(3, 1), bold(0, 1)] })).toEqual(["out of order"]);
    expect(faults({ entities: [bold(5, 2)] })).toEqual(["out of bounds"]);
    expect(faults({ text: "a😀", entities: [bold(0, 2)] })).toEqual(["starts or ends inside a character"]);
    expect(faults({ text: "a\uD83D" })).toEqual(["half a character"]);
    expect(faults({ text: "x".repeat(4_097) })).toEqual(["4097 units"]);
    expect(faults({ buttons: [[{ text: "a", callback_data: "é".repeat(33) }]] })).toEqual(["data of 66 bytes"]);
  });
});

describe("rendered text is always valid, whatever the market and the names in it", () => {
  test("list, with cards or empty, on every page, for one person and for a group", () => {
    fc.assert(
      fc.property(reads, preferences, fc.nat({ max: 5 }), fc.boolean(), (read, chosen, page, personal) => {
        const mine = myCards(read.snapshot, chosen, NOW);
        sound(renderTop({ read, ...mine, preferences: chosen, page, personal, nowMs: NOW }));
      }),
      RUNS,
    );
  });

  test("one coin", () => {
    fc.assert(
      fc.property(reads, preferences, names, fc.boolean(), (read, chosen, asset, personal) => {
        const { market } = read.snapshot;
        const { cards } = myCards(read.snapshot, chosen, NOW);
        const rates = market === null ? null : coinRates(market, asset);
        const similar = market === null ? [] : similarCoins(market, asset);
        const shown = { read, asset, similar, language: chosen.language, personal, nowMs: NOW };
        sound(
          renderAsset({ ...shown, rates, pairs: cards.map(({ best }) => best) }),
          renderAsset({ ...shown, rates: [], pairs: [] }),
          renderAssetUsage(similar, chosen.language),
        );
      }),
      RUNS,
    );
  });

  test("card and explanation of every pair of a snapshot", () => {
    fc.assert(
      fc.property(reads, people, degradedFigures, (read, person, degraded) => {
        const { snapshot } = read;
        const { language } = person.preferences;
        for (const pair of pairsIn(snapshot)) {
          const priced = ownPrice(pair, person.preferences, NOW);
          const { asset, long, short } = pair.listed;
          const rates = snapshot.market === null ? null : coinRates(snapshot.market, asset);
          const legs = {
            long: { venue: long.quote.venue, kind: long.quote.kind },
            short: { venue: short.quote.venue, kind: short.quote.kind },
          };
          const asked = { snapshot, scan: scanWith(asset, long.quote.venue), rates, asset, language, nowMs: NOW, ...legs, person };
          sound(
            renderCard({
              pair: { ...pair, priced },
              language,
              ownFees: person.preferences.fees,
              market: snapshot.scan.market,
              ageMs: read.ageMs,
              degraded,
              nowMs: NOW,
            }),
            renderWhy({ ...asked, pair, own: priced, told: TOLD }),
            renderWhy({ ...asked, rates: [], pair: null, own: null, told: [] }),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test("every kind of alert", () => {
    fc.assert(
      fc.property(deliveries, people, fc.boolean(), fc.constantFrom("live", "simulated", "*x*"), (delivery, person, repeated, market) => {
        sound(renderDelivery(delivery, { person, repeated, nowMs: NOW, market }));
      }),
      { numRuns: 600 },
    );
  });

  test("each screen of the three taps", () => {
    fc.assert(
      fc.property(preferences, fc.array(names, { maxLength: 20 }), (chosen, venues) => {
        for (const step of ["venues", "size", "bar", "done"] as const)
          sound(renderStart({ step, preferences: chosen, venues, market: "live" }));
      }),
      RUNS,
    );
  });

  test("a text of any length is cut between characters and lines, its entities with it", () => {
    const pieces = fc.array(
      fc.record({ text: fc.string({ unit: "grapheme", maxLength: 900 }), mark: fc.constantFrom("bold", "italic", "link", "none") }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, (all) => {
        const body = lines(
          "x",
          ...all.map(({ text, mark }) => {
            const whole = text.toWellFormed().replace(/\p{Cc}/gu, " ");
            if (mark === "none" || whole === "") return whole;
            return mark === "link"
              ? FormattedString.link(whole, "https://example.com/")
              : mark === "bold"
                ? FormattedString.bold(whole)
                : FormattedString.italic(FormattedString.bold(whole));
          }),
        );
        const cut = message(body);
        sound(cut);
        if (body.text.trim().length <= 4_096) expect(cut.text).toBe(body.text.trim());
        else expect(cut.text.length).toBeGreaterThan(3_000);
      }),
      RUNS,
    );
  });
});

describe("names from outside", () => {
  test("stay one short line and never become entities", () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(safe(name)).not.toMatch(/[\n\r\p{Cc}\u202E]/u);
        expect(safe(name).length).toBeLessThanOrEqual(40);
        expect(safe(name).isWellFormed()).toBe(true);
      }),
    );
    const evil = renderStart({ step: "venues", preferences: { ...TAPPED, venues: null }, venues: ["<b>*x*</b>"], market: "live" });
    expect(evil.entities.map(({ type }) => type)).toEqual(["bold"]);
  });
});

describe("buttons", () => {
  test("of a pair lead back to that pair, with a row or without", () => {
    fc.assert(
      fc.property(reads, (read) => {
        for (const pair of pairsIn(read.snapshot)) expect(pairByRef(read.snapshot, pairRef(pair))?.key).toBe(pair.key);
      }),
      { numRuns: 60 },
    );
  });

  test("of the three taps choose what they say, and end onboarding with the third", () => {
    const venues = ["binance", "okx", "gate"];
    const first = tap("v:okx", TAPPED, venues);
    expect(first).toMatchObject({ step: "venues", preferences: { venues: ["okx"], onboarded: false } });
    expect(tap("v:binance", first.preferences, venues).preferences.venues).toEqual(["binance", "okx"]);
    expect(tap("v:okx", first.preferences, venues).preferences.venues).toBeNull();
    const all = tap("all", first.preferences, venues);
    expect(all).toMatchObject({ step: "size", preferences: { venues: null } });
    const sized = tap("s:20000", all.preferences, venues);
    expect(sized).toMatchObject({ step: "bar", preferences: { sizeUsd: 20_000, onboarded: false } });
    expect(tap("b:0.1", sized.preferences, venues)).toMatchObject({
      step: "done",
      preferences: { bar: { kind: "net-apr", value: 0.1 }, onboarded: true },
    });
    for (const odd of ["", "v:unknown", "s:7", "b:x", "::", "v:constructor"])
      expect(tap(odd, TAPPED, venues)).toEqual({ preferences: TAPPED, step: "venues" });
  });

  test("of every screen of the three taps do something", () => {
    const venues = ["binance", "okx"];
    for (const step of ["venues", "size", "bar"] as const) {
      const { buttons } = renderStart({ step, preferences: { ...TAPPED, venues: ["okx"] }, venues, market: "live" });
      const data = (buttons ?? []).flat().map((each) => ("callback_data" in each ? each.callback_data : ""));
      const taken = data.filter((each) => !["start:venues"].includes(each)).map((each) => tap(each.replace("start:", ""), TAPPED, venues));
      expect(taken.every((after) => after.preferences !== TAPPED || after.step !== "venues")).toBe(true);
      expect(data.length).toBeGreaterThan(3);
    }
  });
});

describe("the catalogue", () => {
  test.each(LANGUAGES)("has words for every rule, refusal, end, kind and state (%s)", (language) => {
    const { why, card } = catalogueOf(language);
    expect(Object.keys(why.rules)).toEqual(
      expect.arrayContaining([...RULES.map(({ id }) => id), "identity-mismatch", "identity-no-price"]),
    );
    expect(Object.keys(why.refusals)).toEqual(expect.arrayContaining([...PAIR_DROP_REASONS]));
    expect(Object.keys(why.kinds)).toEqual(expect.arrayContaining([...DELIVERY_KINDS]));
    expect(Object.keys(why.reasons)).toEqual(
      expect.arrayContaining(DELIVERY_STATUSES.filter((status) => !["sent", "digested", "queued", "sending"].includes(status))),
    );
    expect(Object.keys(card.closeReasons)).toEqual(expect.arrayContaining([...CLOSE_REASONS]));
    expect(Object.keys(card.marks)).toEqual(expect.arrayContaining(RULES.filter(({ kind }) => kind === "soft").map(({ id }) => id)));
  });
});
