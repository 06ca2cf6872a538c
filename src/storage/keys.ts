import { err, ok, type Result } from "../domain/result.ts";

/** A kind of value in KV. Seconds; the logical expiry stands inside the value and decides for readers. */
export type CatalogueEntry = {
  /** Versioned, so that a new form of the value gets keys of its own and never meets an old reader. */
  readonly prefix: string;
  /** The only writer. */
  readonly owner: string;
  /** What may follow the prefix: these, or what fits the form. Of a person nothing but their Telegram id. */
  readonly names: readonly string[] | { readonly form: RegExp; readonly what: string };
  /** Shortest and longest logical life. */
  readonly ttl: { readonly minSeconds: number; readonly maxSeconds: number };
  readonly what: string;
};

/** Every key that Carrywatch writes to KV. */
export const KV_CATALOGUE = {
  market: {
    prefix: "market:v1:",
    owner: "Scanner",
    names: ["snapshot"],
    // From the least flag to the longest interval (900 s) and its 90 s of grace.
    ttl: { minSeconds: 30, maxSeconds: 990 },
    what: "The current market and opportunities; written once a scan, so at most every 2 s, and KV takes one write a second per key.",
  },
  session: {
    prefix: "session:v1:",
    owner: "telegram/session.ts",
    names: { form: /^[1-9]\d{0,15}$/u, what: "a Telegram id" },
    // Up to the seven days after which a session ends; what is left of it when it is written again.
    ttl: { minSeconds: 0, maxSeconds: 7 * 86_400 },
    what: "A person's live session with their settings; written when they change and at most once an hour otherwise, deleted when the session ends.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export const SNAPSHOT_KEY = `${KV_CATALOGUE.market.prefix}${KV_CATALOGUE.market.names[0]}`;

/** Where the session of a person is cached. */
export const sessionKey = (telegramId: number): string => `${KV_CATALOGUE.session.prefix}${telegramId}`;

/** KV removes a value after at least this, by the platform's rule; readers go by the expiry inside the value. */
export const MIN_PHYSICAL_TTL_SECONDS = 60;
/** The platform's limit. */
const MAX_KEY_BYTES = 512;

/** The kind of value that a key names; `null` for a key outside the catalogue. */
export function catalogueEntry(key: string): CatalogueEntry | null {
  if (new TextEncoder().encode(key).byteLength > MAX_KEY_BYTES) return null;
  const entries: readonly CatalogueEntry[] = Object.values(KV_CATALOGUE);
  return entries.find(({ prefix, names }) => key.startsWith(prefix) && isName(names, key.slice(prefix.length))) ?? null;
}

const isName = (names: CatalogueEntry["names"], name: string): boolean => ("form" in names ? names.form.test(name) : names.includes(name));

/** The part of KV that `kvPut` uses. */
export type KvWriter = {
  readonly put: (key: string, value: string, options: { readonly expirationTtl: number }) => Promise<void>;
};
/** KV did not take the value, e.g. a second write of a key within its second. */
export type KvError = { readonly kind: "kv"; readonly message: string };

/** The part of KV that `kvDelete` uses. */
export type KvEraser = { readonly delete: (key: string) => Promise<void> };

/** Removes a key of the catalogue; any other is a bug and throws RangeError. A failure of KV comes back as an error. */
export async function kvDelete(cache: KvEraser, key: string): Promise<Result<null, KvError>> {
  if (catalogueEntry(key) === null) throw new RangeError(`expected a key of the catalogue, found ${JSON.stringify(key.slice(0, 100))}`);
  try {
    await cache.delete(key);
    return ok(null);
  } catch (error) {
    return err({ kind: "kv", message: error instanceof Error ? error.message : String(error) });
  }
}

/** What the caches of sessions use of KV. */
type SessionCache = Pick<KVNamespace, "put" | "delete"> & {
  readonly get: (key: string, options: { readonly type: "text"; readonly cacheTtl: number }) => Promise<string | null>;
};

/** KV that is read only while it is on. It is written still, so that what it has is never older than D1 when it is on again. */
export const readWhile = (cache: KVNamespace, isOn: () => boolean): SessionCache => ({
  get: async (key, options) => (isOn() ? await cache.get(key, options) : null),
  put: (key, value, options) => cache.put(key, value, options),
  delete: (key) => cache.delete(key),
});

/**
 * The only writer of KV. A key outside the catalogue, or a life outside its bounds, is a bug and throws RangeError.
 * The value lives physically for its logical life, and never under 60 s. A failure of KV comes back as an error.
 */
export async function kvPut(
  cache: KvWriter,
  { key, value, ttlSeconds }: { readonly key: string; readonly value: string; readonly ttlSeconds: number },
): Promise<Result<{ readonly bytes: number }, KvError>> {
  const entry = catalogueEntry(key);
  if (entry === null) throw new RangeError(`expected a key of the catalogue, found ${JSON.stringify(key.slice(0, 100))}`);
  const { minSeconds, maxSeconds } = entry.ttl;
  if (!(ttlSeconds >= minSeconds && ttlSeconds <= maxSeconds)) {
    throw new RangeError(`${key}: expected a life of ${minSeconds} to ${maxSeconds} s, found ${ttlSeconds}`);
  }
  try {
    await cache.put(key, value, { expirationTtl: Math.max(MIN_PHYSICAL_TTL_SECONDS, Math.ceil(ttlSeconds)) });
    return ok({ bytes: new TextEncoder().encode(value).byteLength });
  } catch (error) {
    return err({ kind: "kv", message: error instanceof Error ? error.message : String(error) });
  }
}
