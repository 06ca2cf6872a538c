/**
 * Bitget spot, REST v2 ("classic").
 *
 * - `tickers` is the primary body: every figure a string, `""` is "not sent". A row's `ts` is "the current time" in the
 *   documents, so it is no time of the book; `requestTime` is the stamp of the reply.
 * - Names are base + quote; pairs in euros, lira and coins stand among them. Sizes are in the base of the name.
 * - `symbols` says what trades; a pair it lacks is of unknown state. `openTime` is passed, `offTime` the announced end.
 * - `takerFeeRate` of a pair is what its lowest tier pays, where that is not what the fee page says.
 * - There is no index, and nothing says what class of asset a base is.
 */
import type { VenueError } from "../domain/error.ts";
import { splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { bitget } from "./bitget.ts";
import { BITGET_DOCS, bitgetReply, type BitgetReply, readBitgetBook } from "./bitget-wire.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  isLeveragedToken,
  numberIn,
  otherFeeIn,
  pairInUsd,
  reject,
  shownFields,
  stepIn,
  type WireRow,
} from "./wire.ts";

const DOCS = `${BITGET_DOCS}/spot/market`;
/** 150 levels a side at the finest price step. */
const BOOK = "/api/v2/spot/market/orderbook?type=step0&limit=150";

/** Bitget spot pairs in USDT and USDC. */
export const bitgetSpot = defineAdapter<Tables>({
  id: "bitget-spot",
  facts: bitget.facts,
  docs: [`${DOCS}/Get-Tickers`, `${DOCS}/Get-Symbols`, `${DOCS}/Get-Orderbook`],
  hosts: bitget.hosts,
  region: bitget.region,
  tradingPage: { url: (coin, quote) => `https://www.bitget.com/spot/${coin}${quote}` },
  budget: bitget.budget,
  endpoints: {
    spotTickers: {
      method: "GET",
      path: "/api/v2/spot/market/tickers",
      refreshMs: 0,
      weight: 1,
      maxBytes: 4_000_000,
      required: true,
      read: (body) => bitgetReply<TickerField>(body),
    },
    spotSymbols: {
      method: "GET",
      path: "/api/v2/spot/public/symbols",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 8_000_000,
      required: false,
      read: readSymbols,
    },
  },
  errorIn: bitget.errorIn,
  book: {
    request: (symbol) => ({ method: "GET", path: `${BOOK}&symbol=${encodeURIComponent(symbol)}`, weight: 1, maxBytes: 200_000 }),
    read: readBitgetBook,
  },
  join,
});

function readSymbols(body: unknown): Result<Tables["spotSymbols"], VenueError> {
  const reply = bitgetReply<PairField>(body);
  return reply.ok ? ok(digestRows(reply.value.rows, "symbol", readPair)) : reply;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotTickers === undefined) return err({ kind: "empty", message: "expected a body of spotTickers, found none" });
  const { rows } = tables.spotTickers.table;
  const out = quoteWriter("bitget", rows.length);
  const readName = nameReader(names, "spotTickers", parseName);
  const write = rowWriter(out, tables.spotTickers, entryReader(names, tables.spotSymbols?.table));
  return joinRows({ rows, field: "symbol", readName, out, write });
}

function rowWriter(out: QuoteWriter, tickers: Fetched<Tables["spotTickers"]>, pairOf: EntryReader<Digested<Pair>>): WriteRow<TickerField> {
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, `expected a coin + USDT or USDC, found ${symbol}`);
    const pair = pairOf(known);
    if (pair !== undefined && pair.refusal !== null) return pair.refusal;
    fault.raised = pair?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = tickers.receivedAtMs;
    out.replyAtMs[at] = tickers.table.replyAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bidPr, fault) / multiplier;
    out.ask[at] = numberIn(row.askPr, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bidSz, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.askSz, fault) * multiplier;
    out.volume24hUsd[at] = numberIn(row.quoteVolume, fault);
    out.minOrderBase[at] = (pair?.minTradeAmount ?? Number.NaN) * multiplier;
    out.lotBase[at] = (pair?.lot ?? Number.NaN) * multiplier;
    out.takerFeeRate[at] = pair?.takerFeeRate ?? Number.NaN;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, pair])}`);
    closeRow(out, null, pair?.state ?? null);
    return null;
  };
}

/** `ETHUSDC` → ETH in USDC. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const name = pairInUsd(symbol);
  if (!name.ok) return name;
  const { base, quote } = name.value;
  return isLeveragedToken(base) ? err("not-an-instrument") : ok(spotName(splitMultiplier(base), quote));
}

function readPair(row: NonNullable<WireRow<PairField>>, fault: Fault, symbol: string): Pair {
  const offTime = numberIn(row.offTime, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: offTime > 0 ? "delisting" : (STATES.get(row.status) ?? null),
    minTradeAmount: numberIn(row.minTradeAmount, fault),
    lot: stepIn(row.quantityPrecision, fault),
    takerFeeRate: otherFeeIn(numberIn(row.takerFeeRate, fault), bitget.facts.takerFee.spot, fault),
  };
}

function refusalOf(symbol: string, { status, baseCoin, quoteCoin }: NonNullable<WireRow<PairField>>): RejectedRow | null {
  const found = `found ${shownFields({ status, baseCoin, quoteCoin })}`;
  if (!STATES.has(status)) return reject(symbol, "unknown-state", `expected a documented status, ${found}`);
  return symbol === `${String(baseCoin)}${String(quoteCoin)}` ? null : reject(symbol, "bad-symbol", `expected the name's coins, ${found}`);
}

/** `status`, `${DOCS}/Get-Symbols`. In `gray` a pair is open to some accounts only; `offline` does not say for how long. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  ["online", "trading"],
  ["gray", "pre-market"],
  ["halt", "halted"],
  ["offline", "halted"],
]);

type TickerField = "symbol" | "bidPr" | "bidSz" | "askPr" | "askSz" | "quoteVolume";
type PairField = "symbol" | "status" | "baseCoin" | "quoteCoin" | "minTradeAmount" | "quantityPrecision" | "takerFeeRate" | "offTime";

type Pair = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly minTradeAmount: number;
  readonly lot: number;
  readonly takerFeeRate: number;
};
type Tables = { spotTickers: BitgetReply<TickerField>; spotSymbols: Map<string, Digested<Pair>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
