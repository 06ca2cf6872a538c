import type { Person, Preferences, Role } from "../domain/person.ts";
import { endSession } from "../storage/sessions.ts";
import { roleOf, savePreferences, setStatus } from "../storage/people.ts";
import { erasePersonalData, personalDataOf } from "../storage/personal-data.ts";
import type { SessionCache } from "./session-cache.ts";

/** What commands do with a person: D1 first, then what caches hold of them. */
export type PeopleService = {
  /** Writes a person's settings to D1, KV and this isolate's memory. */
  readonly change: (person: Person, preferences: Preferences) => Promise<Person>;
  readonly setStatus: (person: Person, status: Person["status"]) => Promise<Person>;
  /** Ends the session and forgets it everywhere. */
  readonly endSession: (telegramId: number) => Promise<void>;
  /** The role as D1 has it now, for what only operators may do. */
  readonly role: (telegramId: number) => Promise<Role>;
  /** Everything stored about a person, for /export. */
  readonly exportOf: (telegramId: number) => Promise<Readonly<Record<string, unknown>>>;
  /** Deletes every row about a person and what caches hold. */
  readonly erase: (telegramId: number) => Promise<void>;
};

/** The service of one isolate. */
export function peopleService(ports: { readonly db: D1Database; readonly now: () => number; readonly cache: SessionCache }): PeopleService {
  const { db, now, cache } = ports;
  /** A person as they are in D1 now: in memory at once, in KV after the answer. */
  const changed = (person: Person): Person => {
    cache.amend(person.telegramId, (session) => ({ ...session, person }));
    cache.note(person);
    return person;
  };
  return {
    change: async (person, preferences) => {
      const { telegramId } = person;
      if (await savePreferences(db, { telegramId, preferences, nowMs: now() })) return changed({ ...person, preferences });
      await cache.forget(telegramId);
      throw new Error("expected a stored person to change, found none: erased elsewhere");
    },
    setStatus: async (person, status) => {
      await setStatus(db, { telegramId: person.telegramId, status, nowMs: now() });
      return changed({ ...person, status });
    },
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
