import type { Leg, Opportunity } from "../domain/opportunity.ts";
import { HOUR_MS, MINUTE_MS } from "../domain/units.ts";
import { type MarketRate, ratesOfInstruments } from "../delivery/market-rates.ts";
import { carryPerHour, NO_FUNDING, perYear } from "../economics/funding.ts";
import { breakEvenProgress, type HeldLeg, type TakenFunding, takenFunding, usdAtSize } from "../economics/taken-funding.ts";
import type { Snapshot } from "../storage/snapshot.ts";
import type { AnnouncedRate, Holdings, StoredSettlement, Taken } from "../storage/taken.ts";

/** A settlement that is this long past and was not seen leaves funding incomplete; scans come every two minutes. */
const UNSEEN_MS = 10 * MINUTE_MS;

/** When a leg settles next and what that brings, USD. */
export type NextSettlement = { readonly leg: Leg; readonly atMs: number; readonly usd: number };

/** A pair that somebody holds, with everything that is known of it now. Money in USD at the taken size. */
export type HeldPair = {
  readonly taken: Taken;
  readonly funding: TakenFunding;
  /** What each leg brought; `null` where it cannot be known. */
  readonly legsUsd: { readonly long: number | null; readonly short: number | null };
  readonly fundingUsd: number | null;
  /** Fees and crossing, in and out. */
  readonly costUsd: number | null;
  /** One way: the entry's, and as much again at the exit. In a price gap the entry's crossing is part of its prices. */
  readonly fees: { readonly entryUsd: number | null; readonly exitUsd: number | null };
  readonly crossing: { readonly entryUsd: number | null; readonly exitUsd: number | null };
  /** 1 at break-even; `null` where it is not known, and in a price gap, which funding does not pay. */
  readonly progress: number | null;
  /** Sooner first; a leg that does not say is absent. */
  readonly next: readonly NextSettlement[];
  /** Annual carry now before costs, fraction of notional; `null` where it is not known. */
  readonly carryApr: number | null;
  /** `negative`: funding is paid now; `ended`: no open row has the pair any more. */
  readonly exit: "negative" | "ended" | null;
  /** Whether its row is without data now. */
  readonly noData: boolean;
  /** Since when a settlement is past that no scan has seen, epoch ms. */
  readonly unseenSinceMs: number | null;
};

/** What is known of the market; `null` where there is no snapshot. */
export type HeldMarket = Pick<Snapshot, "market" | "opportunities"> | null;

/** The pairs that somebody holds, as they stand now. */
export function heldPairs(
  { taken, settlements, announced, cutAtMs }: Holdings,
  { snapshot, nowMs }: { readonly snapshot: HeldMarket; readonly nowMs: number },
): readonly HeldPair[] {
  const instruments = new Set(taken.flatMap(({ longInstrument, shortInstrument }) => [longInstrument, shortInstrument]));
  const market = snapshot?.market ?? null;
  const known: Known = {
    settlements: Map.groupBy(settlements, ({ instrument }) => instrument),
    announced: new Map(announced.map((each) => [each.instrument, each])),
    rates: market === null ? new Map() : ratesOfInstruments(market, instruments),
    rows: snapshot === null ? null : new Map(snapshot.opportunities.map((row) => [row.key, row])),
    cutAtMs,
    nowMs,
  };
  return taken.map((each) => heldPair(each, known));
}

type Known = {
  readonly settlements: ReadonlyMap<string, readonly StoredSettlement[]>;
  readonly announced: ReadonlyMap<string, AnnouncedRate>;
  readonly rates: ReadonlyMap<string, MarketRate>;
  readonly rows: ReadonlyMap<string, Opportunity> | null;
  readonly cutAtMs: number | null;
  readonly nowMs: number;
};

function heldPair(taken: Taken, known: Known): HeldPair {
  const { priced, sizeUsd, takenAtMs } = taken;
  const window = { takenAtMs, untilMs: known.nowMs };
  const [long, short] = [heldLeg(priced.long, taken.longInstrument, known), heldLeg(priced.short, taken.shortInstrument, known)];
  const none: HeldLeg = { kind: "spot", accrual: "settled", settlements: [] };
  const funding = takenFunding({ long, short, ...window });
  const { fees, crossing } = priced.ledger;
  const isGap = priced.strategy === "price";
  const cost = fees === null || crossing === null ? null : fees + crossing;
  const row = known.rows?.get(taken.key) ?? null;
  const carry = carryNow(taken, known);
  return {
    taken,
    funding,
    legsUsd: {
      long: usdAtSize(takenFunding({ long, short: none, ...window }).funding, sizeUsd),
      short: usdAtSize(takenFunding({ long: none, short, ...window }).funding, sizeUsd),
    },
    fundingUsd: usdAtSize(funding.funding, sizeUsd),
    costUsd: usdAtSize(cost, sizeUsd),
    fees: { entryUsd: half(fees, sizeUsd), exitUsd: half(fees, sizeUsd) },
    crossing: isGap
      ? { entryUsd: null, exitUsd: usdAtSize(crossing, sizeUsd) }
      : { entryUsd: half(crossing, sizeUsd), exitUsd: half(crossing, sizeUsd) },
    progress: isGap ? null : breakEvenProgress(funding.funding, cost),
    next: nextSettlements(taken, known),
    carryApr: carry === null ? null : perYear(carry),
    exit: exitOf(taken, { row, carry, rows: known.rows }),
    noData: row?.status === "no-data",
    unseenSinceMs: unseenSince(taken, known),
  };
}

const half = (fraction: number | null, sizeUsd: number): number | null => usdAtSize(fraction === null ? null : fraction / 2, sizeUsd);

const heldLeg = ({ quote, accrual }: Leg, instrument: string, { settlements }: Known): HeldLeg => ({
  kind: quote.kind,
  accrual,
  settlements: (settlements.get(instrument) ?? []).map(({ settledAtMs, rate }) => ({ atMs: settledAtMs, rate })),
});

/** Hourly carry by the newest rates, fraction; null where a leg has none. */
function carryNow({ priced, longInstrument, shortInstrument }: Taken, { rates }: Known): number | null {
  const terms = (leg: Leg, instrument: string) => {
    if (leg.quote.kind === "spot") return NO_FUNDING;
    const rate = rates.get(instrument);
    const intervalMs = rate?.intervalMs ?? null;
    return { ratePerInterval: rate?.ratePerInterval ?? null, intervalHours: intervalMs === null ? null : intervalMs / HOUR_MS };
  };
  return carryPerHour(terms(priced.long, longInstrument), terms(priced.short, shortInstrument));
}

/**
 * Why to look at closing it. A price gap is held for its prices, so that funding alone is no signal there. A pair taken
 * without a row (its ref begins with `~`) has none that could end.
 */
function exitOf(
  { priced, opportunityId }: Taken,
  { row, carry, rows }: { readonly row: Opportunity | null; readonly carry: number | null; readonly rows: Known["rows"] },
): HeldPair["exit"] {
  if (carry !== null && carry < 0 && priced.strategy !== "price") return "negative";
  return rows !== null && row === null && !opportunityId.startsWith("~") ? "ended" : null;
}

function legsOf({ priced, longInstrument, shortInstrument }: Taken): readonly { readonly leg: Leg; readonly instrument: string }[] {
  const both = [
    { leg: priced.long, instrument: longInstrument },
    { leg: priced.short, instrument: shortInstrument },
  ];
  return both.filter(({ leg }) => leg.quote.kind === "perpetual" && leg.accrual === "settled");
}

function nextSettlements(taken: Taken, { rates, announced, nowMs }: Known): readonly NextSettlement[] {
  const found = legsOf(taken).flatMap(({ leg, instrument }): readonly NextSettlement[] => {
    const now = rates.get(instrument);
    const before = announced.get(instrument);
    const atMs = now?.nextAtMs ?? before?.nextFundingAtMs ?? null;
    const rate = now?.ratePerInterval ?? before?.rate ?? null;
    if (atMs === null || rate === null || atMs <= nowMs) return [];
    return [{ leg, atMs, usd: (leg.side === "short" ? rate : -rate) * taken.sizeUsd }];
  });
  return found.sort((a, b) => a.atMs - b.atMs);
}

/** The first settlement that is past and unseen: by what was announced last, or by a reading that was cut. */
function unseenSince(taken: Taken, { announced, settlements, cutAtMs, nowMs }: Known): number | null {
  const since = legsOf(taken).flatMap(({ instrument }) => {
    const last = announced.get(instrument);
    if (last !== undefined) return last.nextFundingAtMs < nowMs - UNSEEN_MS ? [last.nextFundingAtMs] : [];
    return settlements.has(instrument) || taken.takenAtMs > nowMs - UNSEEN_MS ? [] : [taken.takenAtMs];
  });
  if (cutAtMs !== null && taken.takenAtMs < cutAtMs) since.push(taken.takenAtMs);
  return since.length === 0 ? null : Math.min(...since);
}
