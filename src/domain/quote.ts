import type { AssetClass, InstrumentKind, TradingState } from "./instrument.ts";
import type { VenueId } from "./venue.ts";

/**
 * The numeric columns of a batch of quotes, in the order of the row. Prices are USD-like quote currency per coin,
 * sizes are coins, rates are fractions per the row's own funding interval, times are epoch ms.
 */
export const NUMERIC_COLUMNS = [
  /** Coins in one quoted unit (1000 for 1000PEPE); prices are already divided by it and sizes multiplied. */
  "multiplier",
  "bid",
  "ask",
  "bidSizeBase",
  "askSizeBase",
  /** USD up to which bid and ask hold, where the venue documents it instead of sending sizes. */
  "quotedNotionalUsd",
  "mark",
  "index",
  "fundingRatePerInterval",
  "fundingIntervalHours",
  "nextFundingAtMs",
  "lastSettledRatePerInterval",
  /** Largest rate per interval, as sent. */
  "fundingCap",
  /** Smallest rate per interval, as sent; where absent the cap holds for both signs. */
  "fundingFloor",
  "volume24hUsd",
  /** One-sided: half of what counts both sides. */
  "openInterestUsd",
  /** Only where the venue documents it as the time of the book or of the rate. */
  "eventAtMs",
  /** The venue's own stamp on the reply, where it sends one that is not the time of book or rate. */
  "replyAtMs",
  /** Arrival of the oldest hot body joined into the row. */
  "receivedAtMs",
  "minOrderBase",
  "lotBase",
  /** Taker fee of an instrument that costs another than the documented one of its market: a fraction one way, as sent. */
  "takerFeeRate",
] as const;
export type NumericColumn = (typeof NUMERIC_COLUMNS)[number];

/**
 * One venue's quotes as columns: the form in which feeds hand them over, since arrays cross between Durable Objects
 * for a fraction of the cost of objects. In a numeric column `NaN` stands for "the venue did not send it";
 * everywhere else in the code that is `null` (`valueAt`).
 */
export type QuoteColumns = Readonly<Record<NumericColumn, Float64Array>> & {
  readonly venue: VenueId;
  readonly count: number;
  readonly symbol: readonly string[];
  readonly kind: readonly InstrumentKind[];
  /** Coin ticker as the venue names it, multiplier taken off, e.g. `PEPE`. */
  readonly asset: readonly string[];
  readonly quote: readonly string[];
  readonly settle: readonly string[];
  readonly assetClass: readonly (AssetClass | null)[];
  readonly state: readonly (TradingState | null)[];
};

/** One row as an object, for tools, tests and the few rows that reach a ledger. Missing is `null`. */
export type Quote = { readonly [K in NumericColumn]: number | null } & {
  readonly venue: VenueId;
  readonly symbol: string;
  readonly kind: InstrumentKind;
  readonly asset: string;
  readonly quote: string;
  readonly settle: string;
  readonly assetClass: AssetClass | null;
  readonly state: TradingState | null;
};

/** The number at a place of a column, or `null` where the venue did not send it. */
export function valueAt(column: Float64Array, row: number): number | null {
  const value = column[row];
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** The numbers of one row, named one by one: a loop over names takes several times as long, and every leg passes here. */
const numbersAt = (columns: QuoteColumns, row: number): Pick<Quote, NumericColumn> => ({
  multiplier: valueAt(columns.multiplier, row),
  bid: valueAt(columns.bid, row),
  ask: valueAt(columns.ask, row),
  bidSizeBase: valueAt(columns.bidSizeBase, row),
  askSizeBase: valueAt(columns.askSizeBase, row),
  quotedNotionalUsd: valueAt(columns.quotedNotionalUsd, row),
  mark: valueAt(columns.mark, row),
  index: valueAt(columns.index, row),
  fundingRatePerInterval: valueAt(columns.fundingRatePerInterval, row),
  fundingIntervalHours: valueAt(columns.fundingIntervalHours, row),
  nextFundingAtMs: valueAt(columns.nextFundingAtMs, row),
  lastSettledRatePerInterval: valueAt(columns.lastSettledRatePerInterval, row),
  fundingCap: valueAt(columns.fundingCap, row),
  fundingFloor: valueAt(columns.fundingFloor, row),
  volume24hUsd: valueAt(columns.volume24hUsd, row),
  openInterestUsd: valueAt(columns.openInterestUsd, row),
  eventAtMs: valueAt(columns.eventAtMs, row),
  replyAtMs: valueAt(columns.replyAtMs, row),
  receivedAtMs: valueAt(columns.receivedAtMs, row),
  minOrderBase: valueAt(columns.minOrderBase, row),
  lotBase: valueAt(columns.lotBase, row),
  takerFeeRate: valueAt(columns.takerFeeRate, row),
});

/** One row of the columns as an object. */
export function quoteAt(columns: QuoteColumns, row: number): Quote {
  const symbol = columns.symbol[row];
  const kind = columns.kind[row];
  const asset = columns.asset[row];
  if (symbol === undefined || kind === undefined || asset === undefined) throw new RangeError(`row ${row} of ${columns.count}`);
  return {
    venue: columns.venue,
    symbol,
    kind,
    asset,
    quote: columns.quote[row] ?? "",
    settle: columns.settle[row] ?? "",
    assetClass: columns.assetClass[row] ?? null,
    state: columns.state[row] ?? null,
    ...numbersAt(columns, row),
  };
}

/** Columns that an adapter fills row by row: write the numbers it has at `row`, the rest stays missing. */
export type QuoteWriter = Readonly<Record<NumericColumn, Float64Array>> & {
  readonly venue: VenueId;
  readonly symbol: string[];
  readonly kind: InstrumentKind[];
  readonly asset: string[];
  readonly quote: string[];
  readonly settle: string[];
  readonly assetClass: (AssetClass | null)[];
  readonly state: (TradingState | null)[];
};

/** A writer with room for `capacity` rows, every number missing. Its columns are parts of one array, which costs one fill. */
export function quoteWriter(venue: VenueId, capacity: number): QuoteWriter {
  const numbers = new Float64Array(NUMERIC_COLUMNS.length * capacity).fill(Number.NaN);
  let place = 0;
  const part = (): Float64Array => numbers.subarray(place * capacity, ++place * capacity);
  return { venue, symbol: [], kind: [], asset: [], quote: [], settle: [], assetClass: [], state: [], ...byColumn(part) };
}

/** The names of a batch's rows, column by column. */
export type NameColumns = Pick<QuoteColumns, "symbol" | "kind" | "asset" | "quote" | "settle">;

/** The filled part of a writer. `names` are the writer's own, unless somebody keeps those of the same rows. */
export function finishColumns(writer: QuoteWriter, names: NameColumns = writer): QuoteColumns {
  const { symbol, kind, asset, quote, settle } = names;
  const { venue, assetClass, state } = writer;
  const count = symbol.length;
  const numbers = byColumn((name) => writer[name].subarray(0, count));
  return { venue, count, symbol, kind, asset, quote, settle, assetClass, state, ...numbers };
}

/** A value for each numeric column. Sound because every name of `NUMERIC_COLUMNS` is set. */
function byColumn<T>(valueOf: (name: NumericColumn) => T): Record<NumericColumn, T> {
  const values: Partial<Record<NumericColumn, T>> = {};
  for (const name of NUMERIC_COLUMNS) values[name] = valueOf(name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarantee stands above
  return values as Record<NumericColumn, T>;
}

/** A row that an adapter refused, by the venue's own symbol. */
export type RejectedRow = {
  readonly symbol: string;
  readonly reason: RejectReason;
  readonly detail: string;
  /** The canonical symbol of a delisted instrument, by which what is open on it ends. */
  readonly canonical?: string;
};
export const REJECT_REASONS = [
  /** Dated future, option, spot among perpetuals. */
  "not-perpetual",
  /** Inverse or quanto settlement. */
  "not-linear",
  /** Settles in a currency that Carrywatch does not compare with USD. */
  "unsupported-settle",
  /** Leveraged token, index row, test instrument. */
  "not-an-instrument",
  "delisted",
  "unknown-state",
  "unknown-contract-type",
  /** A field is there and is not what the venue documents. */
  "bad-field",
  /** The row lacks the field that names it. */
  "no-symbol",
  /** The name does not follow the venue's documented form. */
  "bad-symbol",
  "duplicate-symbol",
  /** In one body and not in the other that it must be joined with. */
  "no-counterpart",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];
