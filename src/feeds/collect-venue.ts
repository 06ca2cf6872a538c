import type { VenueError } from "../domain/error.ts";
import type { CallRecord, FeedId, FeedReply } from "../domain/feed.ts";
import type { RejectedRow } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import { type ShownBook, shownBook, unchangedScans } from "../quality/unchanged.ts";
import type { Endpoint, Fetched, VenueAdapter } from "../venues/adapter.ts";
import type { NameBook } from "../venues/name-book.ts";

/** What a feed remembers from scan to scan. Everything else it fetches anew. */
export type FeedMemory = {
  /** Metadata and heavy endpoints, by name. */
  readonly tables: Readonly<Record<string, Fetched<unknown> | undefined>>;
  readonly shown: ShownBook | null;
  /** How the venue names the instruments of the last scan, and in what units their books come. */
  readonly instruments: BookInstruments | null;
};

/** What asking for an order book takes, as columns of one length. */
export type BookInstruments = {
  readonly symbol: readonly string[];
  /** The venue's own symbol. */
  readonly venueSymbol: readonly string[];
  readonly multiplier: Float64Array;
  /** Coins in one unit of the book's sizes; `NaN` where it is not known. */
  readonly unitBase: Float64Array;
};

/** One call to one endpoint through net/, with the records of its attempts. `errorIn` judges the body that came. */
export type Call = (request: {
  readonly name: string;
  readonly endpoint: Pick<Endpoint, "method" | "body" | "weight" | "maxBytes">;
  readonly path: string;
  readonly errorIn: (body: unknown, status: number) => VenueError | null;
  /** Attempts at most; absent: as many as calls of this ask have. */
  readonly attempts?: number;
}) => Promise<{
  readonly result: Result<{ readonly body: unknown; readonly receivedAtMs: number }, VenueError>;
  readonly calls: readonly CallRecord[];
}>;

/** Metadata that cannot be refreshed serves this many times its refresh period, then counts as missing. */
const STALE_METADATA_FACTOR = 4;
const MOST_PAGES = 10;
const SAMPLES_PER_REASON = 3;
/** Several times what a venue sends. */
const MOST_DELISTED = 1_000;

type Attempt = { readonly name: string; readonly result: Result<Fetched<unknown>, VenueError>; readonly calls: readonly CallRecord[] };

/**
 * One scan of one feed: fetch what is due, as many at once as `call` lets; read; join into rows. A required endpoint that fails costs the
 * feed's rows; any other leaves its fields missing, or as old as its last body allows.
 */
export async function collectVenue(input: {
  readonly adapter: VenueAdapter;
  readonly memory: FeedMemory;
  readonly call: Call;
  /** Slow endpoints that may be fetched; the others wait for another scan. */
  readonly slowCalls: number;
  readonly now: () => number;
  /** The names that the feed has met, where it keeps them. */
  readonly names?: NameBook;
}): Promise<{ readonly reply: FeedReply; readonly memory: FeedMemory }> {
  const { adapter, memory, call, now } = input;
  const startedAtMs = now();
  const hot = Object.entries(adapter.endpoints).filter(([, endpoint]) => isHot(endpoint));
  const due = [...hot, ...slowDue(adapter, memory.tables, startedAtMs).slice(0, input.slowCalls)];
  const attempts = await Promise.all(due.map(([name, endpoint]) => fetchEndpoint({ name, endpoint, adapter, call })));
  const calls = attempts.flatMap((attempt) => attempt.calls);
  const tables = freshTables({ adapter, memory, attempts, nowMs: now() });
  const failures = attempts.flatMap(({ name, result }) =>
    result.ok ? [] : [{ endpoint: name, error: result.error, fromMs: tables[name]?.receivedAtMs ?? null }],
  );
  const kept = keptTables(adapter, tables);
  const waiting = slowDue(adapter, tables, now()).length;
  const facts = { feed: adapter.id, venue: adapter.facts.id, calls, degraded: failures, slowDue: waiting };

  const fatal = failures.find(({ endpoint }) => adapter.endpoints[endpoint]?.required === true && tables[endpoint] === undefined);
  if (fatal !== undefined) {
    return { reply: failedReply({ ...facts, error: fatal.error, ms: now() - startedAtMs }), memory: { ...memory, tables: kept } };
  }
  const joined = adapter.join(tables, now(), input.names);
  if (!joined.ok) {
    return { reply: failedReply({ ...facts, error: joined.error, ms: now() - startedAtMs }), memory: { ...memory, tables: kept } };
  }
  const { columns, rejected, venueSymbols, bookUnitBase } = joined.value;
  const unchanged = unchangedScans(columns, memory.shown);
  const reply: FeedReply = {
    ...facts,
    columns,
    unchangedScans: unchanged,
    received: columns.count + rejected.length,
    rejected: countRejected(rejected),
    delisted: rejected.flatMap(({ canonical }) => canonical ?? []).slice(0, MOST_DELISTED),
    error: null,
    ms: now() - startedAtMs,
    health: null,
  };
  const { symbol, multiplier } = columns;
  // Copies: a column may be part of a larger array that would be stored with it.
  const instruments = { symbol, venueSymbol: venueSymbols, multiplier: multiplier.slice(), unitBase: bookUnitBase.slice() };
  return { reply, memory: { tables: kept, shown: shownBook(columns, unchanged), instruments } };
}

/** A reply without rows that says why. */
export function failedReply(failure: {
  readonly feed: FeedId;
  readonly venue: VenueId;
  readonly error: VenueError;
  readonly ms: number;
  readonly calls?: readonly CallRecord[];
  readonly degraded?: FeedReply["degraded"];
  readonly slowDue?: number;
}): FeedReply {
  return {
    feed: failure.feed,
    venue: failure.venue,
    columns: null,
    unchangedScans: new Uint16Array(0),
    received: 0,
    rejected: { counts: {}, samples: [] },
    delisted: [],
    error: failure.error,
    degraded: failure.degraded ?? [],
    slowDue: failure.slowDue ?? null,
    calls: failure.calls ?? [],
    ms: failure.ms,
    health: null,
  };
}

/** Fetched in each scan. An alternative is there for the parse tool only. */
const isHot = (endpoint: Endpoint): boolean => endpoint.refreshMs === 0 && endpoint.alternativeTo === undefined;

/** Slow endpoints whose body has served its time: those never read first, then the oldest. */
function slowDue(adapter: VenueAdapter, tables: FeedMemory["tables"], nowMs: number): [string, Endpoint][] {
  const readAt = (name: string): number => tables[name]?.receivedAtMs ?? Number.NEGATIVE_INFINITY;
  return Object.entries(adapter.endpoints)
    .filter(([name, { refreshMs, alternativeTo }]) => refreshMs > 0 && alternativeTo === undefined && nowMs - readAt(name) >= refreshMs)
    .sort(([a], [b]) => (readAt(a) === readAt(b) ? 0 : readAt(a) - readAt(b)));
}

async function fetchEndpoint(input: {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly adapter: VenueAdapter;
  readonly call: Call;
}): Promise<Attempt> {
  const { name, endpoint } = input;
  const calls: CallRecord[] = [];
  let path: string | null = endpoint.path;
  let merged: Fetched<unknown> | null = null;
  for (let page = 0; path !== null && page < MOST_PAGES; page++) {
    const answer = await fetchPage({ ...input, path });
    calls.push(...answer.calls);
    if (!answer.result.ok) return { name, result: answer.result, calls };
    const { table, body, receivedAtMs } = answer.result.value;
    merged = {
      table: merged === null || endpoint.mergePages === undefined ? table : endpoint.mergePages(merged.table, table),
      receivedAtMs,
    };
    path = endpoint.nextPath?.(body) ?? null;
  }
  if (merged === null || path !== null) {
    return {
      name,
      result: err({ kind: "bad-shape", path: name, message: `expected at most ${MOST_PAGES} pages of ${name}, found more` }),
      calls,
    };
  }
  return { name, result: ok(merged), calls };
}

type Page = { readonly table: unknown; readonly body: unknown; readonly receivedAtMs: number };

/** One page, read while net/ judges it, so that the record of the call says what the body was worth. */
async function fetchPage(input: {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly adapter: VenueAdapter;
  readonly call: Call;
  readonly path: string;
}): Promise<{ readonly result: Result<Page, VenueError>; readonly calls: readonly CallRecord[] }> {
  const { name, endpoint, adapter, path } = input;
  let table: unknown;
  const errorIn = (body: unknown, status: number): VenueError | null => {
    const error = adapter.errorIn(body, status);
    if (error !== null || status !== 200) return error;
    const read = endpoint.read(body);
    if (!read.ok) return read.error;
    table = read.value;
    return null;
  };
  const { result, calls } = await input.call({ name, endpoint, path, errorIn });
  return { result: result.ok ? ok({ table, ...result.value }) : result, calls };
}

/** The tables of this scan: what just came, else what is not too old to serve. */
function freshTables(input: {
  readonly adapter: VenueAdapter;
  readonly memory: FeedMemory;
  readonly attempts: readonly Attempt[];
  readonly nowMs: number;
}): Record<string, Fetched<unknown> | undefined> {
  const tables: Record<string, Fetched<unknown> | undefined> = {};
  for (const [name, endpoint] of Object.entries(input.adapter.endpoints)) {
    const known = input.memory.tables[name];
    if (known !== undefined && input.nowMs - known.receivedAtMs < endpoint.refreshMs * STALE_METADATA_FACTOR) tables[name] = known;
  }
  for (const { name, result } of input.attempts) if (result.ok) tables[name] = result.value;
  return tables;
}

/** What is worth keeping: everything that is not fetched in each scan anyway. */
function keptTables(adapter: VenueAdapter, tables: Readonly<Record<string, Fetched<unknown> | undefined>>): FeedMemory["tables"] {
  return Object.fromEntries(Object.entries(tables).filter(([name]) => (adapter.endpoints[name]?.refreshMs ?? 0) > 0));
}

function countRejected(rejected: readonly RejectedRow[]): FeedReply["rejected"] {
  const counts: Record<string, number> = {};
  const samples: RejectedRow[] = [];
  for (const row of rejected) {
    const seen = counts[row.reason] ?? 0;
    counts[row.reason] = seen + 1;
    if (seen < SAMPLES_PER_REASON) samples.push(row);
  }
  return { counts, samples };
}
