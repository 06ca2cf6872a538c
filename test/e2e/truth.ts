import type { Simulator } from "../../simulator/simulator.ts";
import { instrumentId } from "../../src/domain/instrument.ts";
import { type Quote, quoteAt } from "../../src/domain/quote.ts";
import type { VenueAdapter } from "../../src/venues/adapter.ts";
import { ADAPTERS } from "../../src/venues/registry.ts";
import { type Bodies, parseBodies } from "../contract/bodies.ts";
import type { World } from "./world.ts";

/** Quotes by instrument. */
export type Served = ReadonlyMap<string, Quote>;

/** What the venues show now, read from bodies fetched beside the Worker. A venue that shows no rows has none here. */
export async function servedNow(simulator: Simulator, without: readonly string[] = []): Promise<Served> {
  const served = new Map<string, Quote>();
  for (const adapter of ADAPTERS) {
    if (without.includes(adapter.id)) continue;
    const parsed = parseBodies(adapter, await bodiesOf(simulator, adapter), simulator.nowMs());
    if (!parsed.ok) continue;
    const { columns } = parsed.value;
    for (let row = 0; row < columns.count; row++) {
      const quote = quoteAt(columns, row);
      served.set(instrumentId(quote.venue, quote.symbol), quote);
    }
  }
  return served;
}

async function bodiesOf(simulator: Simulator, { hosts, endpoints }: VenueAdapter): Promise<Bodies> {
  const bodies: Record<string, unknown> = {};
  for (const [name, { method, path, body }] of Object.entries(endpoints)) {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await simulator.handle(new Request(`https://${hosts[0] ?? ""}${path}`, init));
    bodies[name] = await response.json();
  }
  return bodies;
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Numbers of a quote that are shown and stored as they were sent. */
const SENT = ["bid", "ask", "mark", "index", "fundingRatePerInterval", "fundingIntervalHours", "nextFundingAtMs"] as const;
const TOLERANCE = 1e-9;

/** What is wrong with a leg that is stored or shown; empty where it is what its venue sent. */
export type LegJudge = (leg: Json, at: string) => readonly string[];

/** The rows that were written and the scans that were stored since a time. */
type Written = { readonly rows: readonly Json[]; readonly scans: readonly Json[] };

const written = async (world: Pick<World, "sql">, sinceMs: number): Promise<Written> => ({
  rows: await world.sql(`SELECT * FROM opportunities WHERE updated_at >= ${sinceMs}`),
  scans: await world.sql(`SELECT observations, near_misses, unpriced FROM scans WHERE created_at >= ${sinceMs}`),
});

/**
 * Everything that is stored or shown and that no venue sent, or that does not recompute from what it stands on: D1, KV
 * and API, one sentence each. Empty where every number is true.
 */
export async function untruths(world: World, served: Served): Promise<readonly string[]> {
  const judge = asServed(served);
  const list: unknown = await (await world.get("/api/opportunities?grouped=false")).json();
  return [...(await storedUntruths(world, judge)), ...inside(list, { at: "API", judge })];
}

/** The same of D1 and KV alone, in D1 of what was written since that time. */
export async function storedUntruths(world: Pick<World, "sql" | "kvText">, judge: LegJudge, sinceMs = 0): Promise<readonly string[]> {
  const { rows, scans } = await written(world, sinceMs);
  const snapshot: unknown = JSON.parse((await world.kvText("market:v1:snapshot")) ?? "null");
  const stored = [
    ...rows.flatMap((row) => rowUntruths(row)),
    ...rows.flatMap((row) => inside(parsed(row["priced"]), { at: `D1 ${String(row["key"])}`, judge })),
    ...scans.flatMap((scan) => observationUntruths(parsed(scan["observations"]))),
    ...scans.flatMap((scan) =>
      ["near_misses", "unpriced"].flatMap((name) => inside(parsed(scan[name]), { at: `D1 scans.${name}`, judge })),
    ),
  ];
  if (!isJson(snapshot)) return [...stored, "KV: no snapshot"];
  const { market, ...shown } = snapshot;
  return [...stored, ...inside(shown, { at: "KV", judge }), ...marketUntruths(market, judge)];
}

const parsed = (text: unknown): unknown => JSON.parse(String(text));

type Where = { readonly at: string; readonly judge: LegJudge };

/** Walks a value: legs must be what was served, pairs must recompute from their legs, numbers must be numbers. */
function inside(value: unknown, where: Where): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => inside(each, { ...where, at: `${where.at}[${index}]` }));
  if (typeof value === "number" && !Number.isFinite(value)) return [`${where.at}: ${value}`];
  if (!isJson(value)) return [];
  const own = "fundingRatePerInterval" in value && "symbol" in value ? where.judge(value, where.at) : [];
  const pair = "rateDifference" in value && isJson(value["ledger"]) ? pairUntruths(value, where) : [];
  return [...own, ...pair, ...Object.entries(value).flatMap(([key, each]) => inside(each, { ...where, at: `${where.at}.${key}` }))];
}

/** A leg must be what was served, to the last digit. */
function asServed(served: Served): LegJudge {
  return (leg, at) => {
    const name = nameOf(leg);
    const quote = served.get(name);
    if (quote === undefined) return [`${at}: ${name} was not served`];
    return SENT.filter((field) => leg[field] !== quote[field]).map(
      (field) => `${at}: ${field} of ${name} is ${String(leg[field])}, served was ${String(quote[field])}`,
    );
  };
}

/**
 * A leg must be what was served at one of several times: each figure as it was then or missing, and the next funding time
 * one of the schedule, as a row that waits for its venue keeps the one it had.
 */
export function asServedOnce(times: readonly Served[]): LegJudge {
  return (leg, at) => {
    const quotes = times.flatMap((served) => served.get(nameOf(leg)) ?? []);
    const wrongIn = (quote: Quote): readonly string[] => SENT.filter((field) => !isServed(field, leg, quote));
    const wrong = quotes.map(wrongIn).sort((a, b) => a.length - b.length)[0];
    if (wrong === undefined) return [`${at}: ${nameOf(leg)} was not served`];
    return wrong.map((field) => `${at}: ${field} of ${nameOf(leg)} is ${String(leg[field])}, served was ${servedText(quotes, field)}`);
  };
}

const servedText = (quotes: readonly Quote[], field: string): string =>
  quotes.map((quote) => String(Reflect.get(quote, field))).join(" or ");
const nameOf = (leg: Json): string => instrumentId(String(leg["venue"]), String(leg["symbol"]));

function isServed(field: (typeof SENT)[number], leg: Json, quote: Quote): boolean {
  const found = leg[field];
  if (found === null || found === quote[field]) return true;
  const { nextFundingAtMs, fundingIntervalHours } = quote;
  if (field !== "nextFundingAtMs" || nextFundingAtMs === null || fundingIntervalHours === null) return false;
  return Math.abs(nextFundingAtMs - Number(found)) % (fundingIntervalHours * 3_600_000) === 0;
}

/** A leg's quote stands in the leg where it is stored, and is spread into it where it is shown. */
const quoteOf = (leg: unknown): unknown => (isJson(leg) && isJson(leg["quote"]) ? leg["quote"] : leg);
const numberIn = (quote: unknown, name: string): number => (isJson(quote) ? Number(quote[name]) : Number.NaN);
const ratePer8h = (quote: unknown): number => (numberIn(quote, "fundingRatePerInterval") * 8) / numberIn(quote, "fundingIntervalHours");

type Rates = { readonly long: number | null; readonly short: number; readonly difference: number };

/** What a pair's rates must be by its strategy: funding of both legs, of the short one alone, or the prices dealt at. */
function ratesOf({ strategy, long, short }: Json): Rates {
  const [bought, sold] = [quoteOf(long), quoteOf(short)];
  if (strategy === "price") {
    const [ask, bid] = [numberIn(bought, "ask"), numberIn(sold, "bid")];
    return { long: ask, short: bid, difference: (bid - ask) / ask };
  }
  if (strategy === "carry") return { long: null, short: ratePer8h(sold), difference: ratePer8h(sold) };
  return { long: ratePer8h(bought), short: ratePer8h(sold), difference: ratePer8h(sold) - ratePer8h(bought) };
}

function pairUntruths(pair: Json, { at }: Where): readonly string[] {
  const { strategy, longRate, shortRate, rateDifference, ledger } = pair;
  const { priceGain, funding, fees, crossing, net } = isJson(ledger) ? ledger : {};
  const gain = strategy === "price" ? priceGain : 0;
  const isNetKnown = gain !== null && funding !== null && fees !== null && crossing !== null;
  const rates = ratesOf(pair);
  const expected: readonly (readonly [string, unknown, number | null])[] = [
    ["longRate", longRate, rates.long],
    ["shortRate", shortRate, rates.short],
    ["rateDifference", rateDifference, rates.difference],
    ["net", net, isNetKnown ? Number(gain) + Number(funding) - Number(fees) - Number(crossing) : null],
  ];
  return expected
    .filter(([, found, value]) => !agrees(found, value))
    .map(([name, found, value]) => `${at}: ${name} is ${String(found)}, recomputed ${value}`);
}

const agrees = (found: unknown, value: number | null): boolean =>
  value === null ? found === null : typeof found === "number" && Math.abs(found - value) <= TOLERANCE;

/** Columns of D1 say what the pair in the row says. */
function rowUntruths(row: Json): readonly string[] {
  const pair = parsed(row["priced"]);
  if (!isJson(pair)) return [`D1 ${String(row["key"])}: no pair`];
  const ledger = isJson(pair["ledger"]) ? pair["ledger"] : {};
  const columns: [string, unknown][] = [
    ["long_rate", pair["longRate"]],
    ["short_rate", pair["shortRate"]],
    ["rate_difference", pair["rateDifference"]],
    ["net", ledger["net"]],
  ];
  for (const side of ["long", "short"]) {
    const leg = pair[side];
    const quote = isJson(leg) && isJson(leg["quote"]) ? leg["quote"] : {};
    for (const name of ["bid", "ask", "mark"]) columns.push([`${side}_${name}`, quote[name]]);
    columns.push([`${side}_rate_per_interval`, quote["fundingRatePerInterval"]], [`${side}_interval_hours`, quote["fundingIntervalHours"]]);
  }
  return columns
    .filter(([name, value]) => row[name] !== value)
    .map(([name, value]) => `D1 ${String(row["key"])}: ${name} is ${String(row[name])}, its pair says ${String(value)}`);
}

function observationUntruths(observations: unknown): readonly string[] {
  if (!isJson(observations)) return ["D1 scans.observations: no columns"];
  const { id, net, rateDifference } = observations;
  if (!Array.isArray(id) || !Array.isArray(net) || !Array.isArray(rateDifference)) return ["D1 scans.observations: no columns"];
  const uneven = id.length === net.length && id.length === rateDifference.length ? [] : ["D1 scans.observations: columns of other lengths"];
  const odd = [...net, ...rateDifference].filter((value) => value !== null && (!Number.isFinite(value) || value === 0));
  return [...uneven, ...odd.map((value) => `D1 scans.observations: ${String(value)}`)];
}

function marketUntruths(market: unknown, judge: LegJudge): readonly string[] {
  if (!isJson(market)) return ["KV: no market"];
  return Object.entries(market).flatMap(([feed, columns]) => {
    if (!isJson(columns) || !Array.isArray(columns["symbol"])) return [`KV market of ${feed}: no columns`];
    const { venue } = columns;
    const cell = (name: string, row: number): unknown => (Array.isArray(columns[name]) ? columns[name][row] : undefined);
    return columns["symbol"].flatMap((symbol, row) => {
      const leg = Object.fromEntries(SENT.map((name) => [name, cell(name, row)]));
      return judge({ venue, symbol, ...leg }, "KV market");
    });
  });
}
