import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Priced } from "../../src/domain/opportunity.ts";
import type { Mute } from "../../src/domain/person.ts";
import type { VenueFacts } from "../../src/domain/venue.ts";
import type { Holdings, Taken } from "../../src/storage/taken.ts";
import { heldPairs } from "../../src/telegram/held-pairs.ts";
import type { Message } from "../../src/telegram/message.ts";
import { renderAlerts, renderBar, renderChoice, renderCoins } from "../../src/telegram/messages/alerts.ts";
import { renderErase, renderErased } from "../../src/telegram/messages/erase.ts";
import { renderFees } from "../../src/telegram/messages/fees.ts";
import { renderHorizon } from "../../src/telegram/messages/horizon.ts";
import { renderLanguage } from "../../src/telegram/messages/language.ts";
import { renderEnded, renderEndLeg, renderLeg, renderLegs } from "../../src/telegram/messages/legs.ts";
import { renderMutes } from "../../src/telegram/messages/mute.ts";
import { instrumentsOf } from "../../src/telegram/messages/pair.ts";
import { renderQuiet } from "../../src/telegram/messages/quiet.ts";
import { renderSize } from "../../src/telegram/messages/size.ts";
import { renderResumed, renderSignedOut, renderStopped } from "../../src/telegram/messages/stop.ts";
import { renderTook, renderTookChoice } from "../../src/telegram/messages/took.ts";
import { renderWatches } from "../../src/telegram/messages/watch.ts";
import { renderWrong } from "../../src/telegram/messages/wrong.ts";
import { NOW } from "../arbitraries.ts";
import { faultsOf } from "./message-check.ts";
import { languages, names, pairs, preferences, reads } from "./message-inputs.ts";

const RUNS = { numRuns: 150 };
const sound = (...messages: readonly Message[]): void => {
  for (const each of messages) expect({ faults: faultsOf(each), text: each.text }).toEqual({ faults: [], text: each.text });
};
const documented = (rate: number | null) => (rate === null ? null : { rate, source: "https://example.org", readOn: "2026-11-22" });
const venueFacts: fc.Arbitrary<readonly VenueFacts[]> = fc.array(
  fc
    .record({
      id: fc.stringMatching(/^[a-z]{3,12}$/u),
      name: names,
      perpetual: fc.option(fc.constant(0.0005)),
      spot: fc.option(fc.constant(0.001)),
    })
    .map(({ id, name, perpetual, spot }) => ({
      id,
      name,
      takerFee: { perpetual: documented(perpetual), spot: documented(spot) },
      accrual: "settled" as const,
      hasBulkBook: true,
      documentedCap: null,
    })),
  { maxLength: 20 },
);
const takenFrom = (priced: Priced, place: number): Taken => {
  const [longInstrument, shortInstrument] = instrumentsOf(priced);
  const id = `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;
  const { key, asset } = priced;
  const names = { id, telegramId: 7, opportunityId: "0a1b2c3d4e5f6", key, asset, longInstrument, shortInstrument };
  return { ...names, sizeUsd: priced.ledger.sizeUsd, priced, takenAtMs: NOW - 86_400_000, endedAtMs: null };
};

describe("messages of settings and of what is held are ones that Telegram takes, whatever is in them", () => {
  test("alerts, fees, size, horizon, language, stop, erase", () => {
    fc.assert(
      fc.property(preferences, venueFacts, fc.boolean(), fc.option(names), (chosen, venues, stopped, note) => {
        const { language } = chosen;
        const view = { preferences: chosen, stopped, venues };
        sound(
          renderAlerts(view, language),
          renderBar(view, language),
          renderChoice("strategies", view, language),
          renderChoice("venues", view, language),
          renderCoins(view, language),
          renderFees(
            { venues, fees: Object.fromEntries(venues.map(({ id }) => [id, 0.0004])), note: note === null ? null : "x" },
            language,
          ),
          renderSize({ sizeUsd: chosen.sizeUsd, beforeUsd: null }, language),
          renderHorizon({ horizonHours: chosen.horizonHours, beforeHours: chosen.horizonHours }, language),
          renderLanguage(language),
          renderStopped({ holding: 3 }, language),
          renderSignedOut(language),
          renderResumed({ changed: stopped, preferences: chosen }, language),
          renderErase(language),
          renderErased({ erased: stopped }, language),
        );
      }),
      RUNS,
    );
  });

  test("mutes, quiet hours, watches, and what was not understood", () => {
    const scopes = fc.constantFrom("asset" as const, "venue" as const, "strategy" as const);
    const mutes: fc.Arbitrary<readonly Mute[]> = fc.array(
      fc.record({ scope: scopes, value: names, untilMs: fc.option(fc.integer({ min: NOW, max: NOW * 2 })) }),
      { maxLength: 100 },
    );
    const watches = fc.array(
      fc.record({
        telegramId: fc.constant(7),
        asset: names,
        venue: names,
        ratePer8h: fc.double({ min: -1, max: 1, noNaN: true }),
        direction: fc.constantFrom("above" as const, "below" as const),
        armed: fc.boolean(),
      }),
      { maxLength: 20 },
    );
    const zones = fc.constantFrom("Asia/Jakarta", "UTC", "America/Argentina/ComodRivadavia");
    const minutes = fc.integer({ min: 0, max: 1_439 });
    const quiets = fc.option(fc.record({ fromMinute: minutes, toMinute: minutes, timeZone: zones }));
    fc.assert(
      fc.property(mutes, watches, quiets, names, reads, languages, (muted, watched, quiet, typed, { snapshot: { market } }, language) => {
        sound(
          renderMutes({ mutes: muted, note: null, nowMs: NOW }, language),
          renderMutes({ mutes: muted, note: "Muted", nowMs: NOW }, language),
          renderQuiet({ quiet, nowMs: NOW }, language),
          renderWatches({ watches: watched, market, ageMs: 60_000, notes: [] }, language),
          renderWatches({ watches: watched, market: null, ageMs: null, notes: ["a", "b"] }, language),
          renderWrong({ expected: "a venue", example: "/fees", found: typed }, language),
        );
      }),
      RUNS,
    );
  });

  test("what was taken and what it has earned", () => {
    const rates = fc.array(fc.option(fc.double({ min: -1, max: 1, noNaN: true })), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1, maxLength: 3 }), reads, rates, languages, (held, { snapshot }, settled, language) => {
        const taken = held.map(takenFrom);
        const settlements = taken.flatMap(({ longInstrument, shortInstrument }) =>
          settled.map((rate, place) => ({
            instrument: place % 2 === 0 ? longInstrument : shortInstrument,
            settledAtMs: NOW - place * 3_600_000,
            rate,
            source: rate === null ? ("missed" as const) : ("settled" as const),
          })),
        );
        const announced = taken.map(({ shortInstrument }) => {
          return { instrument: shortInstrument, nextFundingAtMs: NOW + 60_000, rate: 0.0001, seenAtMs: NOW };
        });
        const holdings: Holdings = { taken, settlements, announced, cutAtMs: settled.length > 8 ? NOW : null };
        const view = { page: 1, pages: 3, ageMs: 5_000, market: snapshot.scan.market, nowMs: NOW };
        const found = heldPairs(holdings, { snapshot, nowMs: NOW });
        sound(
          renderLegs({ ...view, pairs: found, count: 9 }, language),
          renderLegs({ ...view, pairs: found, page: 0, pages: 1, count: found.length }, language),
          renderLegs({ ...view, pairs: [], count: 0 }, language),
          ...found.flatMap((pair) => [
            renderLeg(pair, { ...view, pairs: found, count: 9 }, language),
            renderEndLeg(pair, language),
            renderEnded(pair, language),
          ]),
          ...taken.map((each) => renderTook({ taken: each, already: false, market: snapshot.scan.market, ageMs: 5_000 }, language)),
          renderTookChoice(
            held.map(({ asset }) => ({ ref: "0a1b2c3d4e5f6", asset, direction: "long A → short B" })),
            language,
          ),
        );
      }),
      RUNS,
    );
  });
});
