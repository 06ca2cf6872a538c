import type { FeedId } from "./feed.ts";
import { count } from "./funnel.ts";
import type { VenueId } from "./venue.ts";

export type RowCounts = Readonly<Record<string, number>>;
/** The steps that judge rows, in their order. */
export const ROW_STEPS = ["parse", "gate", "identify"] as const;
export type RowStep = (typeof ROW_STEPS)[number];

/** What scans found at one feed, in rows. received = passed + Σ refused. */
export type FeedTally = {
  readonly venue: VenueId;
  /** Scans that asked it, and those of them in which it gave rows. */
  readonly asked: number;
  readonly answered: number;
  /** Rows in its bodies. */
  readonly received: number;
  /** Refused rows by the first rule each failed. */
  readonly refused: Readonly<Record<RowStep, RowCounts>>;
  /** Rows that failed each rule of the gate, all their rules counted, refused or only marked. */
  readonly failed: RowCounts;
};

/** What scans found of one coin over all feeds: rows that could be read, and those refused, by `feed rule`. */
export type CoinTally = { readonly rows: number; readonly refused: RowCounts };

/** Sums over scans. */
export type Tally = {
  readonly scans: number;
  readonly feeds: Readonly<Record<FeedId, FeedTally>>;
  /** Scans that told their coins: those stored before coins were kept did not. */
  readonly coinScans: number;
  readonly coins: Readonly<Record<string, CoinTally>>;
};
export const EMPTY_TALLY: Tally = { scans: 0, feeds: {}, coinScans: 0, coins: {} };

/** What a scan keeps of its rows beyond the counts of its refusals. Coins are tickers, as the venues' rows name them. */
export type ScanQuality = {
  /** Rows that failed each rule of the gate, by feed. */
  readonly failed: Readonly<Record<FeedId, RowCounts>>;
  /** Coins by how many rows each had over all feeds, refused rows included. */
  readonly coins: Readonly<Record<string, readonly string[]>>;
  /** The coin of each refused row, by feed and the first rule it failed; what identity refused is under `identity`. */
  readonly refused: Readonly<Record<FeedId, Readonly<Record<string, readonly string[]>>>>;
};

/** What a scan says of the quality of its rows. */
export type TalliedScan = {
  readonly venues: readonly { readonly feed: FeedId; readonly venue: VenueId; readonly rows: number }[];
  readonly rejections: { readonly counts: Readonly<Partial<Record<string, Readonly<Record<FeedId, RowCounts>>>>> };
  /** `null`: stored before it was kept. */
  readonly quality: ScanQuality | null;
};

/** The tally of one scan. */
export function tallyOf({ venues, rejections: { counts }, quality }: TalliedScan): Tally {
  const feeds = venues.map(({ feed, venue, rows }): [FeedId, FeedTally] => {
    const of = (step: RowStep): RowCounts => counts[step]?.[feed] ?? {};
    const refused = { parse: of("parse"), gate: of("gate"), identify: of("identify") };
    const failed = quality === null ? refused.gate : (quality.failed[feed] ?? {});
    return [feed, { venue, asked: 1, answered: rows > 0 ? 1 : 0, received: rows + totalOf(refused.parse), refused, failed }];
  });
  const coins = quality === null ? {} : coinsOf(quality);
  return { scans: 1, feeds: Object.fromEntries(feeds), coinScans: quality === null ? 0 : 1, coins };
}

function coinsOf({ coins, refused }: ScanQuality): Tally["coins"] {
  const places = new Map<string, Record<string, number>>();
  for (const [feed, byRule] of Object.entries(refused)) {
    for (const [rule, names] of Object.entries(byRule)) {
      for (const coin of names) {
        const of = places.get(coin) ?? {};
        count(of, `${feed} ${rule}`);
        places.set(coin, of);
      }
    }
  }
  return Object.fromEntries(
    Object.entries(coins).flatMap(([rows, names]) =>
      names.map((coin): [string, CoinTally] => [coin, { rows: Number(rows), refused: places.get(coin) ?? {} }]),
    ),
  );
}

/** The sum of tallies; the same in whatever order and groups they are added. */
export function sumTallies(tallies: readonly Tally[]): Tally {
  const feeds = new Map<FeedId, FeedTally>();
  const coins = new Map<string, CoinTally>();
  for (const tally of tallies) {
    for (const [feed, each] of Object.entries(tally.feeds)) feeds.set(feed, sumFeeds(feeds.get(feed), each));
    for (const [coin, each] of Object.entries(tally.coins)) {
      const known = coins.get(coin);
      coins.set(coin, known === undefined ? each : { rows: known.rows + each.rows, refused: sumCounts(known.refused, each.refused) });
    }
  }
  const total = (of: (tally: Tally) => number): number => tallies.reduce((sum, tally) => sum + of(tally), 0);
  return {
    scans: total(({ scans }) => scans),
    feeds: Object.fromEntries(feeds),
    coinScans: total(({ coinScans }) => coinScans),
    coins: Object.fromEntries(coins),
  };
}

function sumFeeds(known: FeedTally | undefined, more: FeedTally): FeedTally {
  if (known === undefined) return more;
  return {
    venue: more.venue,
    asked: known.asked + more.asked,
    answered: known.answered + more.answered,
    received: known.received + more.received,
    refused: {
      parse: sumCounts(known.refused.parse, more.refused.parse),
      gate: sumCounts(known.refused.gate, more.refused.gate),
      identify: sumCounts(known.refused.identify, more.refused.identify),
    },
    failed: sumCounts(known.failed, more.failed),
  };
}

function sumCounts(a: RowCounts, b: RowCounts): RowCounts {
  const sum: Record<string, number> = { ...a };
  for (const [name, times] of Object.entries(b)) count(sum, name, times);
  return sum;
}

export const totalOf = (counts: RowCounts): number => Object.values(counts).reduce((sum, times) => sum + times, 0);

/**
 * Reasons that say what an instrument is, or what an operator chose to leave out, and nothing about the data of it. A venue
 * that lists stocks, dead contracts or thin markets sends them in good order, so these rows count neither for nor against it;
 * nor do those that identity refused, where it takes two venues to differ. Every other reason is a fault, a new one too.
 */
const NO_FAULTS: ReadonlySet<string> = new Set([
  "not-perpetual",
  "not-linear",
  "unsupported-settle",
  "not-an-instrument",
  "delisted",
  "not-trading",
  "asset-class",
  "unknown-asset-class",
  "low-volume",
  "low-open-interest",
  "rates-must-be-positive",
  "identity",
]);

/** Whether a row refused for this reason counts against its venue. */
export const isFault = (step: RowStep, rule: string): boolean => step !== "identify" && !NO_FAULTS.has(rule);

/** Rows judged at one place. `passRate` = passed / (passed + faults), `null` where there were none. */
export type PassCounts = { readonly passed: number; readonly faults: number; readonly other: number; readonly passRate: number | null };

/** How many rows of a feed passed every step, were refused for a fault, and for what they are. */
export function feedPassCounts({ received, refused }: Pick<FeedTally, "received" | "refused">): PassCounts {
  let [faults, other] = [0, 0];
  for (const step of ROW_STEPS) {
    for (const [rule, rows] of Object.entries(refused[step])) {
      if (isFault(step, rule)) faults += rows;
      else other += rows;
    }
  }
  return passCounts({ rows: received, faults, other });
}

/** The same of a coin, among rows that could be read. */
export function coinPassCounts({ rows, refused }: CoinTally): PassCounts {
  let [faults, other] = [0, 0];
  for (const [place, times] of Object.entries(refused)) {
    if (isFault("gate", ruleOfPlace(place))) faults += times;
    else other += times;
  }
  return passCounts({ rows, faults, other });
}

function passCounts({ rows, faults, other }: { readonly rows: number; readonly faults: number; readonly other: number }): PassCounts {
  const passed = rows - faults - other;
  return { passed, faults, other, passRate: passed + faults === 0 ? null : passed / (passed + faults) };
}

/** The parts of `feed rule`. */
export const feedOfPlace = (place: string): FeedId => place.slice(0, place.indexOf(" "));
export const ruleOfPlace = (place: string): string => place.slice(place.indexOf(" ") + 1);
