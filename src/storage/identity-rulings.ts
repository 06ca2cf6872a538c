import * as z from "zod";
import { coinOfInstrument, type IdentityRulings, tickerOf } from "../domain/identity.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { type Author, auditStatement } from "./audits.ts";

/** What an operator ruled on one instrument. */
export type Ruling = {
  readonly instrument: string;
  readonly verdict: "allow" | "deny";
  /** The coin into which it is let, with its cluster; `null` where it is denied. */
  readonly assetId: string | null;
  readonly reason: string;
  /** `null`: until it is taken back. */
  readonly expiresAtMs: number | null;
  readonly atMs: number;
  readonly by: string;
};

/** What an operator asks for; `assetId` null lets an instrument into the first coin of its ticker. */
export type RulingWish = Pick<Ruling, "instrument" | "verdict" | "assetId" | "reason" | "expiresAtMs">;

/** Rulings at a time; each scan reads them all. */
export const MOST_RULINGS = 200;
const MOST_REASON_CHARS = 300;

export const LIST_RULINGS_SQL = `
  SELECT instrument, verdict, asset_id AS assetId, reason, expires_at_ms AS expiresAtMs, created_at AS atMs, created_by AS by
  FROM identity_rulings ORDER BY instrument LIMIT ?1`;
/** Nothing is written where there are ?8 others that hold. What has run out goes. */
const SET_RULING_SQL = `
  INSERT INTO identity_rulings (instrument, verdict, asset_id, reason, expires_at_ms, created_at, created_by)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT count(*) FROM identity_rulings WHERE instrument <> ?1) < ?8
  ON CONFLICT (instrument) DO UPDATE SET verdict = excluded.verdict, asset_id = excluded.asset_id, reason = excluded.reason,
    expires_at_ms = excluded.expires_at_ms, created_at = excluded.created_at, created_by = excluded.created_by`;
const DROP_EXPIRED_SQL = "DELETE FROM identity_rulings WHERE expires_at_ms <= ?1";
const DROP_RULING_SQL = "DELETE FROM identity_rulings WHERE instrument = ?1";

const rulingSchema: z.ZodType<Ruling> = z.object({
  instrument: z.string(),
  verdict: z.enum(["allow", "deny"]),
  assetId: z.string().nullable(),
  reason: z.string(),
  expiresAtMs: z.number().nullable(),
  atMs: z.number(),
  by: z.string(),
});

/** Every ruling that is stored, those that have run out too until the next is made. */
export async function listRulings(db: D1Database): Promise<readonly Ruling[]> {
  const { results } = await db.prepare(LIST_RULINGS_SQL).bind(MOST_RULINGS).all();
  return results.map((row) => rulingSchema.parse(row));
}

/** Instruments and coins that there are, for `setRuling`. */
export type KnownCoins = { readonly instruments: ReadonlySet<string>; readonly coins: ReadonlySet<string> };

/**
 * Rules on an instrument from the next scan on, with its audit, in place of what was ruled before; or says in one sentence
 * what was expected and found.
 */
export async function setRuling(
  db: D1Database,
  { wish, known }: { readonly wish: RulingWish; readonly known: KnownCoins },
  { by, nowMs, auditId }: Author,
): Promise<Result<Ruling, string>> {
  const problem = problemOf(wish, known, nowMs);
  if (problem !== null) return err(problem);
  const { instrument, verdict, expiresAtMs } = wish;
  const assetId = verdict === "deny" ? null : (wish.assetId ?? coinOfInstrument(instrument));
  const reason = wish.reason.trim();
  const before = (await listRulings(db)).find((each) => each.instrument === instrument) ?? null;
  const after: Ruling = { instrument, verdict, assetId, reason, expiresAtMs, atMs: nowMs, by };
  const audit = {
    id: auditId,
    atMs: nowMs,
    actor: by,
    action: `identity.${verdict}`,
    target: instrument,
    detail: { before: told(before), after: told(after) },
  };
  const results = await db.batch([
    db.prepare(DROP_EXPIRED_SQL).bind(nowMs),
    db.prepare(SET_RULING_SQL).bind(instrument, verdict, assetId, reason, expiresAtMs, nowMs, by, MOST_RULINGS),
    auditStatement(db, audit),
  ]);
  if ((results[1]?.meta.changes ?? 0) > 0) return ok(after);
  return err(`expected at most ${MOST_RULINGS} rulings, found as many: take one back first`);
}

/** Takes a ruling back, with its audit; null where there was none. */
export async function dropRuling(db: D1Database, instrument: string, { by, nowMs, auditId }: Author): Promise<Ruling | null> {
  const before = (await listRulings(db)).find((each) => each.instrument === instrument) ?? null;
  if (before === null) return null;
  const audit = {
    id: auditId,
    atMs: nowMs,
    actor: by,
    action: "identity.undo",
    target: instrument,
    detail: { before: told(before), after: null },
  };
  await db.batch([db.prepare(DROP_RULING_SQL).bind(instrument), auditStatement(db, audit)]);
  return before;
}

/** A ruling as an audit tells it: who made it stands beside, where it can be erased. */
function told(ruling: Ruling | null): Omit<Ruling, "by"> | null {
  if (ruling === null) return null;
  const { by: _, ...rest } = ruling;
  return rest;
}

function problemOf({ instrument, verdict, assetId, reason, expiresAtMs }: RulingWish, known: KnownCoins, nowMs: number): string | null {
  if (!known.instruments.has(instrument))
    return `instrument: expected one of the last scan or of the quarantine, such as bybit:BTC/USDT:USDT, found "${instrument}"`;
  const ticker = coinOfInstrument(instrument);
  if (verdict === "allow" && assetId !== null && assetId !== ticker && !(tickerOf(assetId) === ticker && known.coins.has(assetId))) {
    const coins = new Set([ticker, ...[...known.coins].filter((coin) => tickerOf(coin) === ticker)]);
    return `coin: expected one of ${[...coins].join(", ")}, found "${assetId}"`;
  }
  const length = reason.trim().length;
  if (length === 0 || length > MOST_REASON_CHARS) return `reason: expected 1 to ${MOST_REASON_CHARS} characters, found ${length}`;
  if (expiresAtMs !== null && !(Number.isSafeInteger(expiresAtMs) && expiresAtMs > nowMs && expiresAtMs < 1e14))
    return `expiry: expected a time to come in epoch ms, found ${expiresAtMs}`;
  return null;
}

const scannedSchema: z.ZodType<IdentityRulings[string]> = z.discriminatedUnion("verdict", [
  z.object({ verdict: z.literal("allow"), assetId: z.string(), expiresAtMs: z.number().nullable() }),
  z.object({ verdict: z.literal("deny"), expiresAtMs: z.number().nullable() }),
]);

/** Rulings as the scan reads them with the flags: instrument, and the rest as JSON. */
export const readRulings = (rows: readonly { readonly key: string; readonly value: string }[]): IdentityRulings =>
  Object.fromEntries(rows.map(({ key, value }) => [key, scannedSchema.parse(JSON.parse(value))]));
