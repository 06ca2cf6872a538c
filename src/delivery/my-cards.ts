import type { Missed, Opportunity, Priced, Strategy } from "../domain/opportunity.ts";
import type { Bar, Mute, Preferences } from "../domain/person.ts";
import { withOwnTerms } from "../economics/own-terms.ts";
import { withUnknownNet } from "../economics/unknown-net.ts";
import type { ShownOpportunity } from "../storage/schemas.ts";
import type { Snapshot } from "../storage/snapshot.ts";

/** A pair as one person sees it. */
export type MyPair = {
  readonly key: string;
  /** Id of its row; `null` for a pair that has none and clears only this person's bar, or nobody's. */
  readonly id: string | null;
  readonly status: Opportunity["status"] | "no-row";
  /** Its row as published; `null` without one. */
  readonly row: ShownOpportunity | null;
  /** At the person's own fees, size and horizon. */
  readonly priced: Priced;
  readonly clears: boolean;
  /** What kept it from opening for everybody, at the documented fees; `null` for a row and where it is not said. */
  readonly refusal: string | null;
  /** What keeps it from being alerted; it is listed all the same. */
  readonly mute: Mute | null;
};

/** The best pair of an asset in a strategy, the others nested under it. */
export type MyCard = {
  readonly asset: string;
  readonly strategy: Strategy;
  readonly best: MyPair;
  readonly others: readonly MyPair[];
};

/** Whether a pair at somebody's own terms pays what they ask. A net that is not known clears nothing. */
export function clearsBar(priced: Priced, bar: Bar): boolean {
  const { netAprOnNotional, netUsd } = priced.ledger;
  const paid = bar.kind === "net-apr" ? netAprOnNotional : netUsd;
  return paid !== null && paid >= bar.value;
}

/** The first mute in force that covers a pair: its coin, either venue, or its strategy; `null` where none does. */
export function mutedBy(pair: Priced, { mutes }: Pick<Preferences, "mutes">, nowMs: number): Mute | null {
  return mutes.find((mute) => (mute.untilMs === null || mute.untilMs > nowMs) && covers(mute, pair)) ?? null;
}

function covers({ scope, value }: Mute, pair: Priced): boolean {
  if (scope === "asset") return isCoin(pair.asset, value);
  if (scope === "strategy") return pair.strategy === value;
  return pair.long.quote.venue === value || pair.short.quote.venue === value;
}

/** Whether an asset is the coin that was named, with or without its identity cluster. */
export const isCoin = (asset: string, named: string): boolean => {
  const name = named.toUpperCase();
  return asset.toUpperCase() === name || asset.split("~")[0]?.toUpperCase() === name;
};

/** Whether a pair is among somebody's venues (both legs), strategies and assets. */
export function isAmong(pair: Priced, { venues, strategies, assets }: Pick<Preferences, "venues" | "strategies" | "assets">): boolean {
  if (venues !== null && !(venues.includes(pair.long.quote.venue) && venues.includes(pair.short.quote.venue))) return false;
  if (strategies !== null && !strategies.includes(pair.strategy)) return false;
  return assets === null || assets.some((named) => isCoin(pair.asset, named));
}

/**
 * What somebody sees of a snapshot: one card per (asset, strategy) of the pairs among their venues, strategies and assets
 * that clear their bar at their own terms, or are without data and did before; best first by net USD at their size. The
 * near-misses are the others with a net that is known, best first.
 */
export function myCards(
  snapshot: Snapshot,
  preferences: Preferences,
  nowMs: number,
): { readonly cards: readonly MyCard[]; readonly nearMisses: readonly MyPair[] } {
  const pairs = pairsOf(snapshot, preferences, nowMs);
  return {
    cards: grouped(pairs.filter(({ clears }) => clears).sort(byNetUsd)),
    nearMisses: pairs.filter(({ clears, priced }) => !clears && priced.ledger.net !== null).sort(byNetUsd),
  };
}

/** Every pair of the snapshot that is among somebody's, once, at their own terms as of the scan. */
function pairsOf({ scan, opportunities, candidates, nearMisses }: Snapshot, preferences: Preferences, nowMs: number): readonly MyPair[] {
  const { fees, sizeUsd, horizonHours, bar } = preferences;
  const found = new Map<string, MyPair>();
  const add = (pair: Priced, as: Pick<MyPair, "id" | "status" | "row" | "refusal">): void => {
    if (found.has(pair.key) || !isAmong(pair, preferences)) return;
    const own = withOwnTerms(pair, { fees, sizeUsd, horizonHours }, scan.finishedAtMs);
    const unknown = as.row?.netUnknown ?? null;
    const priced = unknown === null ? own : withUnknownNet(own, unknown.reasons);
    // A pair without a row has passed no bar of the list, stress included.
    const clears = clearsBar(priced, bar) && (as.row !== null || priced.ledger.stress.survives === true);
    found.set(pair.key, { key: pair.key, ...as, priced, clears, mute: mutedBy(pair, preferences, nowMs) });
  };
  for (const row of opportunities) add(row.priced, { id: row.id, status: row.status, row, refusal: null });
  const missed = new Map(nearMisses.map((pair) => [pair.key, pair]));
  for (const pair of candidates ?? []) add(pair, withoutRow(missed.get(pair.key)));
  for (const pair of nearMisses) add(pair, withoutRow(pair));
  return [...found.values()].map((pair) => (isRefusedForGood(pair) ? { ...pair, clears: false } : pair));
}

const withoutRow = (missed: Missed | undefined): Pick<MyPair, "id" | "status" | "row" | "refusal"> => ({
  id: null,
  status: "no-row",
  row: null,
  refusal: missed?.refusal ?? null,
});

/** Lower fees answer `below-bar` and `stress-failed`; what was refused for its data stays refused. */
const isRefusedForGood = ({ refusal }: MyPair): boolean =>
  refusal !== null && !["below-bar", "stress-failed", "limit-open", "pending"].includes(refusal);

/** Rows with data before those without; then the larger net in USD; the key settles a tie, so that order is stable. */
export function byNetUsd(a: MyPair, b: MyPair): number {
  if ((a.status === "no-data") !== (b.status === "no-data")) return a.status === "no-data" ? 1 : -1;
  const [netA, netB] = [a.priced.ledger.netUsd, b.priced.ledger.netUsd];
  if (netA !== netB) {
    if (netA === null) return 1;
    if (netB === null) return -1;
    return netB - netA;
  }
  return a.key < b.key ? -1 : 1;
}

function grouped(pairs: readonly MyPair[]): readonly MyCard[] {
  const groups = new Map<string, MyPair[]>();
  for (const pair of pairs) {
    const name = `${pair.priced.strategy}|${pair.priced.asset}`;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [pair]);
    else known.push(pair);
  }
  return [...groups.values()].flatMap(([best, ...others]) =>
    best === undefined ? [] : [{ asset: best.priced.asset, strategy: best.priced.strategy, best, others }],
  );
}
