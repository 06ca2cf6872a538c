import { DEFAULT_PREFERENCES, type Language } from "../domain/person.ts";
import { ACTIVITY_MS, loadSession, openSession, type Session, setBlocked, slideSession } from "../storage/sessions.ts";
import { languageOf } from "./language.ts";
import { type SessionCache, sessionCache, type SessionCachePorts } from "./session-cache.ts";
import { peopleService, type PeopleService } from "./people-service.ts";

/** Work that ends after the answer has gone out; its failure is logged. */
export type Defer = (what: string, work: () => Promise<unknown>) => void;
/** Where a session was found. */
export type SessionSource = "memory" | "kv" | "d1" | "none";

export type SessionPorts = SessionCachePorts & {
  readonly db: D1Database;
  readonly random: () => string;
};

/** The sessions of people: isolate memory, then KV, then D1. One object an isolate. */
export type Sessions = {
  /**
   * One update's only look: the session with its person; `null` where there is none or it is over. `fromD1`: past the caches,
   * which may not know yet that it is.
   */
  readonly resolve: (
    telegramId: number,
    defer: Defer,
    how?: { readonly fromD1: boolean },
  ) => Promise<{ readonly session: Session | null; readonly source: SessionSource }>;
  /** The language of somebody whom a cache knows; D1 is not asked. */
  readonly knownLanguage: (telegramId: number) => Promise<Language | null>;
  /** Lets somebody in who has no live session. */
  readonly open: (
    from: { readonly telegramId: number; readonly chatId: number; readonly languageCode: string | null },
    defer: Defer,
  ) => Promise<Session>;
  /** After the answer: writes that the session was used, at most once an hour, and what its person changed to KV. */
  readonly settle: (session: Session, defer: Defer) => void;
  /** Telegram says that somebody blocked the bot, or lets it write again. */
  readonly setBlocked: (telegramId: number, blocked: boolean) => Promise<void>;
  readonly people: PeopleService;
};

/** Sessions of one isolate. What it remembers may be lost at any time: everything that counts is in D1. */
export function createSessions(ports: SessionPorts): Sessions {
  const { db, now, random } = ports;
  const cache = sessionCache(ports);
  return {
    resolve: (telegramId, defer, how) => resolve({ ports, cache, defer }, telegramId, how?.fromD1 ?? false),
    knownLanguage: async (telegramId) => (cache.recall(telegramId) ?? (await cache.read(telegramId)))?.person.preferences.language ?? null,
    open: async ({ telegramId, chatId, languageCode }, defer) => {
      const preferences = JSON.stringify({ ...DEFAULT_PREFERENCES, language: languageOf(languageCode) });
      const session = await openSession(db, { id: random(), telegramId, chatId, preferences, nowMs: now() });
      cache.note(session);
      defer("session.cache", () => cache.flush(telegramId));
      return session;
    },
    settle: (session, defer) => settle({ ports, cache, defer }, session),
    setBlocked: async (telegramId, blocked) => {
      if (await setBlocked(db, { telegramId, blocked, nowMs: now() })) await cache.forget(telegramId);
    },
    people: peopleService({ db, now, cache }),
  };
}

type Update = { readonly ports: SessionPorts; readonly cache: SessionCache; readonly defer: Defer };

async function resolve({ ports, cache, defer }: Update, telegramId: number, fromD1: boolean): ReturnType<Sessions["resolve"]> {
  const known = fromD1 ? null : cache.recall(telegramId);
  if (known !== null) return { session: known, source: "memory" };
  // Whoever is changed or forgotten while they are read is not cached as they were before.
  const version = cache.version(telegramId);
  const cached = fromD1 ? null : await cache.read(telegramId);
  if (cached !== null) {
    if (cache.version(telegramId) === version) cache.remember(cached);
    return { session: cached, source: "kv" };
  }
  const stored = await loadSession(ports.db, { telegramId, nowMs: ports.now() });
  if (stored === null) return { session: null, source: "none" };
  if (cache.version(telegramId) === version) {
    cache.note(stored);
    defer("session.cache", () => cache.flush(telegramId));
  }
  return { session: stored, source: "d1" };
}

function settle({ ports, cache, defer }: Update, session: Session): void {
  const { telegramId } = session.person;
  const nowMs = ports.now();
  if (nowMs - session.lastActiveAtMs < ACTIVITY_MS) {
    if (cache.hasNote(telegramId)) defer("session.cache", () => cache.flush(telegramId));
    return;
  }
  // Remembered as used before it is written, so that a second update of this moment does not write it too.
  cache.amend(telegramId, (known) => ({ ...known, lastActiveAtMs: nowMs }));
  defer("session.activity", async () => {
    const version = cache.version(telegramId);
    try {
      const stored = await slideSession(ports.db, { session, nowMs });
      if (stored === null) return await cache.forget(telegramId);
      // What somebody changed meanwhile is newer than this.
      if (cache.version(telegramId) === version) cache.note(stored);
    } finally {
      await cache.flush(telegramId);
    }
  });
}
