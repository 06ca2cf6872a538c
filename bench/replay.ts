import { NO_RULINGS } from "../src/domain/identity.ts";
import type { BooksAsk, BooksReply } from "../src/domain/depth.ts";
import type { FeedAsk, FeedId, FeedReply } from "../src/domain/feed.ts";
import { ok } from "../src/domain/result.ts";
import { FULL_PACE } from "../src/feeds/depth-pace.ts";
import { collectBooks } from "../src/feeds/collect-books.ts";
import { type Call, collectVenue, type FeedMemory } from "../src/feeds/collect-venue.ts";
import { EMPTY_STATE } from "../src/lifecycle/state.ts";
import type { Logger } from "../src/monitoring/log.ts";
import { runScan } from "../src/pipeline.ts";
import { EMPTY_IDENTITY_MEMORY } from "../src/quality/identity-memory.ts";
import { fetchSettings } from "../src/fetch-settings.ts";
import { readFlags } from "../src/read-flags.ts";
import type { ScanInput, ScanPorts } from "../src/scan.ts";
import { qualityOverrides, scanSettings } from "../src/scan-settings.ts";
import type { ScanRecord } from "../src/storage/scan-record.ts";
import type { VenueAdapter } from "../src/venues/adapter.ts";
import { type NameBook, nameBook } from "../src/venues/name-book.ts";
import { ADAPTERS, adapterOf } from "../src/venues/registry.ts";

/** What one scan leaves to the next: the feeds' memories and the Scanner's. */
export type Carried = Pick<ScanInput, "lifecycle" | "identity" | "depths" | "wanted"> & {
  readonly feeds: ReadonlyMap<FeedId, FeedMemory>;
  /** The names that each feed has met, which it holds while it is in memory. */
  readonly names: ReadonlyMap<FeedId, NameBook>;
};

export const NOTHING_CARRIED: Carried = {
  feeds: new Map(),
  names: new Map(),
  lifecycle: EMPTY_STATE,
  identity: EMPTY_IDENTITY_MEMORY,
  depths: {},
  wanted: [],
};

/** A request as a venue gets it, with the name of its endpoint. */
export type Asked = { readonly name: string; readonly method: string; readonly path: string; readonly body?: unknown };

/** Text of an answer. */
export type ReadText = (adapter: VenueAdapter, asked: Asked) => string | Promise<string>;

type Source = { readonly nowMs: number; readonly read: ReadText; readonly carried: Carried };

/** With a name book for each feed: an empty one at its first scan. */
function withNames(source: Source): Source {
  const { names } = source.carried;
  const all = new Map(ADAPTERS.map(({ id }) => [id, names.get(id) ?? nameBook()]));
  return { ...source, carried: { ...source.carried, names: all } };
}

/** In place of `net/`: `JSON.parse` of a text. An answer that the adapter refuses ends the benchmark. */
const caller =
  (adapter: VenueAdapter, { nowMs, read }: Source): Call =>
  async ({ name, endpoint: { method, body: sent }, path, errorIn }) => {
    const text = read(adapter, { name, method, path, body: sent });
    const body: unknown = JSON.parse(typeof text === "string" ? text : await text);
    const error = errorIn(body, 200);
    if (error !== null) throw new Error(`${adapter.id} ${path}: ${error.message}`);
    return { result: ok({ body, receivedAtMs: nowMs }), calls: [] };
  };

const NO_MEMORY: FeedMemory = { tables: {}, shown: null, instruments: null };

/** A feed's part of a scan, up to columns. */
async function collect(adapter: VenueAdapter, source: Source): Promise<{ readonly reply: FeedReply; readonly memory: FeedMemory }> {
  const memory = source.carried.feeds.get(adapter.id) ?? NO_MEMORY;
  const names = source.carried.names.get(adapter.id) ?? nameBook();
  const collected = await collectVenue({ adapter, memory, slowCalls: 40, call: caller(adapter, source), now: () => source.nowMs, names });
  const { error } = collected.reply;
  if (error !== null) throw new Error(`${adapter.id}: ${error.message}`);
  return collected;
}

/** Parse and normalise: the feeds' part of a scan alone. */
export async function normalise(given: Source): Promise<{ readonly rows: number; readonly carried: Carried }> {
  const source = withNames(given);
  const feeds = new Map(source.carried.feeds);
  let rows = 0;
  for (const adapter of ADAPTERS) {
    const { reply, memory } = await collect(adapter, source);
    feeds.set(adapter.id, memory);
    rows += reply.columns?.count ?? 0;
  }
  return { rows, carried: { ...source.carried, feeds } };
}

/**
 * One whole scan by the pipeline itself. Its feeds read texts one after the other, as bodies that arrive one after the
 * other are read, and its storage keeps nothing.
 */
export async function scan(given: Source): Promise<{ readonly record: ScanRecord; readonly carried: Carried }> {
  const source = withNames(given);
  const { nowMs, carried } = source;
  const feeds = new Map(carried.feeds);
  const inTurn = oneByOne();
  const ask = (request: FeedAsk): Promise<FeedReply> =>
    inTurn(async () => {
      const { reply, memory } = await collect(registered(request.feed), source);
      feeds.set(request.feed, memory);
      return reply;
    });
  const books = (request: BooksAsk): Promise<BooksReply> =>
    inTurn(async () => {
      const adapter = registered(request.feed);
      const instruments = feeds.get(request.feed)?.instruments ?? null;
      return await collectBooks({ adapter, instruments, ask: request, call: caller(adapter, source) });
    });
  const result = await runScan(inputAt(nowMs, carried), { ...NO_STORAGE, feeds: ADAPTERS, ask, books, now: () => nowMs });
  if (!result.ok) throw new Error(result.error.message);
  const { record, lifecycle, identity, depths, wanted } = result.value;
  const failed = record.venues.find(({ error }) => error !== null);
  if (failed !== undefined) throw new Error(`${failed.feed}: ${failed.error?.message ?? ""}`);
  return { record, carried: { ...carried, feeds, lifecycle, identity, depths, wanted } };
}

function registered(feed: FeedId): VenueAdapter {
  const adapter = adapterOf(feed);
  if (adapter === null) throw new Error(`expected a registered feed, found ${feed}`);
  return adapter;
}

/** Runs what it is given in the order in which it was given. */
function oneByOne(): <T>(run: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = before.then(run);
    before = result;
    return result;
  };
}

const quiet = (): void => undefined;
const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, with: () => SILENT };

const NO_STORAGE: Pick<ScanPorts, "save" | "publish" | "log"> = {
  save: async () =>
    ok({
      refused: [],
      duplicatesRefused: [],
      eventsRefused: [],
      scanStored: true,
      attempts: 1,
      cost: { statements: 0, rowsRead: 0, rowsWritten: 0 },
    }),
  publish: async () => undefined,
  log: SILENT,
};

const { flags } = readFlags({ stored: [], deployment: {}, lastGood: null });
const SETTINGS = {
  settings: scanSettings(flags),
  overrides: qualityOverrides(flags),
  rulings: NO_RULINGS,
  fetching: fetchSettings(flags),
  performanceMonitoring: false,
};

const inputAt = (nowMs: number, { lifecycle, identity, depths, wanted }: Carried): ScanInput => ({
  ...SETTINGS,
  slotMs: nowMs,
  scanId: `scan-${nowMs}`,
  trigger: "cron",
  market: "simulated",
  intervalSeconds: flags.scan_interval_seconds,
  flags,
  realTimeData: true,
  venueLimitMs: flags.venue_limit_ms,
  scanDeadlineMs: flags.scan_deadline_ms,
  depthLimitMs: flags.depth_limit_ms,
  lifecycle,
  identity,
  depths,
  wanted,
  silent: [],
  maxCalls: flags.max_calls_per_scan,
  maxSlowCalls: 40,
  depthPairs: { min: flags.depth_pairs_min, max: flags.depth_pairs_max },
  loads: {},
  storing: true,
  owed: {},
  failing: {},
  standings: {},
  depthPace: FULL_PACE,
  slowDue: {},
});
