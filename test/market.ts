import type { Leg } from "../src/domain/opportunity.ts";
import { finishColumns, NUMERIC_COLUMNS, type NumericColumn, type Quote, quoteWriter } from "../src/domain/quote.ts";
import type { VenueFacts } from "../src/domain/venue.ts";
import type { MarketVenue } from "../src/strategies/strategy.ts";

const nothingSent = Object.fromEntries(NUMERIC_COLUMNS.map((name) => [name, null])) as Record<NumericColumn, number | null>;

/** A trading perpetual of which only the given fields were sent. */
export const quoteWith = (fields: Partial<Quote>): Quote => ({
  ...nothingSent,
  venue: "alpha",
  symbol: "BTC/USDT:USDT",
  kind: "perpetual",
  asset: "BTC",
  quote: "USDT",
  settle: "USDT",
  assetClass: "crypto",
  state: "trading",
  ...fields,
});

export const legWith = (side: Leg["side"], fields: Partial<Quote>, terms: Partial<Pick<Leg, "takerFeeRate" | "accrual">> = {}): Leg => ({
  side,
  quote: quoteWith(fields),
  takerFeeRate: 0.0005,
  takerFeeSource: "test",
  accrual: "settled",
  ...terms,
});

export type VenueSpec = {
  readonly id: string;
  readonly takerFeeRate: number | null;
  /** Of spot; not known unless given. */
  readonly spotFeeRate?: number;
  readonly accrual?: "settled" | "continuous";
  /** `assetId` is the asset unless given; `refused` rows did not pass the gate. */
  readonly rows: readonly (Partial<Quote> & { readonly assetId?: string | null; readonly refused?: boolean })[];
};

const documented = (rate: number | null) => (rate === null ? null : { rate, source: "test", readOn: "2026-11-22" });

const factsOf = ({ id, takerFeeRate, spotFeeRate, accrual }: VenueSpec): VenueFacts => ({
  id,
  name: id,
  takerFee: { perpetual: documented(takerFeeRate), spot: documented(spotFeeRate ?? null) },
  accrual: accrual ?? "settled",
  hasBulkBook: true,
  documentedCap: null,
});

/** A venue of a market after the gate, from rows as objects. */
export function marketVenue(spec: VenueSpec): MarketVenue {
  const writer = quoteWriter(spec.id, spec.rows.length);
  for (const [place, fields] of spec.rows.entries()) {
    const quote = quoteWith({ ...fields, venue: spec.id });
    for (const name of NUMERIC_COLUMNS) writer[name][place] = quote[name] ?? Number.NaN;
    for (const name of ["symbol", "asset", "quote", "settle"] as const) writer[name].push(quote[name]);
    writer.kind.push(quote.kind);
    writer.assetClass.push(quote.assetClass);
    writer.state.push(quote.state);
  }
  const columns = finishColumns(writer);
  const passed = Uint32Array.from(spec.rows.flatMap((row, place) => (row.refused === true ? [] : [place])));
  const assetId = spec.rows.map((row, place) => (row.assetId === undefined ? (columns.asset[place] ?? null) : row.assetId));
  return { facts: factsOf(spec), columns, passed, assetId };
}
