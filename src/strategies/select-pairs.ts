import type { InstrumentKind } from "../domain/instrument.ts";
import { type Best, best } from "./best.ts";
import { type DropCounter, dropCounter, reasonNumber } from "./drop-counter.ts";
import { LACKS_PRICE, rowFacts } from "./row-facts.ts";
import {
  type DirectedPair,
  type DroppedPair,
  type Market,
  type OpenPair,
  PAIR_DROP_REASONS,
  type PairDropReason,
  type RowFacts,
  type RowRef,
  type SelectRequest,
  type Selection,
} from "./strategy.ts";

/**
 * How a strategy pairs rows. Rows are named by their entries in the facts, and what decides over most pairs is a column of
 * numbers, so that tens of thousands of them are told apart without a call or an object each.
 */
export type PairRules = {
  /** What is bought. What is sold is a perpetual, and where both are, either may be bought. */
  readonly longKind: InstrumentKind;
  /** Whether both legs may be of one venue. */
  readonly oneVenue: boolean;
  /** Rows pair only where this number is the same, and are dropped as `mismatch` elsewhere. */
  readonly group: (facts: RowFacts) => Uint16Array;
  readonly mismatch: PairDropReason;
  /** Bits of `lacks` that keep a row from pairing: without a price it is dropped as `no-price`, without funding as `no-rate`. */
  readonly needs: number;
  /** What the long leg pays and what the short leg receives, by entry: a direction has an edge where more is received. */
  readonly paid: (facts: RowFacts) => Float64Array;
  readonly received: (facts: RowFacts) => Float64Array;
  /** Why a direction without an edge is dropped. */
  readonly noEdge: PairDropReason;
  /** Share of the pair's price gap that it earns beside its funding; 0 where it does not live on one. */
  readonly closure: number;
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
  const crossing = rules.crossing(facts);
  const desk: Desk = {
    market,
    facts,
    rules,
    group: rules.group(facts),
    paid: rules.paid(facts),
    received: rules.received(facts),
    crossing,
    mismatch: reasonNumber(rules.mismatch),
    noEdge: reasonNumber(rules.noEdge),
    openNet: request.settings.openNet,
    ...openPairs(market, facts, request.open),
    ceilings: rules.closure === 0 ? ceilingsOf(facts, crossing) : null,
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
  readonly group: Uint16Array;
  readonly paid: Float64Array;
  readonly received: Float64Array;
  readonly crossing: Float64Array;
  /** Numbers of the reasons, as the counter takes them. */
  readonly mismatch: number;
  readonly noEdge: number;
  readonly openNet: number;
  /** Codes of the pairs of open rows, see `codeOf`. */
  readonly open: ReadonlySet<number>;
  /** By entry: 1 where it is the long leg of one of them. */
  readonly openLong: Uint8Array;
  /** `null` where the gap of the two decides too, so that no entry has a ceiling of its own. */
  readonly ceilings: Ceilings | null;
  readonly pairs: DirectedPair[];
  readonly drops: DropCounter;
  readonly nearMisses: Best<Pair>;
};

const NO_PRICE = reasonNumber("no-price");
const NO_RATE = reasonNumber("no-rate");
const BELOW_THRESHOLD = reasonNumber("below-threshold");
/** In place of the number of a reason: the rows may pair. */
const NOTHING = -1;

/** Both directions of every two perpetuals of one asset; gives how many were considered. */
function pairPerpetuals(desk: Desk): number {
  const { facts, rules } = desk;
  const { venueNumber } = facts;
  let considered = 0;
  for (const entries of facts.byAsset.values()) {
    for (let place = 0; place < entries.length; place++) {
      const one = entries[place] ?? 0;
      const venue = venueNumber[one];
      for (let next = place + 1; next < entries.length; next++) {
        const other = entries[next] ?? 0;
        if (!rules.oneVenue && venue === venueNumber[other]) continue;
        considered += 2;
        const apart = whyApart(desk, one, other);
        if (apart === NOTHING) {
          judge(desk, one, other);
          judge(desk, other, one);
        } else {
          dropBoth(desk, apart, { long: one, short: other });
        }
      }
    }
  }
  return considered;
}

/** Every spot row of an asset with every perpetual of it; gives how many were considered. Spot is never sold short. */
function pairSpot(desk: Desk): number {
  const { facts, rules } = desk;
  const { venueNumber } = facts;
  let considered = 0;
  for (const [asset, longs] of facts.spotByAsset) {
    const shorts = facts.byAsset.get(asset) ?? [];
    for (const long of longs) {
      for (const short of shorts) {
        if (!rules.oneVenue && venueNumber[long] === venueNumber[short]) continue;
        considered++;
        const apart = whyApart(desk, long, short);
        if (apart === NOTHING) judge(desk, long, short);
        else if (isWanted(desk, apart, long)) keepSample(desk, apart, { long, short });
      }
    }
  }
  return considered;
}

/** The number of the reason that keeps two rows apart, whichever is bought. */
function whyApart({ facts, rules, group, mismatch }: Desk, one: number, other: number): number {
  if (group[one] !== group[other]) return mismatch;
  const lacking = ((facts.lacks[one] ?? 0) | (facts.lacks[other] ?? 0)) & rules.needs;
  if (lacking === 0) return NOTHING;
  return (lacking & LACKS_PRICE) === 0 ? NO_RATE : NO_PRICE;
}

/** Decides one direction of two rows that may pair. */
function judge(desk: Desk, long: number, short: number): void {
  if (numberAt(desk.received, short) > numberAt(desk.paid, long)) weigh(desk, long, short);
  else if (isOpen(desk, long, short)) take(desk, { long, short, why: "open" });
  else if (isWanted(desk, desk.noEdge, long)) keepSample(desk, desk.noEdge, { long, short });
}

/** Decides a direction that has an edge. Of most the ceilings tell that it cannot reach the bar nor be among the best. */
function weigh(desk: Desk, long: number, short: number): void {
  const most = ceilingOf(desk.ceilings, long, short);
  if (most < desk.openNet && !desk.nearMisses.takes(most) && !isOpen(desk, long, short)) {
    if (isWanted(desk, BELOW_THRESHOLD, long)) keepSample(desk, BELOW_THRESHOLD, { long, short });
    return;
  }
  if (netAtHalfFees(desk, long, short) >= desk.openNet) return take(desk, { long, short, why: "candidate" });
  if (isOpen(desk, long, short)) return take(desk, { long, short, why: "open" });
  const net = netAtFullFees(desk, long, short);
  if (!desk.nearMisses.takes(net)) {
    if (isWanted(desk, BELOW_THRESHOLD, long)) keepSample(desk, BELOW_THRESHOLD, { long, short });
    return;
  }
  const beaten = desk.nearMisses.add({ long, short }, net);
  if (beaten !== null && isWanted(desk, BELOW_THRESHOLD, beaten.long)) keepSample(desk, BELOW_THRESHOLD, beaten);
}

/** The most that an entry adds to a pair's net, bought or sold, at half the fees or at all of them; `NaN` without its funding. */
type Ceilings = { readonly long: Float64Array; readonly short: Float64Array };

function ceilingsOf({ count, funding, takerFee }: RowFacts, crossing: Float64Array): Ceilings {
  const long = new Float64Array(count);
  const short = new Float64Array(count);
  for (let entry = 0; entry < count; entry++) {
    const fee = known(numberAt(takerFee, entry));
    const cost = Math.min(fee, 2 * fee) + known(numberAt(crossing, entry));
    long[entry] = -numberAt(funding, entry) - cost;
    short[entry] = numberAt(funding, entry) - cost;
  }
  return { long, short };
}

/** Far more than two sums of fractions in another order differ by. */
const ROUNDING = 1e-9;

/** No net of the pair is higher; infinite where that is not known. */
const ceilingOf = (ceilings: Ceilings | null, long: number, short: number): number =>
  ceilings === null ? Infinity : numberAt(ceilings.long, long) + numberAt(ceilings.short, short) + ROUNDING;

/** What a pair earns over the horizon before any cost, fraction: its funding, and of its gap the share that closes. */
function earnedBy({ facts, rules: { closure } }: Pick<Desk, "facts" | "rules">, long: number, short: number): number {
  const funding = numberAt(facts.funding, short) - numberAt(facts.funding, long);
  return closure === 0 ? funding : gapOf(facts, long, short) * closure + funding;
}

/** `priceGap` of the economics, over columns. */
function gapOf(facts: RowFacts, long: number, short: number): number {
  const longAsk = numberAt(facts.ask, long);
  const shortBid = numberAt(facts.bid, short);
  return (shortBid - longAsk) / ((numberAt(facts.bid, long) + longAsk + shortBid + numberAt(facts.ask, short)) / 4);
}

// The sums are in the order of the ledger's, so that both round alike.
function netAtFullFees(desk: Desk, long: number, short: number): number {
  const { facts, crossing } = desk;
  const fees = 2 * (numberAt(facts.takerFee, long) + numberAt(facts.takerFee, short));
  return earnedBy(desk, long, short) - fees - (numberAt(crossing, long) + numberAt(crossing, short));
}

/** Fees are `2 (f_L + f_S)`, so half of them is the plain sum. */
function netAtHalfFees(desk: Desk, long: number, short: number): number {
  const { facts, crossing } = desk;
  const fees = known(numberAt(facts.takerFee, long)) + known(numberAt(facts.takerFee, short));
  return earnedBy(desk, long, short) - fees - (known(numberAt(crossing, long)) + known(numberAt(crossing, short)));
}

/** The number of an entry, `NaN` where it is not known. */
const numberAt = (column: Float64Array, entry: number): number => column[entry] ?? Number.NaN;
const known = (cost: number): number => (Number.isNaN(cost) ? 0 : cost);

/** Counts a dropped pair, and says whether evidence of it is wanted. */
const isWanted = ({ drops, facts }: Desk, reason: number, long: number): boolean => drops.add(reason, facts.venue[long] ?? 0);

function dropBoth(desk: Desk, reason: number, { long, short }: Pair): void {
  if (isWanted(desk, reason, long)) keepSample(desk, reason, { long, short });
  if (isWanted(desk, reason, short)) keepSample(desk, reason, { long: short, short: long });
}

function keepSample(desk: Desk, reason: number, pair: Pair): void {
  desk.drops.keep(sampleOf(desk, reason, pair));
}

function sampleOf(desk: Desk, reason: number, { long, short }: Pair): DroppedPair {
  const { market, facts } = desk;
  const venueOf = (entry: number): string => market[facts.venue[entry] ?? 0]?.facts.id ?? "";
  const estimate = reason === BELOW_THRESHOLD ? netAtHalfFees(desk, long, short) : null;
  const name = PAIR_DROP_REASONS[reason];
  if (name === undefined) throw new RangeError(`reason ${reason} of ${PAIR_DROP_REASONS.length}`);
  return { asset: facts.asset[long] ?? "", long: venueOf(long), short: venueOf(short), reason: name, estimate };
}

function take(desk: Desk, { long, short, why }: Pair & Pick<DirectedPair, "why">): void {
  const { facts, pairs } = desk;
  const gross = earnedBy(desk, long, short);
  pairs.push({ asset: facts.asset[long] ?? "", long: refOf(facts, long), short: refOf(facts, short), why, gross });
}

const refOf = (facts: RowFacts, entry: number): RowRef => ({ venue: facts.venue[entry] ?? 0, row: facts.row[entry] ?? 0 });

const isOpen = ({ open, openLong, facts }: Desk, long: number, short: number): boolean =>
  openLong[long] === 1 && open.has(codeOf(facts, long, short));

/** One number for the two entries of a directed pair: exact, as there are far fewer than 2^26 rows. */
const codeOf = (facts: RowFacts, long: number, short: number): number => long * facts.count + short;

/** The open rows whose legs both stand in the market under the row's own asset. */
function openPairs(market: Market, facts: RowFacts, open: readonly OpenPair[]): Pick<Desk, "open" | "openLong"> {
  const codes = new Set<number>();
  const openLong = new Uint8Array(facts.count);
  for (const pair of open) {
    const entries = [...(facts.byAsset.get(pair.asset) ?? []), ...(facts.spotByAsset.get(pair.asset) ?? [])];
    const entryOf = ({ quote }: OpenPair["long"]): number | undefined =>
      entries.findLast((entry) => {
        const venue = market[facts.venue[entry] ?? 0];
        return venue?.facts.id === quote.venue && venue.columns.symbol[facts.row[entry] ?? 0] === quote.symbol;
      });
    const [long, short] = [entryOf(pair.long), entryOf(pair.short)];
    if (long === undefined || short === undefined) continue;
    codes.add(codeOf(facts, long, short));
    openLong[long] = 1;
  }
  return { open: codes, openLong };
}
