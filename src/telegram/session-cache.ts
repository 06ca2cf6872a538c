import type { Person } from "../domain/person.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { Logger } from "../monitoring/log.ts";
import { type KvEraser, type KvWriter, sessionKey } from "../storage/keys.ts";
import type { KvReader } from "../storage/read-snapshot.ts";
import { parseSession, type Session, sessionText } from "../storage/sessions.ts";
import { spacedWrites } from "./spaced-writes.ts";

/** How long an isolate goes by what it has read. With KV's 60 s it bounds how long an ended session may still answer. */
export const MEMORY_MS = 10 * SECOND_MS;
/** Sessions that an isolate remembers at most; the oldest goes. */
export const MOST_SESSIONS = 1_000;
/** Shortest life of KV's own cache; the platform's minimum. */
const CACHE_TTL_SECONDS = 30;

/** What the two caches of sessions need: KV and a clock. */
export type SessionCachePorts = {
  readonly cache: KvReader & KvWriter & KvEraser;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly log: Logger;
};

/** The two caches in front of D1: this isolate's memory and KV. */
export type SessionCache = {
  /** What this isolate read in the last 10 s. */
  readonly recall: (telegramId: number) => Session | null;
  /** What KV has; its failure counts as a miss. */
  readonly read: (telegramId: number) => Promise<Session | null>;
  /** Keeps in memory what was just read from KV or D1. */
  readonly remember: (session: Session) => void;
  /** Changes what is remembered without making it any fresher. */
  readonly amend: (telegramId: number, change: (session: Session) => Session) => void;
  /** Notes a person as they now are in D1, to be written to KV after the answer. */
  readonly note: (person: Person) => void;
  readonly hasNote: (telegramId: number) => boolean;
  readonly takeNote: (telegramId: number) => Person | null;
  /** Writes a session to KV for as long as it lives. */
  readonly keep: (session: Session) => Promise<void>;
  /** Removes everything about a person from memory and KV. */
  readonly forget: (telegramId: number) => Promise<void>;
};

/** The caches of one isolate. Nothing that counts is lost with them. */
export function sessionCache(ports: SessionCachePorts): SessionCache {
  const { cache, now, log } = ports;
  const memory = new Map<number, { readonly session: Session; readonly readAtMs: number }>();
  const notes = new Map<number, Person>();
  const write = spacedWrites(ports);
  return {
    recall: (telegramId) => {
      const known = memory.get(telegramId);
      const fresh = known !== undefined && now() - known.readAtMs < MEMORY_MS && known.session.expiresAtMs > now();
      return fresh ? known.session : null;
    },
    read: async (telegramId) => {
      try {
        const text = await cache.get(sessionKey(telegramId), { type: "text", cacheTtl: CACHE_TTL_SECONDS });
        return text === null ? null : parseSession(text, { telegramId, nowMs: now() });
      } catch (error) {
        log.warn("session.cache-not-read", { error });
        return null;
      }
    },
    remember: (session) => {
      const { telegramId } = session.person;
      memory.delete(telegramId);
      memory.set(telegramId, { session, readAtMs: now() });
      const oldest = memory.keys().next().value;
      if (memory.size > MOST_SESSIONS && oldest !== undefined) memory.delete(oldest);
    },
    amend: (telegramId, change) => {
      const known = memory.get(telegramId);
      if (known !== undefined) memory.set(telegramId, { ...known, session: change(known.session) });
    },
    note: (person) => void notes.set(person.telegramId, person),
    hasNote: (telegramId) => notes.has(telegramId),
    takeNote: (telegramId) => {
      const person = notes.get(telegramId) ?? null;
      notes.delete(telegramId);
      return person;
    },
    keep: async (session) => {
      const ttlSeconds = (session.expiresAtMs - now()) / SECOND_MS;
      if (ttlSeconds > 0) await write(sessionKey(session.person.telegramId), { value: sessionText(session), ttlSeconds });
    },
    forget: async (telegramId) => {
      memory.delete(telegramId);
      notes.delete(telegramId);
      await write(sessionKey(telegramId), null);
    },
  };
}
