import { z } from "zod";
import { ADAPTERS, adapterOf, FEED_IDS } from "../../src/venues/registry.ts";
import { CHAOS_KINDS, draw, type Drawn, type DrawnFault, QUIET } from "./chaos-draw.ts";
import { type ChaosWorld, type ScanRow, startChaosWorld } from "./chaos-world.ts";
import { asServedOnce, type Served, servedNow, storedUntruths } from "./truth.ts";

export type ChaosOptions = {
  readonly scans: number;
  readonly seed: number;
  /** Coins of the market beside those that every market has. */
  readonly coins: number;
  /** Slow endpoints that may be fetched in a scan. */
  readonly maxSlowCalls: number;
  readonly progress?: (scan: number, so: ChaosResult) => void;
};

export type ChaosResult = {
  readonly scans: number;
  /** Scans whose rows D1 took. */
  readonly stored: number;
  /** Faults in force, one a feed and scan, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Outages of D1 and KV, objects and isolates that left memory, second triggers. */
  readonly upsets: Readonly<Record<string, number>>;
  /** Rows that were refused, pairs aside. */
  readonly refused: number;
  /** Rules that refused, with how many rows. */
  readonly refusedBy: Readonly<Record<string, number>>;
  /** Times that a planted pair between two feeds that were well was looked for and found open. */
  readonly found: number;
  /** A planted pair of feeds that were well was not open, one sentence each. */
  readonly missed: readonly string[];
  /** Something stored or shown was wrong, or more was asked than is allowed, one sentence each. */
  readonly violations: readonly string[];
};

const counted = (counts: Record<string, number>, name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);

/** Prices stand still for so many scans, then move: a row that stood still for ever would be refused as frozen. */
const SCANS_A_PRICE = 40;
/** The oldest answer that a fault serves is ten minutes old. */
const OLD_ANSWER_SCANS = 5;
/** Scans without faults at the start, in which all metadata is read. */
const QUIET_START = 12;
/** Without a fault for so long a feed has to be back: longer than every pause, ban and open breaker. */
const BACK_AFTER_SCANS = 30;
/** One late answer on a busy machine is no feed that stays away. */
const AWAY_SCANS = 3;
/** Confirmation takes two scans in a row. */
const FOUND_AFTER_SCANS = 3;
/** Where no bulk body has bid and ask, books come first, some pairs a scan. */
const FOUND_AFTER_BOOKS_SCANS = 8;
const ATTEMPTS = 3;
const HOT_ENDPOINTS = ADAPTERS.flatMap(({ endpoints }) => Object.values(endpoints)).filter(
  ({ refreshMs, alternativeTo }) => refreshMs === 0 && alternativeTo === undefined,
).length;
const MOST_BOOKS = 20;
const MOST_SENTENCES = 200;

type State = {
  readonly world: ChaosWorld;
  readonly options: ChaosOptions;
  /** Scans in a row in which a feed had no fault. */
  readonly faultless: Map<string, number>;
  /** Scans in a row in which a feed had no fault and gave all its rows. */
  readonly well: Map<string, number>;
  /** Scans in a row in which a feed that should be back was not. */
  readonly away: Map<string, number>;
  /** Rows of a feed that the gate let pass at the end of the quiet start: it has fewer while metadata lacks some. */
  readonly passedWhenQuiet: Map<string, number>;
  /** Whether a feed let its time pass in the scan before: what it asked then may come now. */
  isLate: boolean;
  /** Scans in a row that D1 took. */
  storedInARow: number;
  served: readonly Served[];
  stored: number;
  refused: number;
  found: number;
  readonly faults: Record<string, number>;
  readonly upsets: Record<string, number>;
  readonly refusedBy: Record<string, number>;
  readonly missed: string[];
  readonly violations: string[];
};

/**
 * Runs the whole Worker through drawn faults and checks after each scan that nothing stored or shown is wrong, that no
 * pair is double, that budgets hold, and that every planted pair between feeds that are well is open.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const world = await startChaosWorld(options);
  const state: State = {
    world,
    options,
    faultless: new Map(),
    well: new Map(),
    away: new Map(),
    passedWhenQuiet: new Map(),
    isLate: false,
    storedInARow: 0,
    served: [],
    stored: 0,
    refused: 0,
    found: 0,
    faults: Object.fromEntries(CHAOS_KINDS.map((kind) => [kind, 0])),
    upsets: {},
    refusedBy: {},
    missed: [],
    violations: [],
  };
  try {
    for (let scan = 0; scan < options.scans; scan++) {
      await oneScan(state, scan);
      options.progress?.(scan, resultOf(state, scan + 1));
    }
    return resultOf(state, options.scans);
  } finally {
    await world.close();
  }
}

const resultOf = (state: State, scans: number): ChaosResult => {
  const { stored, faults, upsets, refused, refusedBy, found, missed, violations } = state;
  return { scans, stored, faults, upsets, refused, refusedBy, found, missed, violations };
};

async function oneScan(state: State, scan: number): Promise<void> {
  const { world, options } = state;
  const drawn: Drawn = scan < quietStart(options) ? QUIET : withoutTravel(draw(options.seed, scan), scan);
  await world.begin(scan);
  if (scan % SCANS_A_PRICE === 0) {
    world.movePrices();
    state.served = [...state.served.slice(-1), await servedNow(world.simulator)];
    world.simulator.resetCalls();
  }
  for (const fault of drawn.faults) set(state, fault);
  noteUpsets(state, drawn);
  const sinceMs = world.nowMs();
  const record = await world.scan(drawn);
  judge(state, { scan, drawn, record, sinceMs });
  state.violations.push(...(await storedWrong(state, sinceMs)).map((sentence) => `scan ${scan}: ${sentence}`));
  await lookForPlanted(state, { scan, record });
  if (state.violations.length + state.missed.length > MOST_SENTENCES) throw new Error(`too much is wrong:\n${wrongs(state)}`);
}

/** While prices have just moved, an old answer would show some that nobody was ever served. */
const withoutTravel = (drawn: Drawn, scan: number): Drawn =>
  scan % SCANS_A_PRICE > OLD_ANSWER_SCANS ? drawn : { ...drawn, faults: drawn.faults.filter(({ kind }) => kind !== "stale-rows") };
const quietStart = ({ scans }: ChaosOptions): number => Math.min(QUIET_START, Math.floor(scans / 5));
const wrongs = ({ violations, missed }: State): string => [...violations, ...missed].slice(0, 40).join("\n");
function set({ world, faults }: State, fault: DrawnFault): void {
  counted(faults, fault.kind);
  if (fault.kind === "slow") world.simulator.control({ latency: { venue: fault.venue, ms: fault.latencyMs } });
  else world.simulator.control({ fault });
}

function noteUpsets({ upsets }: State, { d1, kv, evictBefore, evictDuring, evictScanner, reload, twice }: Drawn): void {
  if (d1 !== "up") counted(upsets, `D1 ${d1}`);
  if (kv !== "up") counted(upsets, `KV ${kv}`);
  counted(upsets, "feed evicted", evictBefore.length);
  if (evictDuring !== null) counted(upsets, "feed evicted in mid-scan");
  if (evictScanner) counted(upsets, "Scanner evicted");
  if (reload) counted(upsets, "isolate anew");
  if (twice) counted(upsets, "second trigger");
}

const reportSchema = z.object({
  feed: z.string(),
  ok: z.boolean(),
  rows: z.number(),
  error: z.object({ kind: z.string(), message: z.string() }).nullable(),
  degraded: z.array(z.unknown()),
});
const rejectionsSchema = z.looseObject({ counts: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number()))) });
const funnelSchema = z.array(z.object({ step: z.string(), in: z.number(), out: z.number(), dropped: z.record(z.string(), z.number()) }));

type Judged = { readonly scan: number; readonly drawn: Drawn; readonly record: ScanRow; readonly sinceMs: number };

/** Reads the scan's own record: does it add up, what did it refuse, which feeds were well, were budgets held. */
function judge(state: State, { scan, drawn, record }: Judged): void {
  state.storedInARow = record === null ? 0 : state.storedInARow + 1;
  if (record === null && drawn.d1 === "up" && !drawn.evictScanner && drawn.evictDuring === null) {
    state.violations.push(`scan ${scan}: nothing was stored although D1 was well`);
  }
  if (record !== null) {
    state.stored += 1;
    noteRefused(state, record);
    for (const { step, in: before, out, dropped } of funnelSchema.parse(JSON.parse(String(record["funnel"])))) {
      const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      if (before !== out + lost) state.violations.push(`scan ${scan}: ${step} of ${before} has ${out} and ${lost}`);
    }
  }
  // What was not stored is scanned again by the second trigger; what came too late is counted in the next scan.
  const runs = (drawn.twice && drawn.d1 !== "up") || state.isLate ? 2 : 1;
  noteFeeds(state, { scan, faulty: new Set(drawn.faults.map(({ venue }) => venue)), record });
  state.violations.push(...overBudget(state, runs).map((sentence) => `scan ${scan}: ${sentence}`));
}

function noteRefused(state: State, record: NonNullable<ScanRow>): void {
  const { counts } = rejectionsSchema.parse(JSON.parse(String(record["rejections"])));
  for (const [step, feeds] of Object.entries(counts)) {
    if (step !== "parse" && step !== "gate" && step !== "identify") continue;
    for (const rules of Object.values(feeds)) {
      for (const [rule, rows] of Object.entries(rules)) {
        state.refused += rows;
        counted(state.refusedBy, rule, rows);
      }
    }
  }
}

/**
 * Which feeds were well: no fault, nothing missing, as many rows let pass as when nothing had ever failed; and which are not
 * back although nothing was wrong with them for a long time.
 */
function noteFeeds(state: State, { scan, faulty, record }: { scan: number; faulty: ReadonlySet<string>; record: ScanRow }): void {
  const { faultless, well, away, passedWhenQuiet } = state;
  const reports = record === null ? [] : z.array(reportSchema).parse(JSON.parse(String(record["venues"])));
  const refusedAtGate = record === null ? {} : (rejectionsSchema.parse(JSON.parse(String(record["rejections"]))).counts["gate"] ?? {});
  state.isLate = reports.some(({ error }) => error?.kind === "timeout");
  for (const feed of FEED_IDS) {
    const isFaulty = faulty.has(feed);
    faultless.set(feed, isFaulty ? 0 : (faultless.get(feed) ?? 0) + 1);
    const report = reports.find((each) => each.feed === feed);
    if (report === undefined) continue;
    const passed = report.rows - Object.values(refusedAtGate[feed] ?? {}).reduce((sum, rows) => sum + rows, 0);
    // Before its metadata is read a row may pass that is refused by it.
    if (scan < quietStart(state.options)) passedWhenQuiet.set(feed, passed);
    const best = passedWhenQuiet.get(feed) ?? Number.POSITIVE_INFINITY;
    const isWell = !isFaulty && report.ok && report.degraded.length === 0 && passed >= best;
    well.set(feed, isWell ? (well.get(feed) ?? 0) + 1 : 0);
    away.set(feed, !isWell && (faultless.get(feed) ?? 0) > BACK_AFTER_SCANS ? (away.get(feed) ?? 0) + 1 : 0);
    if (away.get(feed) === AWAY_SCANS) {
      const why =
        report.error === null
          ? `${passed} of ${best} rows pass, refused ${JSON.stringify(refusedAtGate[feed] ?? {})}`
          : report.error.message;
      state.missed.push(`scan ${scan}: ${feed} had no fault for ${faultless.get(feed) ?? 0} scans and is not back: ${why}`);
    }
  }
}

/**
 * What was asked of the venues in the scan, against what a scan may ask. A late answer to the scan before may be asked for
 * again in this one, so that hot calls are held to their sum.
 */
function overBudget({ world, options }: State, runs: number): readonly string[] {
  const { venues, strangers } = world.simulator.calls();
  world.simulator.resetCalls();
  const slow = new Set<string>();
  const counts = { hot: 0, books: 0 };
  for (const [feed, { byEndpoint }] of Object.entries(venues)) {
    for (const [name, calls] of Object.entries(byEndpoint)) {
      const refreshMs = adapterOf(feed)?.endpoints[name]?.refreshMs;
      if (refreshMs === undefined) counts.books += calls;
      else if (refreshMs === 0) counts.hot += calls;
      else slow.add(`${feed} ${name}`);
    }
  }
  const over = (what: string, found: number, most: number): readonly string[] =>
    found > runs * most ? [`${found} ${what}, ${runs * most} at most`] : [];
  return [
    ...over("calls to hosts that no venue has", strangers, 0),
    ...over("hot calls, retries included", counts.hot, HOT_ENDPOINTS * ATTEMPTS),
    ...over("order books", counts.books, MOST_BOOKS),
    ...over(`slow endpoints (${[...slow].join(", ")})`, slow.size, options.maxSlowCalls),
  ];
}

/** Numbers that no venue sent, and pairs, events or scans that are there twice. */
async function storedWrong({ world, served }: State, sinceMs: number): Promise<readonly string[]> {
  const untrue = await storedUntruths(world, asServedOnce(served), sinceMs);
  const twice = await Promise.all(
    Object.entries(TWICE).map(async ([what, sql]) => (await world.sql(sql)).map((row) => `${what} twice: ${JSON.stringify(row)}`)),
  );
  const shown = await world.shownKeys();
  const doubled = shown.filter((key, place) => shown.indexOf(key) !== place);
  return [...untrue, ...twice.flat(), ...doubled.map((key) => `KV shows ${key} twice`)];
}

const TWICE: Readonly<Record<string, string>> = {
  "a row of one key": "SELECT key, COUNT(*) AS n FROM opportunities WHERE status <> 'closed' GROUP BY key HAVING n > 1",
  "an event of one opportunity and scan":
    "SELECT opportunity_id, kind, at_ms, COUNT(*) AS n FROM opportunity_events GROUP BY opportunity_id, kind, at_ms HAVING n > 1",
};

/** Planted pairs between feeds that were well long enough must be open, and nothing but planted pairs may be. */
async function lookForPlanted(state: State, { scan, record }: { readonly scan: number; readonly record: ScanRow }): Promise<void> {
  if (record === null || scan < quietStart(state.options)) return;
  const { world, well } = state;
  const planted = world.simulator.planted(world.nowMs()).filter(({ kind }) => kind === "opens");
  const rows = await world.pairs();
  const known = new Set(planted.map(({ strategy, asset, long, short }) => `${strategy} ${asset} ${long.feed} ${short.feed}`));
  for (const [pair, { status }] of rows)
    if (status === "open" && !known.has(pair)) state.violations.push(`scan ${scan}: ${pair} is open and was never planted`);
  for (const { strategy, asset, long, short } of planted) {
    const pair = `${strategy} ${asset} ${long.feed} ${short.feed}`;
    const needed = [long.feed, short.feed].every(hasBulkBook) ? FOUND_AFTER_SCANS : FOUND_AFTER_BOOKS_SCANS;
    const wellFor = Math.min(well.get(long.feed) ?? 0, well.get(short.feed) ?? 0, state.storedInARow);
    if (wellFor < needed) continue;
    const { status, why } = rows.get(pair) ?? { status: "not there", why: saidOf(record, { asset, strategy }) };
    if (status === "open") state.found += 1;
    else state.missed.push(`scan ${scan}: ${pair}, both well for ${wellFor} scans, is ${status}: ${why}`);
  }
}

/** What the scan says of a coin's pairs that did not open. */
function saidOf(record: NonNullable<ScanRow>, of: { readonly asset: string; readonly strategy: string }): string {
  const isOf = (value: unknown): boolean =>
    typeof value === "object" && value !== null && Object.entries(of).every(([name, wanted]) => Reflect.get(value, name) === wanted);
  const samples: unknown = JSON.parse(String(record["rejections"]));
  const said = [record["near_misses"], record["unpriced"]].flatMap((text) => z.array(z.unknown()).parse(JSON.parse(String(text))));
  const refused = JSON.stringify(samples).match(new RegExp(`\\{[^{}]*${of.asset}[^{}]*\\}`, "gu")) ?? [];
  return JSON.stringify([...said.filter(isOf), ...refused]).slice(0, 600);
}

const hasBulkBook = (feed: string): boolean => ADAPTERS.find(({ id }) => id === feed)?.facts.hasBulkBook === true;
