/**
 * Hyperliquid, perpetuals of the first dex, `POST /info`.
 *
 * - One body: `[{ universe, … }, contexts]`, the two lists zipped by index.
 * - `funding` is the fraction for one hour, paid at each full hour; no time is sent, the schedule is documented.
 * - The book is `impactPxs`, the average prices at which the documented impact notional fills; sizes are not sent.
 *   It is null where a side cannot fill it.
 * - `openInterest` is in coins and one-sided. `oraclePx` is the index: denominated in USDT, while the collateral is USDC.
 * - `kPEPE` is 1,000 PEPE. Delisted coins keep their place with `isDelisted`. Other dexs have names like `xyz:TSLA`.
 */
import type { Book } from "../domain/book.ts";
import { badShape, type VenueError } from "../domain/error.ts";
import { type QuoteWriter, quoteWriter, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { HOUR_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { joinRows, closeRow, type WriteRow } from "./join-rows.ts";
import { type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { type Fault, fieldsIn, listIn, numberIn, reject, rejectDelisted, shownFields, timeMsIn, type WireRow } from "./wire.ts";
import { bookIn, type BookInstrument } from "./wire-book.ts";

const DOCS = "https://hyperliquid.gitbook.io/hyperliquid-docs";

/** Paid each hour: `${DOCS}/trading/funding`, read 2026-11-22. */
const INTERVAL_HOURS = 1;

/** USD behind `impactPxs`, "funding impact notional" of `${DOCS}/trading/contract-specifications`, read 2026-11-22. */
const IMPACT_NOTIONAL_USD = { majors: 20_000, others: 6_000 };
const MAJORS: ReadonlySet<string> = new Set(["BTC", "ETH"]);

/** Hyperliquid perpetuals. */
export const hyperliquid = defineAdapter<Tables>({
  id: "hyperliquid",
  facts: {
    id: "hyperliquid",
    name: "Hyperliquid",
    takerFee: { perpetual: { rate: 0.00045, source: `${DOCS}/trading/fees`, readOn: "2026-11-22" }, spot: null },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: { rate: 0.04, source: `${DOCS}/trading/funding`, readOn: "2026-11-22" },
  },
  docs: [
    `${DOCS}/for-developers/api/info-endpoint/perpetuals`,
    `${DOCS}/for-developers/api/info-endpoint`,
    `${DOCS}/for-developers/api/rate-limits-and-user-limits`,
    `${DOCS}/trading/funding`,
    `${DOCS}/trading/contract-specifications`,
  ],
  hosts: ["api.hyperliquid.xyz"],
  region: null,
  tradingPage: { url: (coin) => `https://app.hyperliquid.xyz/trade/${coin}`, settle: "USDC", thousand: "k" },
  budget: {
    weightPerMinute: 600,
    documentedLimit: `1200 weight a minute per IP, ${DOCS}/for-developers/api/rate-limits-and-user-limits`,
  },
  endpoints: {
    metaAndAssetCtxs: {
      method: "POST",
      path: "/info",
      body: { type: "metaAndAssetCtxs" },
      refreshMs: 0,
      weight: 20,
      maxBytes: 2_000_000,
      required: true,
      read: readMarkets,
    },
  },
  errorIn,
  book: {
    // At most 20 levels a side, at full precision.
    request: (coin) => ({ method: "POST", path: "/info", body: { type: "l2Book", coin }, weight: 2, maxBytes: 100_000 }),
    read: readBook,
  },
  join,
});

/** `{status: "err", response}`, or a plain sentence with an HTTP error. */
function errorIn(body: unknown, status: number): VenueError | null {
  if (typeof body === "string" && (status === 400 || status === 422)) {
    return { kind: "venue-error", code: String(status), message: body.slice(0, 200) };
  }
  const envelope = fieldsIn<"status" | "response">(body);
  if (envelope?.status !== "err") return null;
  return { kind: "venue-error", code: "err", message: shownFields(envelope.response) };
}

function readMarkets(body: unknown): Result<Markets, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  if (!Array.isArray(body) || body.length < 2) return err(badShape("$", "[meta, contexts]", body));
  const universe = listIn<CoinField>(fieldsIn<"universe">(body[0])?.universe, "$[0].universe");
  if (!universe.ok) return universe;
  const contexts = listIn<ContextField>(body[1], "$[1]");
  if (!contexts.ok) return contexts;
  if (contexts.value.length !== universe.value.length) return err(badShape("$[1]", `${universe.value.length} contexts`, body[1]));
  return ok({ universe: universe.value, contexts: contexts.value });
}

/** `levels` holds bids, then asks; `time` is that of the snapshot. An unknown coin is answered with null. */
function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const book = fieldsIn<"levels" | "time">(body);
  if (!Array.isArray(book?.levels)) return err(badShape("$.levels", "[bids, asks]", book?.levels));
  const levelIn = (level: unknown): readonly [unknown, unknown] => {
    const fields = fieldsIn<"px" | "sz">(level);
    return [fields?.px, fields?.sz];
  };
  return bookIn({ bids: book.levels[0], asks: book.levels[1], at: { value: book.time, read: timeMsIn }, levelIn }, instrument);
}

function join(tables: Fetches, nowMs: number, names: NameBook): Result<Parsed, VenueError> {
  const fetched = tables.metaAndAssetCtxs;
  if (fetched === undefined) return err({ kind: "empty", message: "expected a body of metaAndAssetCtxs, found none" });
  const rows = fetched.table.universe;
  const out = quoteWriter("hyperliquid", rows.length);
  const readName = nameReader(names, "universe", parseName);
  return joinRows({ rows, field: "name", readName, out, write: rowWriter(out, fetched, nowMs) });
}

function rowWriter(out: QuoteWriter, fetched: Fetched<Markets>, nowMs: number): WriteRow<CoinField> {
  const fault: Fault = { raised: false };
  const nextFundingAtMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
  return ({ name: symbol, parsed }, coin, { at, index }) => {
    const context = fetched.table.contexts[index] ?? null;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected a coin of the first dex");
    fault.raised = false;
    if (coin.isDelisted === true) return rejectDelisted(symbol, parsed.value.symbol, "found isDelisted");
    if (coin.isDelisted !== undefined && coin.isDelisted !== false) {
      return reject(symbol, "unknown-state", `expected isDelisted true, false or absent, found ${shownFields(coin.isDelisted)}`);
    }
    if (context === null) return reject(symbol, "no-counterpart", "expected a context at its index, found null");
    const { multiplier } = parsed.value;
    const mark = numberIn(context.markPx, fault);
    const [bid, ask] = impactPrices(context.impactPxs, fault);
    out.receivedAtMs[at] = fetched.receivedAtMs;
    out.fundingIntervalHours[at] = INTERVAL_HOURS;
    out.nextFundingAtMs[at] = nextFundingAtMs;
    out.multiplier[at] = multiplier;
    out.bid[at] = bid / multiplier;
    out.ask[at] = ask / multiplier;
    out.quotedNotionalUsd[at] =
      Number.isNaN(bid) || Number.isNaN(ask) ? Number.NaN : IMPACT_NOTIONAL_USD[MAJORS.has(symbol) ? "majors" : "others"];
    out.mark[at] = mark / multiplier;
    out.index[at] = numberIn(context.oraclePx, fault) / multiplier;
    out.fundingRatePerInterval[at] = numberIn(context.funding, fault);
    out.volume24hUsd[at] = numberIn(context.dayNtlVlm, fault);
    out.openInterestUsd[at] = numberIn(context.openInterest, fault) * mark;
    out.lotBase[at] = multiplier / 10 ** numberIn(coin.szDecimals, fault);
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([coin, context])}`);
    // What stands in the first dex and is not delisted.
    closeRow(out, "crypto", "trading");
    return null;
  };
}

/** `kBONK` → 1,000 BONK in USDC. */
const parseName = (symbol: string): Result<NameParts, RejectReason> =>
  symbol.includes(":") ? err("not-an-instrument") : ok(perpetualName(coinOf(symbol), "USDC", "USDC"));

function coinOf(symbol: string): { readonly asset: string; readonly multiplier: number } {
  const thousands = symbol.charCodeAt(0) === 107 && /^k\p{Lu}/u.test(symbol);
  return thousands ? { asset: symbol.slice(1), multiplier: 1000 } : { asset: symbol, multiplier: 1 };
}

/** `[bid, ask]`, or nothing where the book is too thin for the impact notional. */
function impactPrices(value: unknown, fault: Fault): readonly [number, number] {
  if (value === undefined || value === null) return [Number.NaN, Number.NaN];
  if (!Array.isArray(value) || value.length !== 2) {
    fault.raised = true;
    return [Number.NaN, Number.NaN];
  }
  return [numberIn(value[0], fault), numberIn(value[1], fault)];
}

type CoinField = "name" | "szDecimals" | "isDelisted";
type ContextField = "funding" | "openInterest" | "dayNtlVlm" | "oraclePx" | "markPx" | "impactPxs";

type Markets = { readonly universe: readonly WireRow<CoinField>[]; readonly contexts: readonly WireRow<ContextField>[] };
type Tables = { metaAndAssetCtxs: Markets };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
