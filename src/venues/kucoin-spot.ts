/**
 * KuCoin spot, REST v1 and v2.
 *
 * - `allTickers` is the primary body: every figure a string, null is "not sent"; `buy` is the best bid, `sell` the best ask.
 *   `time` beside the rows, in ms, is that of the snapshot they come from, made every two seconds.
 * - Names are `BASE-QUOTE`; Bitcoin is BTC here. A renamed coin keeps its old name in `symbol`; `symbolName` has the new one.
 * - `symbols` (v2) says what trades; a pair it lacks is of unknown state. During a call auction nothing can be taken.
 * - A pair pays the basic taker fee times a coefficient: 1, 2 or 3 by its class A, B or C.
 * - There is no index, and nothing says what class of asset a base is.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { type BookSpec, defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { kucoin } from "./kucoin.ts";
import { KUCOIN_DOCS, kucoinData, kucoinErrorIn } from "./kucoin-wire.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import { bookIn, pairLevel } from "./wire-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  flagIn,
  isLeveragedToken,
  listIn,
  numberIn,
  otherFeeIn,
  positiveIn,
  reject,
  shownFields,
  signedPairInUsd,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const MARKET = `${KUCOIN_DOCS}/rest/spot-trading/market-data`;
/** 100 levels a side. */
const BOOK = "/api/v1/market/orderbook/level2_100";

const book: BookSpec = {
  request: (symbol) => ({ method: "GET", path: `${BOOK}?symbol=${encodeURIComponent(symbol)}`, weight: 4, maxBytes: 200_000 }),
  read: (body, instrument) => {
    const data = kucoinData(body);
    if (!data.ok) return data;
    const sides = fieldsIn<"bids" | "asks" | "time">(data.value);
    const at = { value: sides?.time, read: timeMsIn };
    return bookIn({ bids: sides?.bids, asks: sides?.asks, at, levelIn: pairLevel }, instrument);
  },
};

/** KuCoin spot pairs in USDT and USDC. */
export const kucoinSpot = defineAdapter<Tables>({
  id: "kucoin-spot",
  facts: kucoin.facts,
  docs: [`${MARKET}/get-all-tickers`, `${MARKET}/get-all-symbols`, `${MARKET}/get-part-orderbook`],
  hosts: ["api.kucoin.com"],
  region: kucoin.region,
  tradingPage: { url: (coin, quote) => `https://www.kucoin.com/trade/${coin}-${quote}` },
  budget: kucoin.budget,
  endpoints: {
    spotTickers: {
      method: "GET",
      path: "/api/v1/market/allTickers",
      refreshMs: 0,
      weight: 15,
      maxBytes: 4_000_000,
      required: true,
      read: readTickers,
    },
    spotSymbols: {
      method: "GET",
      path: "/api/v2/symbols",
      refreshMs: 30 * MINUTE_MS,
      weight: 4,
      maxBytes: 8_000_000,
      required: false,
      read: readSymbols,
    },
  },
  errorIn: kucoinErrorIn,
  book,
  join,
});

function readTickers(body: unknown): Result<Tickers, VenueError> {
  const data = kucoinData(body);
  if (!data.ok) return data;
  const fields = fieldsIn<"time" | "ticker">(data.value);
  const list = listIn<TickerField>(fields?.ticker, "$.data.ticker");
  if (!list.ok) return list;
  const fault: Fault = { raised: false };
  const snapshotAtMs = timeMsIn(fields?.time, fault);
  return fault.raised ? err(badShape("$.data.time", "epoch ms", fields?.time)) : ok({ rows: list.value, snapshotAtMs });
}

function readSymbols(body: unknown): Result<Tables["spotSymbols"], VenueError> {
  const data = kucoinData(body);
  if (!data.ok) return data;
  const list = listIn<PairField>(data.value, "$.data");
  return list.ok ? ok(digestRows(list.value, "symbol", readPair)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotTickers === undefined) return err({ kind: "empty", message: "expected a body of spotTickers, found none" });
  const { rows } = tables.spotTickers.table;
  const out = quoteWriter("kucoin", rows.length);
  const readName = nameReader(names, "spotTickers", parseName);
  const write = rowWriter(out, tables.spotTickers, entryReader(names, tables.spotSymbols?.table));
  return joinRows({ rows, field: "symbol", readName, out, write });
}

function rowWriter(out: QuoteWriter, tickers: Fetched<Tickers>, pairOf: EntryReader<Digested<Pair>>): WriteRow<TickerField> {
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, `expected COIN-USDT or COIN-USDC, found ${symbol}`);
    const pair = pairOf(known);
    if (pair !== undefined && pair.refusal !== null) return pair.refusal;
    fault.raised = pair?.faulty === true;
    const { multiplier } = parsed.value;
    const fee = numberIn(row.takerFeeRate, fault) * numberIn(row.takerCoefficient, fault);
    out.receivedAtMs[at] = tickers.receivedAtMs;
    out.eventAtMs[at] = tickers.table.snapshotAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.buy, fault) / multiplier;
    out.ask[at] = numberIn(row.sell, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bestBidSize, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.bestAskSize, fault) * multiplier;
    out.volume24hUsd[at] = numberIn(row.volValue, fault);
    out.minOrderBase[at] = (pair?.baseMinSize ?? Number.NaN) * multiplier;
    out.lotBase[at] = (pair?.baseIncrement ?? Number.NaN) * multiplier;
    out.takerFeeRate[at] = otherFeeIn(fee, kucoin.facts.takerFee.spot, fault);
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, pair])}`);
    closeRow(out, null, pair?.state ?? null);
    return null;
  };
}

/** `BTC-USDT` → BTC in USDT. */
function parseName(symbol: string): Result<NameParts, RejectReason> {
  const name = signedPairInUsd(symbol, "-");
  if (!name.ok) return name;
  const { base, quote } = name.value;
  return isLeveragedToken(base) ? err("not-an-instrument") : ok(spotName(splitMultiplier(base), quote));
}

function readPair(row: NonNullable<WireRow<PairField>>, fault: Fault, symbol: string): Pair {
  const inAuction = flagIn(row.callauctionIsEnabled, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: row.enableTrading === true ? (inAuction === true ? "pre-market" : "trading") : row.enableTrading === false ? "halted" : null,
    baseMinSize: positiveIn(row.baseMinSize, fault),
    baseIncrement: positiveIn(row.baseIncrement, fault),
  };
}

function refusalOf(symbol: string, row: NonNullable<WireRow<PairField>>): RejectedRow | null {
  const { enableTrading, baseCurrency, quoteCurrency } = row;
  const found = `found ${shownFields({ enableTrading, baseCurrency, quoteCurrency })}`;
  if (typeof enableTrading !== "boolean") return reject(symbol, "unknown-state", `expected enableTrading true or false, ${found}`);
  return symbol === `${String(baseCurrency)}-${String(quoteCurrency)}`
    ? null
    : reject(symbol, "bad-symbol", `expected the name's currencies, ${found}`);
}

type FeeField = "takerFeeRate" | "takerCoefficient";
type TickerField = "symbol" | "buy" | "sell" | "bestBidSize" | "bestAskSize" | "volValue" | FeeField;
type CurrencyField = "baseCurrency" | "quoteCurrency";
type PairField = "symbol" | "enableTrading" | "callauctionIsEnabled" | "baseMinSize" | "baseIncrement" | CurrencyField;

type Tickers = { readonly rows: readonly WireRow<TickerField>[]; readonly snapshotAtMs: number };
type Pair = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly baseMinSize: number;
  readonly baseIncrement: number;
};
type Tables = { spotTickers: Tickers; spotSymbols: Map<string, Digested<Pair>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
