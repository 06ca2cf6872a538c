import { columnsOf, FACTS, moving, NOW_MS } from "./rows.ts";
import { NO_RULINGS } from "../src/domain/identity.ts";
import type { FeedReply } from "../src/domain/feed.ts";
import { ok } from "../src/domain/result.ts";
import { failedReply } from "../src/feeds/collect-venue.ts";
import { FULL_PACE } from "../src/feeds/depth-pace.ts";
import { EMPTY_STATE, type LifecycleState } from "../src/lifecycle/state.ts";
import { fetchSettings } from "../src/fetch-settings.ts";
import { createLogger, type Fields } from "../src/monitoring/log.ts";
import { runScan } from "../src/pipeline.ts";
import { EMPTY_IDENTITY_MEMORY } from "../src/quality/identity-memory.ts";
import { NO_OVERRIDES } from "../src/quality/settings-for.ts";
import { readFlags } from "../src/read-flags.ts";
import type { ScanInput, ScanOutput, ScanPorts } from "../src/scan.ts";
import { scanSettings } from "../src/scan-settings.ts";

export const { flags } = readFlags({ stored: [], deployment: {}, lastGood: null });
const SLOT_MS = 120_000;
export const COINS = Array.from({ length: 30 }, (_, index) => `C${index}`);

/** A venue that pays the same rate on every coin, or on the first few. */
export const venueAt = (venue: string, fundingRatePerInterval: number, coins = COINS.length): FeedReply => {
  const columns = columnsOf(
    venue,
    COINS.slice(0, coins).map((asset) => ({ asset, fundingRatePerInterval })),
  );
  return {
    feed: venue,
    venue,
    columns,
    unchangedScans: moving(columns),
    received: columns.count,
    rejected: { counts: {}, samples: [] },
    delisted: [],
    error: null,
    degraded: [],
    health: null,
    slowDue: 0,
    calls: [],
    ms: 1,
  };
};
export const ANSWERS: Readonly<Record<string, FeedReply>> = { alpha: venueAt("alpha", 0.0001), beta: venueAt("beta", 0.0009) };

/** A scan outside its platform: what it asked, wrote and logged, in order. */
export function stage(over: Partial<ScanPorts> = {}) {
  const done: string[] = [];
  const lines: Fields[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const ports: ScanPorts = {
    feeds: ["alpha", "beta"].map((id) => ({
      id,
      endpoints: {},
      facts: { ...FACTS, id, takerFee: { perpetual: { rate: 0.0005, source: "test", readOn: "2026-11-22" }, spot: null } },
    })),
    ask: async ({ feed }) => {
      done.push(`ask ${feed}`);
      return ANSWERS[feed] ?? failedReply({ feed, venue: feed, error: { kind: "internal", message: "no answer" }, ms: 0 });
    },
    books: async () => ({ books: [], calls: [] }),
    save: async (record) => {
      done.push(`save ${record.scanId}`);
      const cost = { statements: 1, rowsRead: 0, rowsWritten: 1 };
      return ok({ refused: [], duplicatesRefused: [], eventsRefused: [], scanStored: true, attempts: 1, cost });
    },
    publish: async ({ record }) => void done.push(`publish ${record.scanId}`),
    now: () => NOW_MS,
    log: createLogger({
      level: "info",
      component: "scanner",
      sink: { debug: write, info: write, warn: write, error: write },
      now: () => NOW_MS,
    }),
    ...over,
  };
  const scan = async (slot: number, lifecycle: LifecycleState, more: Partial<ScanInput> = {}) =>
    await runScan(
      {
        slotMs: NOW_MS + slot * SLOT_MS,
        scanId: `scan-${slot}`,
        trigger: "cron",
        market: "test",
        intervalSeconds: 120,
        flags,
        realTimeData: true,
        venueLimitMs: 50,
        scanDeadlineMs: 60_000,
        depthLimitMs: 0,
        fetching: fetchSettings(flags),
        performanceMonitoring: true,
        storing: true,
        owed: {},
        failing: {},
        standings: {},
        depths: {},
        wanted: [],
        silent: [],
        maxCalls: 100,
        depthPairs: { min: 2, max: 10 },
        loads: {},
        depthPace: FULL_PACE,
        maxSlowCalls: 4,
        slowDue: {},
        settings: scanSettings(flags),
        overrides: NO_OVERRIDES,
        lifecycle,
        identity: EMPTY_IDENTITY_MEMORY,
        rulings: NO_RULINGS,
        ...more,
      },
      ports,
    );
  return { scan, done, lines, feeds: ports.feeds };
}

/** Scans in a row, each beginning with what the one before left and with what its step says. */
export async function inARow(
  scan: ReturnType<typeof stage>["scan"],
  steps: readonly (() => Partial<ScanInput>)[],
): Promise<readonly ScanOutput[]> {
  const done: ScanOutput[] = [];
  for (const [slot, step] of steps.entries()) {
    const last = done.at(-1);
    const result = await scan(slot, last?.lifecycle ?? EMPTY_STATE, { ...(last === undefined ? {} : inputAfter(last)), ...step() });
    if (!result.ok) throw new Error(result.error.message);
    done.push(result.value);
  }
  return done;
}

/** What a scan hands to the next one. */
const inputAfter = ({
  lifecycle,
  owed,
  identity,
  depths,
  wanted,
  silent,
  slowDue,
  loads,
  depthPace,
  failing,
  standings,
}: ScanOutput): Partial<ScanInput> => ({
  lifecycle,
  owed,
  identity,
  depths,
  wanted,
  silent,
  slowDue,
  loads,
  depthPace,
  failing,
  standings,
});
