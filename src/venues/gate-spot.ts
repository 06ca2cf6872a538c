/**
 * Gate spot, REST v4.
 *
 * - `tickers` is the primary body: every figure a string, no time. Its sizes are sent for a single pair only, never for
 *   all: they are missing here, and a leg is priced when its order book has been read.
 * - Names are `BASE_QUOTE`. Leveraged tokens (`BTC3L_USDT`) stand among the pairs, and carry `etf_` fields.
 * - `currency_pairs` says what trades; a pair it lacks is of unknown state. Its `fee` is deprecated and not read.
 * - There is no index, and nothing says what class of asset a base is. Times of the book are in ms, those of pairs in seconds.
 */
import type { VenueError } from "../domain/error.ts";
import { splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { type BookSpec, defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { gate } from "./gate.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import { bookIn, pairLevel } from "./wire-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  isLeveragedToken,
  listIn,
  numberIn,
  reject,
  shownFields,
  signedPairInUsd,
  stepIn,
  timeMsIn,
  timeSecondsIn,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://www.gate.com/docs/developers/apiv4/en/";
const BOOK = "/api/v4/spot/order_book?limit=100";

const { errorIn } = gate;

const book: BookSpec = {
  request: (pair) => ({ method: "GET", path: `${BOOK}&currency_pair=${encodeURIComponent(pair)}`, weight: 1, maxBytes: 200_000 }),
  read: (body, instrument) => {
    const error = errorIn(body, 200);
    if (error !== null) return err(error);
    const sides = fieldsIn<"bids" | "asks" | "update">(body);
    const at = { value: sides?.update, read: timeMsIn };
    return bookIn({ bids: sides?.bids, asks: sides?.asks, at, levelIn: pairLevel }, instrument);
  },
};

/** Gate spot pairs in USDT and USDC. */
export const gateSpot = defineAdapter<Tables>({
  id: "gate-spot",
  facts: gate.facts,
  docs: [
    `${DOCS}#get-currency-pair-ticker-information`,
    `${DOCS}#query-all-supported-currency-pairs`,
    `${DOCS}#get-market-depth-information`,
  ],
  // The other host of the perpetuals serves futures alone.
  hosts: ["api.gateio.ws"],
  region: gate.region,
  tradingPage: { url: (coin, quote) => `https://www.gate.com/trade/${coin}_${quote}` },
  budget: gate.budget,
  endpoints: {
    spotTickers: {
      method: "GET",
      path: "/api/v4/spot/tickers",
      refreshMs: 0,
      weight: 1,
      maxBytes: 4_000_000,
      required: true,
      read: (body) => listBody<TickerField>(body),
    },
    spotPairs: {
      method: "GET",
      path: "/api/v4/spot/currency_pairs",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 8_000_000,
      required: false,
      read: readPairs,
    },
  },
  errorIn,
  book,
  join,
});

function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  return error === null ? listIn<Field>(body, "$") : err(error);
}

function readPairs(body: unknown): Result<Tables["spotPairs"], VenueError> {
  const list = listBody<PairField>(body);
  return list.ok ? ok(digestRows(list.value, "id", readPair)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotTickers === undefined) return err({ kind: "empty", message: "expected a body of spotTickers, found none" });
  const rows = tables.spotTickers.table;
  const out = quoteWriter("gate", rows.length);
  const readName = nameReader(names, "spotTickers", parseName);
  const write = rowWriter(out, tables.spotTickers.receivedAtMs, entryReader(names, tables.spotPairs?.table));
  return joinRows({ rows, field: "currency_pair", readName, out, write });
}

function rowWriter(out: QuoteWriter, receivedAtMs: number, pairOf: EntryReader<Digested<Pair>>): WriteRow<TickerField> {
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol } = known;
    const parsed = isMissing(row.etf_leverage) ? known.parsed : LEVERAGED;
    if (!parsed.ok) return reject(symbol, parsed.error, `expected COIN_USDT or COIN_USDC, found ${shownFields(row)}`);
    const pair = pairOf(known);
    if (pair !== undefined && pair.refusal !== null) return pair.refusal;
    fault.raised = pair?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = receivedAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.highest_bid, fault) / multiplier;
    out.ask[at] = numberIn(row.lowest_ask, fault) / multiplier;
    out.volume24hUsd[at] = numberIn(row.quote_volume, fault);
    out.minOrderBase[at] = (pair?.minBaseAmount ?? Number.NaN) * multiplier;
    out.lotBase[at] = (pair?.lot ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, pair])}`);
    closeRow(out, null, pair?.state ?? null);
    return null;
  };
}

const LEVERAGED = err("not-an-instrument" as const);

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === "";

/** `BTC_USDT` → BTC in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const name = signedPairInUsd(symbol, "_");
  if (!name.ok) return name;
  const { base, quote } = name.value;
  return isLeveragedToken(base) ? LEVERAGED : ok(spotName(splitMultiplier(base), quote));
}

function readPair(row: NonNullable<WireRow<PairField>>, fault: Fault, id: string): Pair {
  const stands = STATES.get(row.trade_status) ?? null;
  return {
    refusal: refusalOf(id, row),
    state:
      timeSecondsIn(row.delisting_time, fault) > 0 ? "delisting" : row.type === "premarket" && stands === "trading" ? "pre-market" : stands,
    minBaseAmount: numberIn(row.min_base_amount, fault),
    lot: stepIn(row.amount_precision, fault),
  };
}

function refusalOf(id: string, { trade_status: status, type, base, quote }: NonNullable<WireRow<PairField>>): RejectedRow | null {
  const found = `found ${shownFields({ status, type, base, quote })}`;
  if (!STATES.has(status)) return reject(id, "unknown-state", `expected a documented trade_status, ${found}`);
  if (!isMissing(type) && !TYPES.has(type)) return reject(id, "unknown-state", `expected a documented type, ${found}`);
  return id === `${String(base)}_${String(quote)}` ? null : reject(id, "bad-symbol", `expected the name's currencies, ${found}`);
}

/** `trade_status`, `${DOCS}#query-all-supported-currency-pairs`: what can be bought alone, or sold alone, cannot be held and left. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["tradable", "trading"],
  ["buyable", "halted"],
  ["sellable", "halted"],
  ["untradable", "halted"],
]);

/** `type`, same page. */
const TYPES: ReadonlySet<unknown> = new Set(["normal", "premarket"]);

type TickerField = "currency_pair" | "highest_bid" | "lowest_ask" | "quote_volume" | "etf_leverage";
type PairField = "id" | "trade_status" | "type" | "base" | "quote" | "min_base_amount" | "amount_precision" | "delisting_time";

type Pair = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly minBaseAmount: number;
  readonly lot: number;
};
type Tables = { spotTickers: readonly WireRow<TickerField>[]; spotPairs: Map<string, Digested<Pair>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
