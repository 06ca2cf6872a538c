import type { Person, Preferences, Role } from "../domain/person.ts";
import { changePreferences, changeStatus, type Stored, type StoredPreferences, type StoredStatus } from "../storage/change-person.ts";
import { endSession } from "../storage/sessions.ts";
import { roleOf } from "../storage/people.ts";
import { erasePersonalData, personalDataOf } from "../storage/personal-data.ts";
import type { SessionCache } from "./session-cache.ts";

/** What commands do with a person: D1 first, then what caches hold of them. Whoever is erased elsewhere: see `isErased`. */
export type PeopleService = {
  /**
   * Changes a person's settings in D1, KV and this isolate's memory. `apply` gets them as D1 has them, which may be newer than
   * those of `person`, and may be called more than once; so do `before` and `person` of what comes back.
   */
  readonly change: (person: Person, apply: (preferences: Preferences) => Preferences) => Promise<Omit<StoredPreferences, "session">>;
  /** Writes whether alerts are on. `changed`: whether D1 had it otherwise. */
  readonly setStatus: (person: Person, status: Person["status"]) => Promise<Omit<StoredStatus, "session">>;
  /** Ends the session and forgets it everywhere. */
  readonly endSession: (telegramId: number) => Promise<void>;
  /** The role as D1 has it now, for what only operators may do. */
  readonly role: (telegramId: number) => Promise<Role>;
  /** Everything stored about a person, for /export. */
  readonly exportOf: (telegramId: number) => Promise<Readonly<Record<string, unknown>>>;
  /** Deletes every row about a person and what caches hold. */
  readonly erase: (telegramId: number) => Promise<void>;
};

/** Why a command ended that was to change somebody who is no longer stored. */
const ERASED = "erased elsewhere";
/** Whether a command failed because its person was erased meanwhile, in another isolate. */
export const isErased = (error: unknown): boolean => error instanceof Error && error.cause === ERASED;

/** The service of one isolate. */
export function peopleService(ports: { readonly db: D1Database; readonly now: () => number; readonly cache: SessionCache }): PeopleService {
  const { db, now, cache } = ports;
  /** Caches what D1 has: in memory at once, in KV after the answer. Without a live session there nothing is cached. */
  const cached = async <T extends Stored>(telegramId: number, stored: T | null): Promise<T> => {
    if (stored === null || stored.session === null) await cache.forget(telegramId);
    else cache.note({ ...stored.session, person: stored.person });
    if (stored === null) throw new Error("expected a stored person to change, found none", { cause: ERASED });
    return stored;
  };
  return {
    change: async ({ telegramId }, apply) => cached(telegramId, await changePreferences(db, { telegramId, nowMs: now() }, apply)),
    setStatus: async ({ telegramId }, status) => cached(telegramId, await changeStatus(db, { telegramId, status, nowMs: now() })),
    endSession: async (telegramId) => {
      await endSession(db, { telegramId, nowMs: now() });
      await cache.forget(telegramId);
    },
    role: (telegramId) => roleOf(db, telegramId),
    exportOf: (telegramId) => personalDataOf(db, telegramId),
    erase: async (telegramId) => {
      await erasePersonalData(db, telegramId);
      await cache.forget(telegramId);
    },
  };
}
