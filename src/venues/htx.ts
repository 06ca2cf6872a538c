/**
 * HTX, linear swaps settled in USDT, REST v1 (rates, contracts, books) and v2 (tickers).
 *
 * - `fundingRate` is the primary body (rate and next time); `merged` has bid, ask, their sizes and the volume; the interval
 *   stands in `contractInfo` alone, as hours under `settlement_period`, and is missing until that was read.
 * - There is no mark price in bulk, the index has a body of its own, and so has open interest: neither is fetched.
 * - Prices are per coin, sizes in contracts of `contract_size` coins, which can be a million of them: names have no multipliers.
 * - A rate of zero is written `0E-18`. `funding_time` of a suspended contract stays where it was, months back.
 * - Both lists hold dated futures beside the swaps, told by a date in the name, and their rate is null.
 * - `tradfi_labels` and `labels` tell shares, indices and metals from coins; some have the second alone.
 * - Volumes of `merged` are documented as the sum of both sides, buys and sells: each trade counts twice, so they are halved.
 * - `ts` is when the reply was made, the same on each of its rows. Errors come with `err_code` or `err-code`, inside HTTP 200.
 * - Whether a contract ends is told by its status alone. What status 0, "delisting", still lets one do is not documented.
 */
import type { Book } from "../domain/book.ts";
import { badShape, type VenueError } from "../domain/error.ts";
import { type AssetClass, perpetualSymbol, type TradingState } from "../domain/instrument.ts";
import { type QuoteWriter, quoteWriter, type RejectedRow, type RejectReason } from "../domain/quote.ts";
import { err, ok, type Result } from "../domain/result.ts";
import { MINUTE_MS } from "../domain/units.ts";
import { defineAdapter, type Fetched, type Parsed } from "./adapter.ts";
import { closeRow, joinRows, rowsByName, type WriteRow } from "./join-rows.ts";
import { entryReader, type NameBook, nameReader, type NameParts, perpetualName } from "./name-book.ts";
import { bookIn, type BookInstrument, pairLevel } from "./wire-book.ts";
import {
  type Digested,
  digestRows,
  type Fault,
  fieldsIn,
  listIn,
  numberIn,
  olderOf,
  positiveIn,
  reject,
  rejectDelisted,
  shownFields,
  timeMsIn,
  type WireRow,
} from "./wire.ts";

const DOCS = "https://huobiapi.github.io/docs/usdt_swap/v1/en/";
const hot = { method: "GET", refreshMs: 0, weight: 1, maxBytes: 4_000_000 } as const;
const slow = { method: "GET", refreshMs: 30 * MINUTE_MS, weight: 1, maxBytes: 4_000_000, required: false } as const;
/** How often the 24 h figures count a trade: `${DOCS}#general-get-a-batch-of-market-data-overview-v2`, read 2026-11-30. */
const BOTH_SIDES = 2;
/** 150 levels a side, prices not merged. */
const DEPTH = "/linear-swap-ex/market/depth?type=step0";
const depth = { method: "GET", weight: 1, maxBytes: 200_000 } as const;

/** HTX USDT perpetuals. */
export const htx = defineAdapter<Tables>({
  id: "htx",
  facts: {
    id: "htx",
    name: "HTX",
    takerFee: { perpetual: { rate: 0.0006, source: "https://www.htx.com/support/900000089923", readOn: "2026-11-30" }, spot: null },
    accrual: "settled",
    hasBulkBook: true,
    documentedCap: null,
  },
  docs: [
    `${DOCS}#general-query-a-batch-of-funding-rate`,
    `${DOCS}#general-get-a-batch-of-market-data-overview-v2`,
    `${DOCS}#general-query-swap-info`,
    `${DOCS}#general-get-market-depth`,
    "https://skills.sh/htx-exchange/htx-skills-hub/usdt-m-futures",
  ],
  hosts: ["api.hbdm.com", "api.hbdm.vn"],
  region: null,
  tradingPage: {
    url: (coin) => `https://www.htx.com/futures/linear_swap/exchange#contract_code=${coin}-USDT&contract_type=swap`,
    settle: "USDT",
  },
  budget: {
    weightPerMinute: 120,
    documentedLimit: `240 requests in 3 seconds per IP for public reference data, ${DOCS}#api-rate-limit-illustration`,
  },
  endpoints: {
    fundingRate: {
      ...hot,
      path: "/linear-swap-api/v1/swap_batch_funding_rate",
      required: true,
      read: (body) => replyIn(body, "data"),
    },
    merged: {
      ...hot,
      path: "/v2/linear-swap-ex/market/detail/batch_merged?business_type=swap",
      required: false,
      read: (body) => replyIn(body, "ticks"),
    },
    contractInfo: { ...slow, path: "/linear-swap-api/v1/swap_contract_info?business_type=swap", read: readContracts },
  },
  errorIn,
  book: { request: (code) => ({ ...depth, path: `${DEPTH}&contract_code=${encodeURIComponent(code)}` }), read: readBook },
  join,
});

function errorIn(body: unknown, status: number): VenueError | null {
  const envelope = fieldsIn<"status" | "err_code" | "err-code" | "err_msg" | "err-msg">(body);
  if (envelope?.status !== "error") return null;
  const code = String(envelope.err_code ?? envelope["err-code"]);
  const message = `${code}: ${String(envelope.err_msg ?? envelope["err-msg"])}`;
  if (TOO_MANY.has(code)) return { kind: "rate-limited", status, retryAfterMs: null, message };
  return OUT_OF_ORDER.has(code) ? { kind: "server", status, retryAfterMs: null, message } : { kind: "venue-error", code, message };
}

/** `${DOCS}#error-code-table`: 1032 is "access exceeds the limit"; 1000 to 1006 tell of the system itself, 1014 of one being upgraded. */
const TOO_MANY: ReadonlySet<string> = new Set(["1032", "429"]);
const OUT_OF_ORDER: ReadonlySet<string> = new Set(["1000", "1001", "1002", "1003", "1004", "1006", "1014", "500", "base-system-error"]);

function fieldOf(body: unknown, field: "data" | "ticks" | "tick"): Result<unknown, VenueError> {
  const error = errorIn(body, 200);
  if (error !== null) return err(error);
  const envelope = fieldsIn<"status" | typeof field>(body);
  return envelope?.status === "ok" ? ok(envelope[field]) : err(badShape("$.status", '"ok"', envelope === null ? body : envelope.status));
}

function replyIn<Field extends string>(body: unknown, field: "data" | "ticks"): Result<Reply<Field>, VenueError> {
  const data = fieldOf(body, field);
  const list = data.ok ? listIn<Field>(data.value, `$.${field}`) : data;
  if (!list.ok) return list;
  const ts = fieldsIn<"ts">(body)?.ts;
  const fault: Fault = { raised: false };
  const replyAtMs = timeMsIn(ts, fault);
  return fault.raised ? err(badShape("$.ts", "epoch ms", ts)) : ok({ rows: list.value, replyAtMs });
}

function readContracts(body: unknown): Result<Tables["contractInfo"], VenueError> {
  const reply = replyIn<ContractField>(body, "data");
  return reply.ok ? ok(digestRows(reply.value.rows, "contract_code", readContract)) : reply;
}

/** Levels `[price, contracts]`; `ts` inside `tick` is that of the book, outside that of the reply. */
function readBook(body: unknown, instrument: BookInstrument): Result<Book, VenueError> {
  const data = fieldOf(body, "tick");
  if (!data.ok) return data;
  const tick = fieldsIn<"bids" | "asks" | "ts">(data.value);
  return bookIn({ bids: tick?.bids, asks: tick?.asks, at: { value: tick?.ts, read: timeMsIn }, levelIn: pairLevel }, instrument);
}

function join(tables: Fetches, _: number, names: NameBook): Result<Parsed, VenueError> {
  const { fundingRate, merged } = tables;
  if (fundingRate === undefined) return err({ kind: "empty", message: "expected a body of fundingRate, found none" });
  const { rows } = fundingRate.table;
  const ticks = merged === undefined ? null : rowsByName(merged.table.rows, "contract_code", nameReader(names, "merged", parseName));
  const out = quoteWriter("htx", rows.length);
  const bookUnitBase = new Float64Array(rows.length);
  const contractOf = entryReader(names, tables.contractInfo?.table);
  const fault: Fault = { raised: false };
  const joinedAtMs = olderOf(fundingRate.receivedAtMs, merged?.receivedAtMs ?? Number.NaN);
  const joinedReplyAtMs = olderOf(fundingRate.table.replyAtMs, merged?.table.replyAtMs ?? Number.NaN);
  const write: WriteRow<RateField> = (known, row, { at }) => {
    const { name: symbol, parsed } = known;
    if (!parsed.ok) return reject(symbol, parsed.error, "expected the name of a perpetual: BASE-USDT");
    const contract = contractOf(known);
    if (contract !== undefined && contract.refusal !== null) return contract.refusal;
    const tick = ticks?.rowOf(known);
    const contractSize = contract?.contractSize ?? Number.NaN;
    fault.raised = contract?.faulty === true;
    bookUnitBase[at] = contractSize;
    out.receivedAtMs[at] = tick === undefined ? fundingRate.receivedAtMs : joinedAtMs;
    out.replyAtMs[at] = tick === undefined ? fundingRate.table.replyAtMs : joinedReplyAtMs;
    out.multiplier[at] = 1;
    out.fundingRatePerInterval[at] = numberIn(row.funding_rate, fault);
    out.fundingIntervalHours[at] = contract?.settlementPeriod ?? Number.NaN;
    out.nextFundingAtMs[at] = timeMsIn(row.funding_time, fault);
    out.volume24hUsd[at] = numberIn(tick?.trade_turnover, fault) / BOTH_SIDES;
    // Orders are in whole contracts.
    out.minOrderBase[at] = contractSize;
    out.lotBase[at] = contractSize;
    writeBest(out, { at, side: "bid", level: tick?.bid, contractSize, fault });
    writeBest(out, { at, side: "ask", level: tick?.ask, contractSize, fault });
    if (fault.raised) return reject(symbol, "bad-field", `expected numbers, found ${shownFields([row, tick, contract])}`);
    closeRow(out, contract?.assetClass ?? null, contract?.state ?? null);
    return null;
  };
  const readName = nameReader(names, "fundingRate", parseName);
  return joinRows({ rows, field: "contract_code", readName, out, counterparts: ticks, write, bookUnitBase });
}

type Best = {
  readonly at: number;
  readonly side: "bid" | "ask";
  readonly level: unknown;
  readonly contractSize: number;
  readonly fault: Fault;
};

/** `[price, contracts]`, or null where nobody quotes. */
function writeBest(out: QuoteWriter, { at, side, level, contractSize, fault }: Best): void {
  const [price, contracts] = pairLevel(level);
  if (level !== undefined && level !== null && !Array.isArray(level)) fault.raised = true;
  out[side][at] = numberIn(price, fault);
  out[`${side}SizeBase`][at] = numberIn(contracts, fault) * contractSize;
}

/** `PEPE-USDT` → PEPE in USDT; a third part is the day on which a future ends. */
function parseName(code: string): Result<NameParts, RejectReason> {
  const [base, quote, date] = code.split("-");
  if (base === undefined || base === "" || quote === undefined) return err("bad-symbol");
  if (date !== undefined) return err("not-perpetual");
  if (quote === "USD") return err("not-linear");
  return quote === "USDT" ? ok(perpetualName({ asset: base, multiplier: 1 }, quote, quote)) : err("unsupported-settle");
}

function readContract(row: NonNullable<WireRow<ContractField>>, fault: Fault, code: string): Contract {
  return {
    refusal: refusalOf(code, row),
    state: STATES.get(row.contract_status) ?? null,
    assetClass: classOf(row),
    contractSize: positiveIn(row.contract_size, fault),
    settlementPeriod: positiveIn(row.settlement_period, fault),
  };
}

/** States that decide money: a value that HTX does not document is refused. */
function refusalOf(code: string, row: NonNullable<WireRow<ContractField>>): RejectedRow | null {
  const { business_type, contract_status } = row;
  const found = `found ${shownFields({ business_type, contract_status })}`;
  if (business_type === "futures") return reject(code, "not-perpetual", found);
  if (business_type !== "swap") return reject(code, "unknown-contract-type", `expected business_type swap or futures, ${found}`);
  if (contract_status === 8) return rejectDelisted(code, perpetualSymbol(code.split("-")[0] ?? "", "USDT", "USDT"), found);
  return STATES.has(contract_status) ? null : reject(code, "unknown-state", `expected a documented contract_status, ${found}`);
}

/** `contract_status`, `${DOCS}#general-query-swap-info`; 8 is delivered. */
const STATES: ReadonlyMap<unknown, TradingState> = new Map([
  [0, "delisting"],
  [1, "trading"],
  [2, "pre-market"],
  [3, "halted"],
  [4, "halted"],
  [5, "halted"],
  [6, "delisting"],
  [7, "halted"],
  [9, "halted"],
]);

/** By the first list that says something; a coin where both lists were sent and neither speaks of anything else. */
function classOf({ tradfi_labels, labels }: NonNullable<WireRow<ContractField>>): AssetClass | null {
  const [first, second] = [labelsIn(tradfi_labels), labelsIn(labels)];
  if (first !== null && first.length > 0) return CLASSES.get(first[0]) ?? "other";
  const told = second?.find((label) => CLASSES.has(label));
  if (told !== undefined) return CLASSES.get(told) ?? "other";
  if (second?.includes("tradfi") === true) return "other";
  return first === null || second === null ? null : "crypto";
}

const labelsIn = (value: unknown): readonly unknown[] | null =>
  Array.isArray(value) ? value.map((label: unknown) => (typeof label === "string" ? label.toLowerCase() : label)) : null;

const CLASSES: ReadonlyMap<unknown, AssetClass> = new Map([
  ["stocks", "equity"],
  ["stock", "equity"],
  ["indices", "index"],
  ["metals", "commodity"],
  ["commodities", "commodity"],
  ["forex", "forex"],
]);

type RateField = "contract_code" | "funding_rate" | "funding_time";
type TickField = "contract_code" | "bid" | "ask" | "trade_turnover";
type ContractField =
  | "contract_code"
  | "business_type"
  | "contract_status"
  | "contract_size"
  | "settlement_period"
  | "tradfi_labels"
  | "labels";

type Reply<Field extends string> = { readonly rows: readonly WireRow<Field>[]; readonly replyAtMs: number };
type Contract = {
  readonly refusal: RejectedRow | null;
  readonly state: TradingState | null;
  readonly assetClass: AssetClass | null;
  readonly contractSize: number;
  readonly settlementPeriod: number;
};
type Tables = { fundingRate: Reply<RateField>; merged: Reply<TickField>; contractInfo: Map<string, Digested<Contract>> };
type Fetches = { readonly [K in keyof Tables]?: Fetched<Tables[K]> | undefined };
