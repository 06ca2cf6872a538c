import type { FeedId } from "../domain/feed.ts";
import { SECOND_MS } from "../domain/units.ts";
import type { KeyState } from "../domain/venue-key.ts";
import { withAccountFees } from "../feeds/account-fees.ts";
import { hasAnswered } from "../feeds/ask-feeds.ts";
import { feedPlace, type FeedPlace } from "../feeds/feed-place.ts";
import type { Flags } from "../flags.ts";
import type { Logger } from "../monitoring/log.ts";
import type { Published, ScanPorts } from "../scan.ts";
import { D1_ATTEMPTS } from "../storage/d1.ts";
import { type Lease, leaseMs } from "../storage/lease.ts";
import { venueMarket } from "../storage/market-columns.ts";
import { saveScan } from "../storage/save-scan.ts";
import { buildSnapshot, writeSnapshot } from "../storage/snapshot.ts";
import { adapterOf, ADAPTERS } from "../venues/registry.ts";
import type { Services } from "../wiring.ts";

/** How one scan reaches feeds, D1 and KV. `answered` is told of each feed that answers, be it after the scan. */
export function scanPorts(scan: {
  /** Who scans, as the lease knows it. */
  readonly holder: string;
  readonly services: Services;
  readonly flags: Flags;
  readonly log: Logger;
  readonly answered: (feed: FeedId) => void;
  /** What is known of the operator's keys. */
  readonly keys: readonly KeyState[];
}): ScanPorts {
  const { services, log } = scan;
  const placeOf = (feed: FeedId): FeedPlace =>
    feedPlace(adapterOf(feed) ?? { id: feed, facts: { id: feed }, region: null }, scan.flags.venue_regions);
  return {
    feeds: withAccountFees(ADAPTERS, scan.keys, services.now()),
    ask: async (ask) => {
      const place = placeOf(ask.feed);
      const reply = await services.feed(place).quotes({ ...ask, region: place.region });
      if (hasAnswered(reply)) scan.answered(ask.feed);
      return reply;
    },
    books: (ask) => {
      const place = placeOf(ask.feed);
      return services.feed(place).books({ ...ask, region: place.region });
    },
    save: async (record, { opportunities, events }) => {
      const nowMs = record.finishedAtMs;
      const lease = leaseOf({ holder: scan.holder, nowMs, flags: scan.flags });
      const write = { scan: record, opportunities, events, nowMs, venues: services.venueIds, lease };
      const saved = await saveScan(services.db, write, { attempts: D1_ATTEMPTS, wait: services.snapshots.wait });
      if (saved.ok) {
        for (const refused of saved.value.refused) log.error("scan.row-refused", { ...refused });
        for (const duplicate of saved.value.duplicatesRefused) log.error("scan.duplicate-refused", duplicate);
      }
      return saved;
    },
    publish: (shown) => publish({ ...scan, ...shown }),
    now: services.now,
    log,
  };
}

/** The lease that a Scanner asks for at a time, and renews with what it stores. */
export const leaseOf = ({ holder, nowMs, flags }: { readonly holder: string; readonly nowMs: number; readonly flags: Flags }): Lease => ({
  holder,
  nowMs,
  untilMs: nowMs + leaseMs(flags.scan_interval_seconds * SECOND_MS),
});

/** Writes the snapshot, unless KV is switched off. When KV fails readers have D1, so the scan stands. */
async function publish(input: Published & { readonly services: Services; readonly flags: Flags; readonly log: Logger }): Promise<void> {
  const { services, flags, log, record, market, outcome, candidates } = input;
  if (!flags.kv_enabled) return log.info("scan.not-shown", { reason: "the flag kv_enabled is off" });
  const nowMs = services.now();
  const { snapshot, refused } = buildSnapshot({
    scan: record,
    opportunities: Object.values(outcome.state.open).map(({ row, points, netUnknown }) => ({ ...row, points, netUnknown })),
    market: Object.fromEntries(
      market.venues.map(({ feed, columns, passed, assetId }) => [feed, venueMarket({ columns, passed, assetId })]),
    ),
    candidates,
    nowMs,
    flagSeconds: flags.snapshot_ttl_seconds,
    venues: services.venueIds,
  });
  for (const refusal of refused) log.error("snapshot.item-refused", { ...refusal });
  const written = await writeSnapshot(services.cache, { snapshot, nowMs });
  if (written.ok) log.info("scan.published", { bytes: written.value.bytes, opportunities: snapshot.opportunities.length });
  else log.error("scan.not-published", { message: written.error.message });
}
