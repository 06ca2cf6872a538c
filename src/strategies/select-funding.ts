import { type Best, best } from "./best.ts";
import { type DropCounter, dropCounter } from "./drop-counter.ts";
import { type RowFacts, rowFacts } from "./row-facts.ts";
import type { DirectedPair, DroppedPair, Market, OpenPair, PairDropReason, RowRef, SelectRequest, Selection } from "./strategy.ts";

/**
 * Chooses the directed pairs worth a ledger: those of positive carry with `funding − half the fees − crossing ≥ bar` (a
 * cost that is not known counts as nothing here, so that a pair with a gap is shown with its gap), every pair of an open
 * row, and the best others by their whole net where that is known. Pairs are of one asset, on two venues. Cost: one pass
 * over the rows, then a few sums a pair. Example: run in select-funding.test.ts.
 */
export function selectFunding(market: Market, request: SelectRequest): Selection {
  const facts = rowFacts(market, request);
  const desk: Desk = {
    market,
    facts,
    openNet: request.settings.openNet,
    open: openCodes(market, facts, request.open),
    pairs: [],
    drops: dropCounter(market.length),
    nearMisses: best(request.nearMissCount),
  };
  let considered = 0;
  for (const entries of facts.byAsset.values()) {
    for (const [place, one] of entries.entries()) {
      for (let next = place + 1; next < entries.length; next++) {
        const other = entries[next] ?? 0;
        if (facts.venue[one] === facts.venue[other]) continue;
        considered += 2;
        judge(desk, one, other);
      }
    }
  }
  for (const { long, short } of desk.nearMisses.items()) take(desk, { long, short, why: "near-miss" });
  return { pairs: desk.pairs, considered, ...desk.drops.result() };
}

/** A directed pair by its entries in the facts. */
type Pair = { readonly long: number; readonly short: number };

type Desk = {
  readonly market: Market;
  readonly facts: RowFacts;
  readonly openNet: number;
  /** Codes of the pairs of open rows, see `codeOf`. */
  readonly open: ReadonlySet<number>;
  readonly pairs: DirectedPair[];
  readonly drops: DropCounter;
  readonly nearMisses: Best<Pair>;
};

/** Decides both directions of a pair of rows. At most one has a positive carry. */
function judge(desk: Desk, one: number, other: number): void {
  const { facts } = desk;
  const carry = at(facts.ratePerHour, other) - at(facts.ratePerHour, one);
  const unknown = Number.isNaN(carry + at(facts.funding, one) + at(facts.funding, other));
  const gap = facts.settleGroup[one] !== facts.settleGroup[other] ? "settle-mismatch" : unknown ? "no-rate" : null;
  if (gap !== null) {
    drop(desk, { long: one, short: other }, gap);
    drop(desk, { long: other, short: one }, gap);
  } else if (carry > 0) {
    weigh(desk, one, other);
    passOver(desk, other, one);
  } else {
    passOver(desk, one, other);
    if (carry < 0) weigh(desk, other, one);
    else passOver(desk, other, one);
  }
}

/** Decides a direction of positive carry. */
function weigh(desk: Desk, long: number, short: number): void {
  const pair = { long, short };
  if (netAtHalfFees(desk.facts, long, short) >= desk.openNet) return take(desk, { ...pair, why: "candidate" });
  if (isOpen(desk, pair)) return take(desk, { ...pair, why: "open" });
  const net = netAtFullFees(desk.facts, long, short);
  const beaten = desk.nearMisses.takes(net) ? desk.nearMisses.add(pair, net) : pair;
  if (beaten !== null) drop(desk, beaten, "below-threshold");
}

/** Decides a direction that does not earn: it is priced only where it is open. */
function passOver(desk: Desk, long: number, short: number): void {
  const pair = { long, short };
  if (isOpen(desk, pair)) take(desk, { ...pair, why: "open" });
  else drop(desk, pair, "no-carry");
}

// The sums are in the order of the ledger's, so that both round alike.
const netAtFullFees = (facts: RowFacts, long: number, short: number): number =>
  at(facts.funding, short) -
  at(facts.funding, long) -
  2 * (at(facts.takerFee, long) + at(facts.takerFee, short)) -
  (at(facts.crossing, long) + at(facts.crossing, short));

/** Fees are `2 (f_L + f_S)`, so half of them is the plain sum. */
const netAtHalfFees = (facts: RowFacts, long: number, short: number): number =>
  at(facts.funding, short) -
  at(facts.funding, long) -
  (known(at(facts.takerFee, long)) + known(at(facts.takerFee, short))) -
  (known(at(facts.crossing, long)) + known(at(facts.crossing, short)));

const at = (column: Float64Array, entry: number): number => column[entry] ?? Number.NaN;
const known = (cost: number): number => (Number.isNaN(cost) ? 0 : cost);

function drop(desk: Desk, pair: Pair, reason: PairDropReason): void {
  if (desk.drops.add(reason, desk.facts.venue[pair.long] ?? 0)) desk.drops.keep(sampleOf(desk, pair, reason));
}

function sampleOf({ market, facts }: Desk, { long, short }: Pair, reason: PairDropReason): DroppedPair {
  const venueOf = (entry: number): string => market[facts.venue[entry] ?? 0]?.facts.id ?? "";
  const estimate = reason === "below-threshold" ? netAtHalfFees(facts, long, short) : null;
  return { asset: facts.asset[long] ?? "", long: venueOf(long), short: venueOf(short), reason, estimate };
}

function take({ facts, pairs }: Desk, { long, short, why }: Pair & Pick<DirectedPair, "why">): void {
  pairs.push({ asset: facts.asset[long] ?? "", long: refOf(facts, long), short: refOf(facts, short), why });
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
  for (const [asset, places] of facts.byAsset) {
    for (const entry of places) {
      const venue = market[facts.venue[entry] ?? 0];
      const symbol = venue?.columns.symbol[facts.row[entry] ?? 0] ?? "";
      if (venue === undefined || !symbols.has(symbol)) continue;
      const name = placeName(asset, { venue: venue.facts.id, symbol });
      if (wanted.has(name)) entries.set(name, entry);
    }
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
