/**
 * OKX v5, instType SPOT.
 *
 * - `tickers` is the primary body: every figure a string, `ts` is when a ticker was made. Sizes are in coins, and
 *   `volCcy24h` of a pair is in its quote currency.
 * - Names are `BASE-QUOTE`. `""` is "not sent".
 * - `instCategory` of `instruments` says what is traded; a pair that it lacks is of unknown state. There is no index here.
 */
import type { VenueError } from "../domain/error.ts";
import { type AssetClass, splitMultiplier, spotSymbol, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import { okx } from "./okx.ts";
import { OKX_DOCS as DOCS, okxBook, okxErrorIn as errorIn, okxList } from "./okx-wire.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  numberIn,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  signedPairInUsd,
  textIn,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

/** OKX spot pairs in USDT and USDC. */
export const okxSpot = defineAdapter<Tables>({
  id: "okx-spot",
  facts: okx.facts,
  docs: [
    `${DOCS}#order-book-trading-market-data-get-tickers`,
    `${DOCS}#public-data-rest-api-get-instruments`,
    `${DOCS}#order-book-trading-market-data-get-order-book`,
  ],
  hosts: okx.hosts,
  region: okx.region,
  tradingPage: { url: (coin, quote) => `https://www.okx.com/trade-spot/${coin.toLowerCase()}-${quote.toLowerCase()}` },
  budget: okx.budget,
  endpoints: {
    spotTickers: {
      method: "GET",
      path: "/api/v5/market/tickers?instType=SPOT",
      refreshMs: 0,
      weight: 1,
      maxBytes: 4_000_000,
      required: true,
      read: (body) => okxList<TickerField>(body),
    },
    spotInstruments: {
      method: "GET",
      path: "/api/v5/public/instruments?instType=SPOT",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 8_000_000,
      required: false,
      read: readInstruments,
    },
  },
  errorIn,
  book: okxBook,
  join,
});

function readInstruments(body: unknown): Result<Tables["spotInstruments"], VenueError> {
  const list = okxList<InstrumentField>(body);
  return list.ok ? ok(digestRows(list.value, "instId", readInstrument)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotTickers === undefined) return err({ kind: "empty", message: "expected a body of spotTickers, found none" });
  const rows = tables.spotTickers.table;
  const out = quoteWriter("okx", rows.length);
  const readName = nameReader(names, "spotTickers", parseName);
  return joinRows({
    rows,
    field: "instId",
    readName,
    out,
    write: rowWriter(out, tables.spotTickers, entryReader(names, tables.spotInstruments?.table)),
  });
}

function rowWriter(
  out: QuoteWriter,
  tickers: Fetched<Tables["spotTickers"]>,
  instrumentOf: EntryReader<Digested<Instrument>>,
): WriteRow<TickerField> {
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol } = known;
    const parsed = row.instType === "SPOT" ? known.parsed : NO_PAIR;
    if (!parsed.ok) return reject(symbol, parsed.error, `expected a spot pair BASE-USDT or BASE-USDC, found ${shownFields(row)}`);
    const instrument = instrumentOf(known);
    if (instrument !== undefined && instrument.refusal !== null) return instrument.refusal;
    fault.raised = instrument?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = tickers.receivedAtMs;
    out.eventAtMs[at] = timeMsIn(row.ts, fault);
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bidPx, fault) / multiplier;
    out.ask[at] = numberIn(row.askPx, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bidSz, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.askSz, fault) * multiplier;
    out.volume24hUsd[at] = numberIn(row.volCcy24h, fault);
    out.minOrderBase[at] = (instrument?.minSz ?? Number.NaN) * multiplier;
    out.lotBase[at] = (instrument?.lotSz ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, instrument])}`);
    closeRow(out, instrument?.assetClass ?? null, instrument?.state ?? null);
    return null;
  };
}

const NO_PAIR = err("not-an-instrument" as const);

/** `BTC-USDT` → BTC in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const name = signedPairInUsd(symbol, "-");
  return name.ok ? ok(spotName(splitMultiplier(name.value.base), name.value.quote)) : name;
}

function readInstrument(row: NonNullable<WireRow<InstrumentField>>, fault: Fault, symbol: string): Instrument {
  const category = textIn(row.instCategory, fault);
  const ends = timeMsIn(row.expTime, fault);
  return {
    refusal: refusalOf(symbol, row),
    // `expTime` of a pair is its announced end.
    state: Number.isNaN(ends) ? (STATES.get(row.state) ?? null) : "delisting",
    assetClass: category === null || category === "" ? null : (CLASSES.get(category) ?? "other"),
    minSz: positiveIn(row.minSz, fault),
    lotSz: positiveIn(row.lotSz, fault),
  };
}

function refusalOf(symbol: string, { state, baseCcy, quoteCcy }: NonNullable<WireRow<InstrumentField>>): RejectedRow | null {
  const found = `found ${shownFields({ state, baseCcy, quoteCcy })}`;
  if (state === "expired") return rejectDelisted(symbol, spotSymbol(splitMultiplier(String(baseCcy)).asset, String(quoteCcy)), found);
  if (state === "test") return reject(symbol, "not-an-instrument", found);
  if (!STATES.has(state)) return reject(symbol, "unknown-state", `expected a documented state, ${found}`);
  return symbol === `${String(baseCcy)}-${String(quoteCcy)}`
    ? null
    : reject(symbol, "bad-symbol", `expected the name's currencies, ${found}`);
}

/** `${DOCS}#public-data-rest-api-get-instruments`. In `post_only` nothing can be taken from the book. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["live", "trading"],
  ["preopen", "pre-market"],
  ["suspend", "halted"],
  ["rebase", "halted"],
  ["post_only", "halted"],
]);

/** `instCategory`, same page; bonds, and what is not listed here, count as `other`. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["1", "crypto"],
  ["3", "equity"],
  ["4", "commodity"],
  ["5", "forex"],
]);

type TickerField = "instId" | "instType" | "bidPx" | "bidSz" | "askPx" | "askSz" | "volCcy24h" | "ts";
type InstrumentField = "instId" | "state" | "baseCcy" | "quoteCcy" | "instCategory" | "expTime" | "minSz" | "lotSz";

type Instrument = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly minSz: number;
  readonly lotSz: number;
};
type Tables = { spotTickers: readonly WireRow<TickerField>[]; spotInstruments: Map<string, Digested<Instrument>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
