import { SECOND_MS } from "../domain/units.ts";
import { LATEST_SLOT_SQL } from "./scans.ts";

/** Who holds the right to write scans, from when on, and until when. Times are epoch ms. */
export type Lease = { readonly holder: string; readonly nowMs: number; readonly untilMs: number };

const SCANS = "scans";
/** What a holder's next trigger may be late by, and still finds its lease. */
const LEASE_GRACE_MS = 30 * SECOND_MS;

/**
 * How long a lease holds after it was last renewed: a live holder renews it in each slot, and one that is gone keeps others
 * out no longer.
 */
export const leaseMs = (intervalMs: number): number => intervalMs + LEASE_GRACE_MS;

/** Taken when it is free, has ended, or is the asker's own, which renews it. */
export const TAKE_LEASE_SQL = `
  INSERT INTO leases (name, holder, until_ms, updated_at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, updated_at = excluded.updated_at
    WHERE leases.holder = excluded.holder OR leases.until_ms <= excluded.updated_at`;

/** The same in the batch of a scan: a lease that another holds meanwhile makes no holder, which its column refuses with the batch. */
export const HOLD_LEASE_SQL = `
  INSERT INTO leases (name, holder, until_ms, updated_at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (name) DO UPDATE SET
    holder = CASE WHEN leases.holder = excluded.holder OR leases.until_ms <= excluded.updated_at THEN excluded.holder END,
    until_ms = excluded.until_ms, updated_at = excluded.updated_at`;

export const LEASE_SQL = "SELECT holder FROM leases WHERE name = ?1";

/** What D1 says to whoever asks for the lease. `lastSlotMs`: start of the newest slot that was scanned; `null` before the first. */
export type LeaseAnswer = { readonly isHeld: boolean; readonly lastSlotMs: number | null };

/** Asks for the lease of scans and for the newest scan, in one transaction. Throws when D1 does not answer. */
export async function takeLease(db: D1Database, lease: Lease): Promise<LeaseAnswer> {
  const [, held, latest] = await db.batch<{ readonly holder?: string; readonly id?: number }>([
    bound(db.prepare(TAKE_LEASE_SQL), lease),
    db.prepare(LEASE_SQL).bind(SCANS),
    db.prepare(LATEST_SLOT_SQL),
  ]);
  return { isHeld: held?.results[0]?.holder === lease.holder, lastSlotMs: latest?.results[0]?.id ?? null };
}

/** The statement that lets a batch through only for the holder of the lease, and renews it. */
export const holdLease = (db: D1Database, lease: Lease): D1PreparedStatement => bound(db.prepare(HOLD_LEASE_SQL), lease);

/** Whether D1 refused a batch because another holds the lease. */
export const isLeaseLost = (message: string): boolean => message.includes("leases.holder");

const bound = (statement: D1PreparedStatement, { holder, untilMs, nowMs }: Lease): D1PreparedStatement =>
  statement.bind(SCANS, holder, untilMs, nowMs);
