import type { Quarantined } from "../domain/identity.ts";
import { instrumentId } from "../domain/instrument.ts";
import { type KnownCoins, listRulings, type Ruling } from "./identity-rulings.ts";
import type { MarketColumns } from "./market-columns.ts";
import { scanIdentitySchema } from "./schemas.ts";

/** The identity of the newest scan. */
export const QUARANTINE_SQL = "SELECT finished_at_ms AS finishedAtMs, identity FROM scans ORDER BY id DESC LIMIT 1";

/** What identity keeps out, as the newest scan saw it, and what operators ruled. */
export type Quarantine = {
  /** `null` before the first scan. */
  readonly scanAtMs: number | null;
  /** Longest first. */
  readonly instruments: readonly Quarantined[];
  /** All of them, those beyond the list too. */
  readonly count: number;
  readonly rulings: readonly Ruling[];
};

export async function readQuarantine(db: D1Database): Promise<Quarantine> {
  const row = await db.prepare(QUARANTINE_SQL).first<{ readonly finishedAtMs: number; readonly identity: string | null }>();
  const rulings = await listRulings(db);
  const text = row?.identity ?? null;
  const identity = text === null ? null : scanIdentitySchema.nullable().parse(JSON.parse(text));
  return {
    scanAtMs: row?.finishedAtMs ?? null,
    instruments: identity?.quarantine ?? [],
    count: identity?.quarantined ?? 0,
    rulings,
  };
}

/** The instruments and coins that there are: of the market that readers see, of the quarantine, and those ruled on. */
export function knownCoins(market: MarketColumns | null, { instruments: kept, rulings }: Quarantine): KnownCoins {
  const instruments = new Set([...kept, ...rulings].map(({ instrument }) => instrument));
  const coins = new Set(kept.flatMap(({ against }) => against?.assetId ?? []));
  for (const { venue, symbol, asset } of Object.values(market ?? {})) {
    for (const each of symbol) instruments.add(instrumentId(venue, each));
    for (const each of asset) if (each !== null) coins.add(each);
  }
  return { instruments, coins };
}
