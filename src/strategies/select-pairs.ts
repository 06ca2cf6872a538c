import type { InstrumentKind } from "../domain/instrument.ts";
import { type Best, best } from "./best.ts";
import { type DropCounter, dropCounter } from "./drop-counter.ts";
import { rowFacts } from "./row-facts.ts";
import type {
  DirectedPair,
  DroppedPair,
  Market,
  OpenPair,
  PairDropReason,
  RowFacts,
  RowRef,
  SelectRequest,
  Selection,
} from "./strategy.ts";

/** How a strategy pairs rows. Rows are named by their entries in the facts, and all figures are numbers of those. */
export type PairRules = {
  /** What is bought. What is sold is a perpetual, and where both are, either may be bought. */
  readonly longKind: InstrumentKind;
  /** Whether both legs may be of one venue. */
  readonly oneVenue: boolean;
  /** What keeps two rows apart, whichever is bought; null where they may pair. */
  readonly apart: (facts: RowFacts, long: number, short: number) => PairDropReason | null;
  /** Above zero where this direction earns; never so in both directions. */
  readonly edge: (facts: RowFacts, long: number, short: number) => number;
  /** Why a direction without an edge is dropped. */
  readonly noEdge: PairDropReason;
  /** What the pair earns over the horizon before any cost, fraction. */
  readonly earned: (facts: RowFacts, long: number, short: number) => number;
  /** What crossing costs each row, fraction. */
  readonly crossing: (facts: RowFacts) => Float64Array;
};

/**
 * Chooses the directed pairs worth a ledger: those with an edge and `earned − half the fees − crossing ≥ bar` (a cost that
 * is not known counts as nothing here, so that a pair with a gap is shown with its gap), every pair of an open row, and the
 * best others by their whole net where that is known. Pairs are of one asset. Cost: one pass over the rows, then a few sums
 * a pair. Example: run in select-funding.test.ts.
 */
export function selectPairs(market: Market, request: SelectRequest, rules: PairRules): Selection {
  const facts = request.rows ?? rowFacts(market, request);
  const desk: Desk = {
    market,
    facts,
    rules,
    crossing: rules.crossing(facts),
    openNet: request.settings.openNet,
    open: openCodes(market, facts, request.open),
    pairs: [],
    drops: dropCounter(market.length),
    nearMisses: best(request.nearMissCount),
  };
  const considered = rules.longKind === "spot" ? pairSpot(desk) : pairPerpetuals(desk);
  for (const { long, short } of desk.nearMisses.items()) take(desk, { long, short, why: "near-miss" });
  return { pairs: desk.pairs, considered, ...desk.drops.result() };
}

/** A directed pair by its entries in the facts. */
type Pair = { readonly long: number; readonly short: number };

type Desk = {
  readonly market: Market;
  readonly facts: RowFacts;
  readonly rules: PairRules;
  readonly crossing: Float64Array;
  readonly openNet: number;
  /** Codes of the pairs of open rows, see `codeOf`. */
  readonly open: ReadonlySet<number>;
  readonly pairs: DirectedPair[];
  readonly drops: DropCounter;
  readonly nearMisses: Best<Pair>;
};

/** Both directions of every two perpetuals of one asset; gives how many were considered. */
function pairPerpetuals(desk: Desk): number {
  const { facts } = desk;
  const venueOf = venueNumbers(desk.market);
  let considered = 0;
  for (const entries of facts.byAsset.values()) {
    for (const [place, one] of entries.entries()) {
      for (let next = place + 1; next < entries.length; next++) {
        const other = entries[next] ?? 0;
        if (!desk.rules.oneVenue && venueOf[facts.venue[one] ?? 0] === venueOf[facts.venue[other] ?? 0]) continue;
        considered += 2;
        const apart = desk.rules.apart(facts, one, other);
        judge(desk, { long: one, short: other }, apart);
        judge(desk, { long: other, short: one }, apart);
      }
    }
  }
  return considered;
}

/** Every spot row of an asset with every perpetual of it; gives how many were considered. Spot is never sold short. */
function pairSpot(desk: Desk): number {
  const { facts } = desk;
  const venueOf = venueNumbers(desk.market);
  let considered = 0;
  for (const [asset, longs] of facts.spotByAsset) {
    const shorts = facts.byAsset.get(asset) ?? [];
    for (const long of longs) {
      for (const short of shorts) {
        if (!desk.rules.oneVenue && venueOf[facts.venue[long] ?? 0] === venueOf[facts.venue[short] ?? 0]) continue;
        considered++;
        judge(desk, { long, short }, desk.rules.apart(facts, long, short));
      }
    }
  }
  return considered;
}

/** A number for each place of the market, equal where the venue is: its perpetuals and its spot stand in two places. */
const venueNumbers = (market: Market): readonly number[] =>
  market.map(({ facts }) => market.findIndex((other) => other.facts.id === facts.id));

/** Decides one direction. */
function judge(desk: Desk, pair: Pair, apart: PairDropReason | null): void {
  if (apart !== null) drop(desk, pair, apart);
  else if (desk.rules.edge(desk.facts, pair.long, pair.short) > 0) weigh(desk, pair);
  else if (isOpen(desk, pair)) take(desk, { ...pair, why: "open" });
  else drop(desk, pair, desk.rules.noEdge);
}

/** Decides a direction that has an edge. */
function weigh(desk: Desk, pair: Pair): void {
  if (netAtHalfFees(desk, pair) >= desk.openNet) return take(desk, { ...pair, why: "candidate" });
  if (isOpen(desk, pair)) return take(desk, { ...pair, why: "open" });
  const net = netAtFullFees(desk, pair);
  const beaten = desk.nearMisses.takes(net) ? desk.nearMisses.add(pair, net) : pair;
  if (beaten !== null) drop(desk, beaten, "below-threshold");
}

// The sums are in the order of the ledger's, so that both round alike.
const netAtFullFees = ({ facts, rules, crossing }: Desk, { long, short }: Pair): number =>
  rules.earned(facts, long, short) -
  2 * (numberAt(facts.takerFee, long) + numberAt(facts.takerFee, short)) -
  (numberAt(crossing, long) + numberAt(crossing, short));

/** Fees are `2 (f_L + f_S)`, so half of them is the plain sum. */
const netAtHalfFees = ({ facts, rules, crossing }: Desk, { long, short }: Pair): number =>
  rules.earned(facts, long, short) -
  (known(numberAt(facts.takerFee, long)) + known(numberAt(facts.takerFee, short))) -
  (known(numberAt(crossing, long)) + known(numberAt(crossing, short)));

/** The number of an entry, `NaN` where it is not known. */
export const numberAt = (column: Float64Array, entry: number): number => column[entry] ?? Number.NaN;
const known = (cost: number): number => (Number.isNaN(cost) ? 0 : cost);

function drop(desk: Desk, pair: Pair, reason: PairDropReason): void {
  if (desk.drops.add(reason, desk.facts.venue[pair.long] ?? 0)) desk.drops.keep(sampleOf(desk, pair, reason));
}

function sampleOf(desk: Desk, pair: Pair, reason: PairDropReason): DroppedPair {
  const { market, facts } = desk;
  const venueOf = (entry: number): string => market[facts.venue[entry] ?? 0]?.facts.id ?? "";
  const estimate = reason === "below-threshold" ? netAtHalfFees(desk, pair) : null;
  return { asset: facts.asset[pair.long] ?? "", long: venueOf(pair.long), short: venueOf(pair.short), reason, estimate };
}

function take({ facts, rules, pairs }: Desk, { long, short, why }: Pair & Pick<DirectedPair, "why">): void {
  const gross = rules.earned(facts, long, short);
  pairs.push({ asset: facts.asset[long] ?? "", long: refOf(facts, long), short: refOf(facts, short), why, gross });
}

const refOf = (facts: RowFacts, entry: number): RowRef => ({ venue: facts.venue[entry] ?? 0, row: facts.row[entry] ?? 0 });

const isOpen = ({ open, facts }: Desk, pair: Pair): boolean => open.size > 0 && open.has(codeOf(facts, pair));

/** One number for the two entries of a directed pair: exact, as there are far fewer than 2^26 rows. */
const codeOf = (facts: RowFacts, { long, short }: Pair): number => long * facts.count + short;

/** The codes of open rows whose legs both stand in the market under the row's own asset. */
function openCodes(market: Market, facts: RowFacts, open: readonly OpenPair[]): ReadonlySet<number> {
  if (open.length === 0) return new Set();
  const wanted = new Set(open.flatMap((pair) => [placeName(pair.asset, pair.long.quote), placeName(pair.asset, pair.short.quote)]));
  const symbols = new Set(open.flatMap((pair) => [pair.long.quote.symbol, pair.short.quote.symbol]));
  const entries = new Map<string, number>();
  for (const [entry, asset] of facts.asset.entries()) {
    const venue = market[facts.venue[entry] ?? 0];
    const symbol = venue?.columns.symbol[facts.row[entry] ?? 0] ?? "";
    if (venue === undefined || !symbols.has(symbol)) continue;
    const name = placeName(asset, { venue: venue.facts.id, symbol });
    if (wanted.has(name)) entries.set(name, entry);
  }
  const codes = new Set<number>();
  for (const pair of open) {
    const long = entries.get(placeName(pair.asset, pair.long.quote));
    const short = entries.get(placeName(pair.asset, pair.short.quote));
    if (long !== undefined && short !== undefined) codes.add(codeOf(facts, { long, short }));
  }
  return codes;
}

const placeName = (asset: string, { venue, symbol }: OpenPair["long"]["quote"]): string => `${asset}|${venue}|${symbol}`;
