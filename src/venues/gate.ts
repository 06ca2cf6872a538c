/**
 * Gate, futures settled in USDT, REST v4.
 *
 * - `contracts` is the primary body (rate, interval, next time, cap, mark, index, open interest, state); `tickers` has the book.
 *   Both send mark, index and rate, never at the same instant: they are taken from `contracts` alone.
 * - Prices are per coin, sizes and open interest in contracts of `quanto_multiplier` coins; `position_size` is one-sided.
 * - Times and intervals are in seconds. Numbers come as strings or as numbers; `""` is "not sent", `0` is a value.
 * - `maker_fee_rate` and `taker_fee_rate` of a contract are not what a retail user pays.
 * - Names like `BTC3L_USDT` are leveraged tokens; `BTC_USDT_20260925` is a dated future.
 */
import type { Book } from "../domain/book.ts";
import type { VenueError } from "../domain/error.ts";
import { type AssetClass, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { joinRows, type NamedRows, closeRow, rowsByName, type WriteRow } from "./join-rows.ts";
import { type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import {
  type Fault,
  fieldsIn,
  flagIn,
  listIn,
  numberIn,
  olderOf,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  timeSecondsIn,
  type WireRow,
} from "./wire.ts";
import { bookIn, type BookInstrument } from "./wire-book.ts";

const DOCS = "https://www.gate.com/docs/developers/apiv4/en/";
const SECONDS_PER_HOUR = 3600;

const BOOK = "/api/v4/futures/usdt/order_book?limit=100";

const hot = { method: "GET", refreshMs: 0, weight: 1 } as const;

/** Gate USDT perpetuals. */
export const gate = defineAdapter<Tables>({
  id: "gate",
  facts: {
    id: "gate",
    name: "Gate",
    takerFee: {
      perpetual: { rate: 0.0005, source: "https://www.gate.com/fee", readOn: "2026-11-22" },
      // Paid in what is traded; 0.09 % where it is paid in GT.
      spot: { rate: 0.001, source: "https://www.gate.com/fee", readOn: "2026-11-30" },
    },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [
    `${DOCS}#query-all-futures-contracts`,
    `${DOCS}#get-all-futures-trading-statistics`,
    `${DOCS}#query-futures-market-depth-information`,
    `${DOCS}#error-handling`,
  ],
  hosts: ["api.gateio.ws", "fx-api.gateio.ws"],
  region: null,
  tradingPage: { url: (coin) => `https://www.gate.com/futures/USDT/${coin}_USDT`, settle: "USDT" },
  budget: { weightPerMinute: 120, documentedLimit: `200 requests in 10 seconds per endpoint and IP, ${DOCS}#frequency-limit-rule` },
  endpoints: {
    contracts: { ...hot, path: "/api/v4/futures/usdt/contracts", maxBytes: 8_000_000, required: true, read: (body) => listBody(body) },
    tickers: { ...hot, path: "/api/v4/futures/usdt/tickers", maxBytes: 4_000_000, required: false, read: (body) => listBody(body) },
  },
  errorIn,
  book: {
    request: (contract) => ({ method: "GET", path: `${BOOK}&contract=${encodeURIComponent(contract)}`, weight: 1, maxBytes: 200_000 }),
    read: readBook,
  },
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"label" | "message">(body);
  if (envelope === null || typeof envelope.label !== "string") return null;
  const message = typeof envelope.message === "string" ? `${envelope.label}: ${envelope.message}` : envelope.label;
  switch (envelope.label) {
    case "TOO_MANY_REQUESTS":
    case "TOO_FAST":
      return { kind: "rate-limited", status, retryAfterMs: null, message };
    case "IP_FORBIDDEN":
    case "FORBIDDEN":
      return { kind: "forbidden", status: 403, message };
    case "INTERNAL":
    case "SERVER_ERROR":
    case "TOO_BUSY":
      return { kind: "server", status, retryAfterMs: null, message };
    default:
      return { kind: "venue-error", code: envelope.label, message };
  }
}

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  return error === null ? listIn<Field>(body, "$") : err(error);
}

/** Levels `{p, s}`, sizes in contracts; `update` is the time of the book's last change, `current` that of the reply, in seconds. */
function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const book = fieldsIn<"bids" | "asks" | "update">(body);
  const levelIn = (level: unknown): readonly [unknown, unknown] => {
    const fields = fieldsIn<"p" | "s">(level);
    return [fields?.p, fields?.s];
  };
  return bookIn({ bids: book?.bids, asks: book?.asks, at: { value: book?.update, read: timeSecondsIn }, levelIn }, instrument);
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.contracts === undefined) return err({ kind: "empty", message: "expected a body of contracts, found none" });
  const rows = tables.contracts.table;
  const books = tables.tickers === undefined ? null : rowsByName(tables.tickers.table, "contract", nameReader(names, "tickers", parseName));
  const out = quoteWriter("gate", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const write = rowWriter({ out, bookUnitBase }, tables, books);
  const readName = nameReader(names, "contracts", parseName);
  return joinRows({ rows, field: "name", readName, out, counterparts: books, write, bookUnitBase });
}

function rowWriter(
  { out, bookUnitBase }: { readonly out: QuoteWriter; readonly bookUnitBase: Float64Array },
  tables: Fetches,
  books: NamedRows<TickerField> | null,
): WriteRow<ContractField> {
  const fault: Fault = { raised: false };
  const receivedAtMs = tables.contracts?.receivedAtMs ?? Number.NaN;
  const bookAtMs = olderOf(receivedAtMs, tables.tickers?.receivedAtMs ?? Number.NaN);
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    const book = books?.rowOf(known);
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: BASE_USDT");
    const { multiplier } = parsed.value;
    const refused = refusalOf({ symbol, canonical: parsed.value.symbol }, row);
    if (refused !== null) return refused;
    fault.raised = false;
    const coinsPerContract = positiveIn(row.quanto_multiplier, fault) * multiplier;
    const mark = numberIn(row.mark_price, fault) / multiplier;
    const decimalSizes = flagIn(row.enable_decimal, fault);
    const state = stateOf(row, fault);
    bookUnitBase[at] = coinsPerContract;
    out.receivedAtMs[at] = book === undefined ? receivedAtMs : bookAtMs;
    out.multiplier[at] = multiplier;
    out.mark[at] = mark;
    out.index[at] = numberIn(row.index_price, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(row.funding_rate, fault);
    out.fundingIntervalHours[at] = positiveIn(row.funding_interval, fault) / SECONDS_PER_HOUR;
    out.nextFundingAtMs[at] = timeSecondsIn(row.funding_next_apply, fault);
    out.fundingCap[at] = numberIn(row.funding_rate_limit, fault);
    out.openInterestUsd[at] = numberIn(row.position_size, fault) * coinsPerContract * mark;
    out.minOrderBase[at] = numberIn(row.order_size_min, fault) * coinsPerContract;
    // Whole contracts only, unless decimal sizes are allowed; their step is not sent.
    out.lotBase[at] = decimalSizes === false ? coinsPerContract : Number.NaN;
    out.bid[at] = numberIn(book?.highest_bid, fault) / multiplier;
    out.ask[at] = numberIn(book?.lowest_ask, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(book?.highest_size, fault) * coinsPerContract;
    out.askSizeBase[at] = numberIn(book?.lowest_size, fault) * coinsPerContract;
    out.volume24hUsd[at] = numberIn(book?.volume_24h_quote, fault);
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, book])}`);
    closeRow(out, CLASSES.get(row.contract_type) ?? null, state);
    return null;
  };
}

/** `PEPE_USDT` → PEPE in USDT. */
function parseName(name: string): Result<NameParts, RejectReason> {
  const [base, quote, date] = name.split("_");
  if (base === undefined || base === "" || quote === undefined) return err("bad-symbol");
  if (date !== undefined) return err("not-perpetual");
  if (quote !== "USDT") return err("unsupported-settle");
  return LEVERAGED_TOKEN.test(base) ? err("not-an-instrument") : ok(perpetualName(splitMultiplier(base), quote, quote));
}

/** Coin, 2 to 5 times, Long or Short: `BTC3L`, `ETH5S`. */
const LEVERAGED_TOKEN = /^\p{Lu}{2,}[2-5][LS]$/u;

/** States that decide money: a value that Gate does not document is refused. An absent key refuses only where nothing can be told. */
function refusalOf(
  { symbol, canonical }: { readonly symbol: string; readonly canonical: string },
  row: NonNullable<WireRow<ContractField>>,
): RejectedRow | null {
  const { type, status, contract_type: contractType } = row;
  if (type === "inverse") return reject(symbol, "not-linear", "found type inverse");
  if (type !== "direct") return reject(symbol, "unknown-contract-type", `expected type direct or inverse, found ${shownFields(type)}`);
  if (!isMissing(contractType) && !CLASSES.has(contractType)) {
    return reject(symbol, "unknown-contract-type", `expected a documented contract_type, found ${shownFields(contractType)}`);
  }
  if (status === "delisted" || (row.in_delisting === true && (row.position_size === 0 || row.position_size === "0"))) {
    return rejectDelisted(symbol, canonical, `found status ${shownFields(status)}, no open positions`);
  }
  if (isMissing(status) || STATES.has(status)) return null;
  return reject(symbol, "unknown-state", `expected a documented status, found ${shownFields(status)}`);
}

const isMissing = (value: unknown): boolean => value === undefined || value === null;

/** Null where a field that would tell is absent. */
function stateOf(row: NonNullable<WireRow<ContractField>>, fault: Fault): TradingState | null {
  const delisting = flagIn(row.in_delisting, fault);
  const preMarket = flagIn(row.is_pre_market, fault);
  const state = STATES.get(row.status) ?? null;
  if (delisting === true) return "delisting";
  if (preMarket === true && state === "trading") return "pre-market";
  return state === "trading" && (delisting === null || preMarket === null) ? null : state;
}

/** Contract status, `${DOCS}#query-all-futures-contracts`; `suspend` is not in the documents and was seen in replies. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["trading", "trading"],
  ["prelaunch", "pre-market"],
  ["delisting", "delisting"],
  ["circuit_breaker", "halted"],
  ["suspend", "halted"],
]);

/** `contract_type`, same page; "" for coins. */
const CLASSES: ReadonlyMap<unknown, AssetClass> = new Map([
  ["", "crypto"],
  ["stocks", "equity"],
  ["indices", "index"],
  ["metals", "commodity"],
  ["commodities", "commodity"],
  ["forex", "forex"],
]);

type RateField = "funding_rate" | "funding_interval" | "funding_next_apply" | "funding_rate_limit" | "mark_price" | "index_price";
type SizeField = "quanto_multiplier" | "position_size" | "order_size_min" | "enable_decimal";
type StateField = "type" | "status" | "in_delisting" | "is_pre_market" | "contract_type";
type ContractField = "name" | RateField | SizeField | StateField;
type TickerField = "contract" | "highest_bid" | "highest_size" | "lowest_ask" | "lowest_size" | "volume_24h_quote";

type Tables = { contracts: readonly WireRow<ContractField>[]; tickers: readonly WireRow<TickerField>[] };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
