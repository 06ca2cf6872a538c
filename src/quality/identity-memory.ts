import { coinOfInstrument, tickerOf } from "../domain/identity.ts";

/**
 * Which coin an instrument was, for tickers that ever stood for more than one. Plain JSON; the Scanner keeps it between
 * scans and hands it back as it was.
 */
export type IdentityMemory = {
  /** Instrument id → asset id, least recently seen first. */
  readonly ids: Readonly<Record<string, string>>;
  /** Ticker → scans in a row in which instruments remembered as different coins stood at one price. */
  readonly togetherScans: Readonly<Record<string, number>>;
  /** Instrument id → since when it is kept out, epoch ms, least recently seen first. */
  readonly outsideSinceMs: Readonly<Record<string, number>>;
};

export const EMPTY_IDENTITY_MEMORY: IdentityMemory = { ids: {}, togetherScans: {}, outsideSinceMs: {} };

/** Instruments remembered at most; the least recently seen are forgotten first. */
export const MAX_REMEMBERED = 2_000;
/** Instruments kept out whose time is remembered at most; likewise. */
export const MAX_OUTSIDE = 500;
/**
 * Scans, a day of two-minute ones, after which coins that share a ticker and a price are taken for one again. Two coins
 * may cross in price for minutes; a venue that redenominates later than the others comes back for good.
 */
export const MERGE_AFTER_SCANS = 720;

/**
 * The asset id of a ticker's nth coin.
 * @example nthAssetId("NEIRO", 2) // "NEIRO~2"
 */
export const nthAssetId = (ticker: string, nth: number): string => (nth === 1 ? ticker : `${ticker}~${nth}`);

/** The memory as one scan reads and changes it. */
export type OpenMemory = {
  readonly knows: (ticker: string) => boolean;
  readonly assetIdOf: (instrument: string) => string | undefined;
  /** Every asset id remembered for a ticker, of absent instruments too. */
  readonly assetIdsOf: (ticker: string) => ReadonlySet<string>;
  readonly remember: (instrument: string, assetId: string) => void;
  /** Whether an instrument of the ticker is kept out, or was when it was last seen. */
  readonly hasOutsider: (ticker: string) => boolean;
  /** Notes that an instrument is kept out now, and gives since when it is. */
  readonly outside: (instrument: string, nowMs: number) => number;
  readonly inside: (instrument: string) => void;
  /** Notes whether different coins of the ticker stand at one price now; true once that has lasted, and then the ticker is forgotten. */
  readonly merged: (ticker: string, together: boolean) => boolean;
  readonly close: () => IdentityMemory;
};

/** Opens a memory for one scan. The memory given is not changed. */
export function openMemory(memory: IdentityMemory): OpenMemory {
  const ids = new Map(Object.entries(memory.ids));
  const togetherScans = new Map(Object.entries(memory.togetherScans));
  const { close: closeOutside, ...outside } = openOutside(memory.outsideSinceMs);
  const byTicker = new Map<string, Set<string>>();
  const index = (assetId: string): void => {
    const ticker = tickerOf(assetId);
    const known = byTicker.get(ticker);
    if (known === undefined) byTicker.set(ticker, new Set([assetId]));
    else known.add(assetId);
  };
  for (const assetId of ids.values()) index(assetId);
  const forget = (ticker: string): void => {
    for (const [instrument, assetId] of ids) if (tickerOf(assetId) === ticker) ids.delete(instrument);
    byTicker.delete(ticker);
    togetherScans.delete(ticker);
  };
  return {
    knows: (ticker) => byTicker.has(ticker),
    assetIdOf: (instrument) => ids.get(instrument),
    assetIdsOf: (ticker) => byTicker.get(ticker) ?? new Set(),
    remember: (instrument, assetId) => {
      ids.delete(instrument);
      ids.set(instrument, assetId);
      index(assetId);
    },
    ...outside,
    merged: (ticker, together) => {
      const scans = together ? (togetherScans.get(ticker) ?? 0) + 1 : 0;
      if (scans >= MERGE_AFTER_SCANS) forget(ticker);
      else if (scans > 0) togetherScans.set(ticker, scans);
      else togetherScans.delete(ticker);
      return scans >= MERGE_AFTER_SCANS;
    },
    close: () => {
      for (const instrument of ids.keys()) {
        if (ids.size <= MAX_REMEMBERED) break;
        ids.delete(instrument);
      }
      const tickers = new Set([...ids.values()].map(tickerOf));
      for (const ticker of togetherScans.keys()) if (!tickers.has(ticker)) togetherScans.delete(ticker);
      return {
        ids: Object.fromEntries(ids),
        togetherScans: Object.fromEntries(togetherScans),
        outsideSinceMs: closeOutside(),
      };
    },
  };
}

/** Since when instruments are kept out. */
function openOutside(
  before: IdentityMemory["outsideSinceMs"],
): Pick<OpenMemory, "hasOutsider" | "outside" | "inside"> & { readonly close: () => IdentityMemory["outsideSinceMs"] } {
  const since = new Map(Object.entries(before));
  const tickers = new Set([...since.keys()].map(coinOfInstrument));
  return {
    hasOutsider: (ticker) => tickers.has(ticker),
    outside: (instrument, nowMs) => {
      const sinceMs = since.get(instrument) ?? nowMs;
      since.delete(instrument);
      since.set(instrument, sinceMs);
      return sinceMs;
    },
    inside: (instrument) => void since.delete(instrument),
    close: () => {
      for (const instrument of since.keys()) {
        if (since.size <= MAX_OUTSIDE) break;
        since.delete(instrument);
      }
      return Object.fromEntries(since);
    },
  };
}
