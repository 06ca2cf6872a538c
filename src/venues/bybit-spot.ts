/**
 * Bybit spot, REST v5, category spot.
 *
 * - `tickers` is the primary body: every figure a string. The envelope's `time` is the reply's stamp; rows have none.
 * - Names are base + quote. Leveraged tokens stand among the pairs (`BTC3LUSDT`, `BTC3SUSDT`).
 * - `instruments-info` does not page for spot and lists only what trades; a pair it lacks is of unknown state.
 * - `usdIndexPrice` values the coin in USD for collateral. It is no index of the pair, which is quoted in USDT or USDC, and
 *   is absent for coins that are no collateral: it is not read.
 * - `minOrderQty` is deprecated and not checked any more; the smallest order is an amount of the quote currency.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, splitMultiplier, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { bybit } from "./bybit.ts";
import { bybitBook } from "./bybit-book.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { type EntryReader, entryReader, type NameBook, nameReader, type NameParts, spotName } from "./name-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  isLeveragedToken,
  listIn,
  numberIn,
  pairInUsd,
  positiveIn,
  reject,
  shownFields,
  textIn,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://bybit-exchange.github.io/docs/v5";

const { errorIn } = bybit;

/** Bybit spot pairs in USDT and USDC. */
export const bybitSpot = defineAdapter<Tables>({
  id: "bybit-spot",
  facts: bybit.facts,
  docs: [`${DOCS}/market/tickers`, `${DOCS}/market/instrument`, `${DOCS}/market/orderbook`, `${DOCS}/enum`],
  hosts: bybit.hosts,
  region: bybit.region,
  tradingPage: { url: (coin, quote) => `https://www.bybit.com/en/trade/spot/${coin}/${quote}` },
  budget: bybit.budget,
  endpoints: {
    spotTickers: {
      method: "GET",
      path: "/v5/market/tickers?category=spot",
      refreshMs: 0,
      weight: 1,
      maxBytes: 4_000_000,
      required: true,
      read: readTickers,
    },
    spotInstruments: {
      method: "GET",
      path: "/v5/market/instruments-info?category=spot",
      refreshMs: 30 * MINUTE_MS,
      weight: 1,
      maxBytes: 8_000_000,
      required: false,
      read: readInstruments,
    },
  },
  errorIn,
  book: bybitBook("spot"),
  join,
});

/** The list of an envelope that is no error. */
function listBody<Field extends string>(body: unknown): Result<readonly WireRow<Field>[], VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"result" | "retCode">(body);
  if (envelope?.retCode !== 0) return err(badShape("$.retCode", "0", envelope === null ? body : envelope.retCode));
  return listIn<Field>(fieldsIn<"list">(envelope.result)?.list, "$.result.list");
}

function readTickers(body: unknown): Result<Tickers, VenueError> {
  const list = listBody<TickerField>(body);
  if (!list.ok) return list;
  const category = fieldsIn<"category">(fieldsIn<"result">(body)?.result)?.category;
  if (category !== "spot") return err(badShape("$.result.category", '"spot"', category));
  const fault: Fault = { raised: false };
  const time = fieldsIn<"time">(body)?.time;
  const replyAtMs = timeMsIn(time, fault);
  return fault.raised ? err(badShape("$.time", "epoch ms", time)) : ok({ rows: list.value, replyAtMs });
}

function readInstruments(body: unknown): Result<Tables["spotInstruments"], VenueError> {
  const list = listBody<InstrumentField>(body);
  return list.ok ? ok(digestRows(list.value, "symbol", readInstrument)) : list;
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  if (tables.spotTickers === undefined) return err({ kind: "empty", message: "expected a body of spotTickers, found none" });
  const { rows } = tables.spotTickers.table;
  const out = quoteWriter("bybit", rows.length);
  const readName = nameReader(names, "spotTickers", parseName);
  return joinRows({
    rows,
    field: "symbol",
    readName,
    out,
    write: rowWriter(out, tables.spotTickers, entryReader(names, tables.spotInstruments?.table)),
  });
}

function rowWriter(out: QuoteWriter, tickers: Fetched<Tickers>, instrumentOf: EntryReader<Digested<Instrument>>): WriteRow<TickerField> {
  const fault: Fault = { raised: false };
  return (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, expected(symbol, parsed.error));
    const instrument = instrumentOf(known);
    if (instrument !== undefined && instrument.refusal !== null) return instrument.refusal;
    fault.raised = instrument?.faulty === true;
    const { multiplier } = parsed.value;
    out.receivedAtMs[at] = tickers.receivedAtMs;
    out.replyAtMs[at] = tickers.table.replyAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = numberIn(row.bid1Price, fault) / multiplier;
    out.ask[at] = numberIn(row.ask1Price, fault) / multiplier;
    out.bidSizeBase[at] = numberIn(row.bid1Size, fault) * multiplier;
    out.askSizeBase[at] = numberIn(row.ask1Size, fault) * multiplier;
    out.volume24hUsd[at] = numberIn(row.turnover24h, fault);
    out.lotBase[at] = (instrument?.basePrecision ?? Number.NaN) * multiplier;
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, instrument])}`);
    closeRow(out, instrument?.assetClass ?? null, instrument?.state ?? null);
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

const expected = (symbol: string, error: RejectReason): string =>
  error === "not-an-instrument"
    ? `expected a coin, found the leveraged token ${symbol.slice(0, -4)}`
    : "expected the name of a pair: base + USDT or USDC";

function readInstrument(row: NonNullable<WireRow<InstrumentField>>, fault: Fault, symbol: string): Instrument {
  const symbolType = textIn(row.symbolType, fault);
  return {
    refusal: refusalOf(symbol, row),
    state: row.status === "Trading" ? "trading" : null,
    assetClass: symbolType === null ? null : (CLASSES.get(symbolType) ?? "other"),
    basePrecision: positiveIn(fieldsIn<"basePrecision">(row.lotSizeFilter)?.basePrecision, fault),
  };
}

/** A spot pair has the one status Trading, `${DOCS}/market/instrument`. */
function refusalOf(symbol: string, { status, baseCoin, quoteCoin }: NonNullable<WireRow<InstrumentField>>): RejectedRow | null {
  const found = `found ${shownFields({ status, baseCoin, quoteCoin })}`;
  if (status !== "Trading") return reject(symbol, "unknown-state", `expected the status Trading, ${found}`);
  const name = pairInUsd(symbol);
  return name.ok && (baseCoin !== name.value.base || quoteCoin !== name.value.quote)
    ? reject(symbol, "bad-symbol", `expected base + quote, ${found}`)
    : null;
}

/** `${DOCS}/enum#symboltype`; a type that is not listed here counts as `other`. */
const CLASSES: ReadonlyMap<string, AssetClass> = new Map([
  ["", "crypto"],
  ["innovation", "crypto"],
  ["xstocks", "equity"],
]);

type TickerField = "symbol" | "bid1Price" | "bid1Size" | "ask1Price" | "ask1Size" | "turnover24h";
type InstrumentField = "symbol" | "status" | "baseCoin" | "quoteCoin" | "symbolType" | "lotSizeFilter";

type Tickers = { readonly rows: readonly WireRow<TickerField>[]; readonly replyAtMs: number };
type Instrument = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly basePrecision: number;
};
type Tables = { spotTickers: Tickers; spotInstruments: Map<string, Digested<Instrument>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
