/**
 * Binance spot, REST `/api/v3`.
 *
 * - `ticker/bookTicker` is the primary body: best bid and ask, without a time. `symbolStatus=TRADING` leaves out the pairs
 *   that do not trade, which would stand in it with zeros.
 * - Names are base + quote. A base may be a bundle (`1000SATSUSDT`); sizes are then in bundles.
 * - `exchangeInfo` is asked for pairs that trade with permission SPOT; a pair it lacks is of unknown state.
 * - There is no index, and nothing says what class of asset a base is.
 * - Asked for one symbol, the tickers answer an object instead of a list.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { binance } from "./binance.ts";
import { binanceBook } from "./binance-book.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  listIn,
  listOrRowIn,
  numberIn,
  pairInUsd,
  positiveIn,
  reject,
  shownFields,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://developers.binance.com/docs/binance-spot-api-docs";
const EXCHANGE_INFO = "/api/v3/exchangeInfo?permissions=SPOT&showPermissionSets=false&symbolStatus=TRADING";

const { errorIn } = binance;

/** Binance spot pairs in USDT and USDC. */
export const binanceSpot = defineAdapter<Tables>({
  id: "binance-spot",
  facts: binance.facts,
  docs: [`${DOCS}/rest-api/market-data-endpoints`, `${DOCS}/enums`, `${DOCS}/faqs/market_data_only`, `${DOCS}/errors`],
  // The first serves market data only, and answers from regions that the second refuses.
  hosts: ["data-api.binance.vision", "api.binance.com"],
  region: "apac",
  tradingPage: { url: (coin, quote) => `https://www.binance.com/en/trade/${coin}_${quote}?type=spot` },
  budget: { weightPerMinute: 600, documentedLimit: `6000 weight a minute per IP, ${DOCS}/rest-api/limits` },
  endpoints: {
    spotBookTicker: {
      method: "GET",
      path: "/api/v3/ticker/bookTicker?symbolStatus=TRADING",
      refreshMs: 0,
      weight: 4,
      maxBytes: 4_000_000,
      required: true,
      read: (body) => rowsIn<BookField>(body),
    },
    spotTicker24hr: {
      method: "GET",
      path: "/api/v3/ticker/24hr?type=MINI",
      refreshMs: 5 * MINUTE_MS,
      weight: 80,
      maxBytes: 8_000_000,
      required: false,
      read: readVolumes,
    },
    spotExchangeInfo: {
      method: "GET",
      path: EXCHANGE_INFO,
      refreshMs: 30 * MINUTE_MS,
      weight: 20,
      maxBytes: 24_000_000,
      required: false,
      read: readExchangeInfo,
    },
  },
  errorIn,
  book: binanceBook({ path: "/api/v3/depth", weight: 5 }),
  join,
});

/** The rows of a list, or the one row of an answer for one symbol. */
function rowsIn<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  return listOrRowIn<Field | "symbol">(body, "$", "symbol");
}

function readVolumes(body: unknown): Result<Tables["spotTicker24hr"], VenueError> {
  const list = rowsIn<"symbol" | "quoteVolume">(body);
  return list.ok ? ok(digestRows(list.value, "symbol", (row, fault) => ({ quoteVolume: numberIn(row.quoteVolume, fault) }))) : list;
}

function readExchangeInfo(body: unknown): Result<Tables["spotExchangeInfo"], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const info = fieldsIn<"symbols">(body);
  if (info === null) return err(badShape("$", "an object", body));
  const list = listIn<PairField>(info.symbols, "$.symbols");
  return list.ok ? ok(digestRows(list.value, "symbol", readPair)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotBookTicker === undefined) return err({ kind: "empty", message: "expected a body of spotBookTicker, found none" });
  const rows = tables.spotBookTicker.table;
  const out = quoteWriter("binance", rows.length);
  const readName = nameReader(names, "spotBookTicker", parseName);
  return joinRows({ rows, field: "symbol", readName, out, write: rowWriter(out, tables, names) });
}

function rowWriter(out: QuoteWriter, tables: Fetches, names: NameBook): WriteRow<BookField> {
  const pairs = entryReader(names, tables.spotExchangeInfo?.table);
  const volumes = entryReader(names, tables.spotTicker24hr?.table);
  const fault: Fault = { raised: false };
  const receivedAtMs = tables.spotBookTicker?.receivedAtMs ?? Number.NaN;
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a pair: base + USDT or USDC");
    const pair = pairs(known);
    if (pair !== undefined && pair.refusal !== null) return pair.refusal;
    const volume = volumes(known);
    fault.raised = pair?.faulty === true || volume?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = receivedAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bidPrice, fault) / multiplier;
    out.ask[at] = numberIn(row.askPrice, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bidQty, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.askQty, fault) * multiplier;
    out.volume24hUsd[at] = volume?.quoteVolume ?? Number.NaN;
    out.minOrderBase[at] = (pair?.minQty ?? Number.NaN) * multiplier;
    out.lotBase[at] = (pair?.stepSize ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, volume, pair])}`);
    closeRow(out, null, pair?.state ?? null);
    return null;
  };
}

/** `1000SATSUSDT` → 1,000 SATS in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const name = pairInUsd(symbol);
  return name.ok ? ok(spotName(splitMultiplier(name.value.base), name.value.quote)) : name;
}

function readPair(row: NonNullable<WireRow<PairField>>, fault: Fault, symbol: string): Pair {
  const filters = Array.isArray(row.filters) ? row.filters.map((each) => fieldsIn<"filterType" | "minQty" | "stepSize">(each)) : [];
  const lot = filters.find((each) => each?.filterType === "LOT_SIZE");
  const stands = STATES.get(row.status) ?? null;
  return {
    refusal: refusalOf(symbol, row),
    state: stands === "trading" && row.isSpotTradingAllowed === false ? "halted" : stands,
    minQty: positiveIn(lot?.minQty, fault),
    stepSize: positiveIn(lot?.stepSize, fault),
  };
}

function refusalOf(symbol: string, { status, baseAsset, quoteAsset }: NonNullable<WireRow<PairField>>): RejectedRow | null {
  const found = `found ${shownFields({ status, baseAsset, quoteAsset })}`;
  if (!STATES.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  const name = pairInUsd(symbol);
  return name.ok && (baseAsset !== name.value.base || quoteAsset !== name.value.quote)
    ? reject(symbol, "bad-symbol", `expected base + quote, ${found}`)
    : null;
}

/** Symbol status, `${DOCS}/enums`. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["TRADING", "trading"],
  ["END_OF_DAY", "halted"],
  ["HALT", "halted"],
  ["BREAK", "halted"],
]);

type BookField = "symbol" | "bidPrice" | "bidQty" | "askPrice" | "askQty";
type PairField = "symbol" | "status" | "baseAsset" | "quoteAsset" | "isSpotTradingAllowed" | "filters";

type Pair = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly minQty: number;
  readonly stepSize: number;
};
type Tables = {
  spotBookTicker: readonly WireRow<BookField>[];
  spotTicker24hr: Map<string, Digested<{ readonly quoteVolume: number }>>;
  spotExchangeInfo: Map<string, Digested<Pair>>;
};
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
