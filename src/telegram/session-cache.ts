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
  /** Notes a session as D1 has it now: in memory at once, for KV with `flush`. */
  readonly note: (session: Session) => void;
  readonly hasNote: (telegramId: number) => boolean;
  /** Stands for what has been noted and forgotten of a person so far; it is another after each of both. */
  readonly version: (telegramId: number) => number | null;
  /** Writes what is noted to KV, for as long as the session lives. Nothing where it was forgotten or written meanwhile. */
  readonly flush: (telegramId: number) => Promise<void>;
  /** Removes everything about a person from memory and KV, and what was to be written there. */
  readonly forget: (telegramId: number) => Promise<void>;
};

/** The caches of one isolate. Nothing that counts is lost with them. */
export function sessionCache(ports: SessionCachePorts): SessionCache {
  const { now } = ports;
  const memory = new Map<number, { readonly session: Session; readonly readAtMs: number }>();
  const notes = new Map<number, Session>();
  /** By person, oldest first. A person who falls out counts as changed to whoever asked before. */
  const versions = new Map<number, number>();
  let changes = 0;
  const write = spacedWrites(ports);
  const touch = (telegramId: number): void => setLatest(versions, { key: telegramId, value: ++changes, most: 2 * MOST_SESSIONS });
  const remember = (session: Session): void =>
    setLatest(memory, { key: session.person.telegramId, value: { session, readAtMs: now() }, most: MOST_SESSIONS });
  return {
    recall: (telegramId) => {
      const known = memory.get(telegramId);
      const fresh = known !== undefined && now() - known.readAtMs < MEMORY_MS && known.session.expiresAtMs > now();
      return fresh ? known.session : null;
    },
    read: (telegramId) => readCached(ports, telegramId),
    remember,
    amend: (telegramId, change) => {
      const known = memory.get(telegramId);
      if (known !== undefined) memory.set(telegramId, { ...known, session: change(known.session) });
    },
    note: (session) => {
      const { telegramId } = session.person;
      touch(telegramId);
      remember(session);
      notes.set(telegramId, session);
    },
    hasNote: (telegramId) => notes.has(telegramId),
    version: (telegramId) => versions.get(telegramId) ?? null,
    flush: async (telegramId) => {
      const session = notes.get(telegramId);
      notes.delete(telegramId);
      const ttlSeconds = session === undefined ? 0 : (session.expiresAtMs - now()) / SECOND_MS;
      if (session !== undefined && ttlSeconds > 0) await write(sessionKey(telegramId), { value: sessionText(session), ttlSeconds });
    },
    forget: async (telegramId) => {
      touch(telegramId);
      memory.delete(telegramId);
      notes.delete(telegramId);
      await write(sessionKey(telegramId), null);
    },
  };
}

async function readCached({ cache, now, log }: SessionCachePorts, telegramId: number): Promise<Session | null> {
  try {
    const text = await cache.get(sessionKey(telegramId), { type: "text", cacheTtl: CACHE_TTL_SECONDS });
    return text === null ? null : parseSession(text, { telegramId, nowMs: now() });
  } catch (error) {
    log.warn("session.cache-not-read", { error });
    return null;
  }
}

/** Sets what a key has, as the newest; above `most` keys the oldest goes. */
function setLatest<T>(map: Map<number, T>, { key, value, most }: { readonly key: number; readonly value: T; readonly most: number }): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
