import { MINUTE_MS } from "../domain/units.ts";
import { loadHeldInstruments, saveSettlements, type SettlementChanges } from "../storage/settlements.ts";
import type { Snapshot } from "../storage/snapshot.ts";
import type { AnnouncedRate, StoredSettlement } from "../storage/taken.ts";
import { type MarketRate, ratesOfInstruments } from "./market-rates.ts";

/** A rate announced this long before its settlement, or less, counts as the one that was settled. */
export const LAST_SEEN_MS = 15 * MINUTE_MS;
/** Announced rates move with each scan; further from the settlement one in so long is written. */
const REFRESH_MS = 30 * MINUTE_MS;
/** Venues' clocks, and times that are not on the second. */
const TOLERANCE_MS = MINUTE_MS;
/** Settlements between two sights of an instrument that are written as missed, the latest: hourly ones of eight days. */
const MOST_MISSED = 200;

/**
 * Once a scan: writes what instruments of pairs that somebody holds have settled since they were last seen, and what they
 * announce next. One batch read, one batch written; nothing where nobody holds a pair. A failure of D1 throws, and the next
 * scan does it again: a settlement is written once whoever sees it.
 */
export async function settle(db: D1Database, { market }: Pick<Snapshot, "market">, nowMs: number): Promise<SettlementChanges> {
  const nothing: SettlementChanges = { settlements: [], announced: [], forget: [] };
  if (market === null) return nothing;
  const { held, announced } = await loadHeldInstruments(db);
  if (held.length === 0 && announced.length === 0) return nothing;
  const changes = settlementChanges({ held, announced, rates: ratesOfInstruments(market, new Set(held)), nowMs });
  await saveSettlements(db, { ...changes, nowMs });
  return changes;
}

/** What one scan changes, from what was known and what it saw. */
export function settlementChanges(input: {
  readonly held: readonly string[];
  readonly announced: readonly AnnouncedRate[];
  readonly rates: ReadonlyMap<string, MarketRate>;
  readonly nowMs: number;
}): SettlementChanges {
  const { held, rates, nowMs } = input;
  const known = new Map(input.announced.map((announced) => [announced.instrument, announced]));
  const isHeld = new Set(held);
  const settlements: StoredSettlement[] = [];
  const announced: AnnouncedRate[] = [];
  for (const instrument of held) {
    const rate = rates.get(instrument);
    if (rate === undefined) continue;
    const next = announcedBy(rate, nowMs);
    if (next === null) continue;
    const before = known.get(instrument) ?? null;
    const settled = before === null ? [] : settledBetween(before, rate, nowMs);
    settlements.push(...settled);
    if (before === null || settled.length > 0 || isNews(before, next, nowMs)) announced.push(next);
  }
  const forget = input.announced.map(({ instrument }) => instrument).filter((instrument) => !isHeld.has(instrument));
  return { settlements, announced, forget };
}

function announcedBy({ instrument, nextAtMs, ratePerInterval, receivedAtMs }: MarketRate, nowMs: number): AnnouncedRate | null {
  if (nextAtMs === null || ratePerInterval === null || !isRate(ratePerInterval)) return null;
  return { instrument, nextFundingAtMs: nextAtMs, rate: ratePerInterval, seenAtMs: receivedAtMs ?? nowMs };
}

/** Whether what is announced has to be written: always once in the minutes before the settlement, else now and then. */
function isNews(before: AnnouncedRate, next: AnnouncedRate, nowMs: number): boolean {
  if (next.nextFundingAtMs !== before.nextFundingAtMs) return true;
  const lastMinutesMs = next.nextFundingAtMs - LAST_SEEN_MS;
  if (nowMs >= lastMinutesMs && before.seenAtMs < lastMinutesMs) return true;
  if (next.rate === before.rate) return false;
  return nowMs >= lastMinutesMs || next.seenAtMs - before.seenAtMs >= REFRESH_MS;
}

/**
 * What an instrument settled between two sights of it, oldest first; none while its next funding time has not passed. The
 * latest one has the rate that the venue sends as settled, else the one announced within 15 minutes before it. Of those in
 * between nothing is known but that they were: they are `missed`.
 */
export function settledBetween(before: AnnouncedRate, seen: MarketRate, nowMs: number): readonly StoredSettlement[] {
  const { instrument, nextFundingAtMs: dueAtMs } = before;
  if (seen.nextAtMs === null || seen.nextAtMs <= dueAtMs + TOLERANCE_MS || dueAtMs > nowMs + TOLERANCE_MS) return [];
  const fresh = before.seenAtMs >= dueAtMs - LAST_SEEN_MS;
  const due = of(instrument, dueAtMs, fresh ? { rate: before.rate, source: "last-seen" } : MISSED);
  const sent: Known | null =
    seen.lastSettledRate !== null && isRate(seen.lastSettledRate) ? { rate: seen.lastSettledRate, source: "settled" } : null;
  const latestAtMs = seen.intervalMs === null ? dueAtMs : seen.nextAtMs - seen.intervalMs;
  // The interval became longer than what is left of the schedule: the one that was due is the latest.
  if (seen.intervalMs === null || latestAtMs <= dueAtMs + TOLERANCE_MS) return [sent === null ? due : of(instrument, dueAtMs, sent)];
  const between: StoredSettlement[] = [];
  for (let atMs = latestAtMs - seen.intervalMs; atMs > dueAtMs + TOLERANCE_MS && between.length < MOST_MISSED; atMs -= seen.intervalMs) {
    between.unshift(of(instrument, atMs, MISSED));
  }
  return [due, ...between, of(instrument, latestAtMs, sent ?? MISSED)];
}

type Known = Pick<StoredSettlement, "rate" | "source">;
const MISSED: Known = { rate: null, source: "missed" };
const of = (instrument: string, settledAtMs: number, known: Known): StoredSettlement => ({ instrument, settledAtMs, ...known });

/** Whether D1 takes it as a rate; more than the whole notional in one settlement is a wrong unit. */
const isRate = (rate: number): boolean => Math.abs(rate) <= 1;
