import { type Context, Hono } from "hono";
import { geoBlockOf, unreachableFrom } from "../../domain/feed.ts";
import { SECOND_MS } from "../../domain/units.ts";
import { alertsPaused, BOTH } from "../../storage/layers.ts";
import { probeStores } from "../../storage/probe-stores.ts";
import { readSnapshot, type SnapshotRead } from "../../storage/read-snapshot.ts";
import type { VenueReport } from "../../storage/scan-record.ts";
import type { ApiServices } from "../services.ts";

/** Data older than this many intervals (and their scans' own time) is stale. */
const STALE_INTERVALS = 3;
const SCAN_SLACK_MS = 30 * SECOND_MS;

/**
 * `GET /api/health`: computed from the age of each feed's data. 200 `ok` or `degraded`, 503 `stale` or `no-data`.
 * `GET /api/health/detailed`: the same, with whether D1 and KV answer now, and how each feed stood towards its venue when it
 * last told.
 */
export function healthRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  const answer = async (context: Context, view: VenueView, more: () => Promise<object> = async () => ({})): Promise<Response> => {
    const nowMs = services.now();
    const layers = (await services.snapshots.layers?.()) ?? BOTH;
    const [read, rest] = await Promise.all([readSnapshot(services.snapshots), more()]);
    const shared = { layers, alerts: { paused: alertsPaused(layers) }, ...rest };
    context.header("cache-control", "no-store");
    if (!read.ok) return context.json({ status: "no-data", reason: read.error.message, checkedAtMs: nowMs, ...shared, venues: [] }, 503);
    const health = healthOf(read.value, { nowMs, view });
    return context.json({ ...health, ...shared }, health.status === "ok" || health.status === "degraded" ? 200 : 503);
  };
  routes.get("/", (context) => answer(context, venueHealth));
  routes.get("/detailed", (context) => answer(context, venueDetails, async () => ({ stores: await probeStores(services.snapshots) })));
  return routes;
}

type Ages = { readonly nowMs: number; readonly maxAgeMs: number };
type VenueView = (report: VenueReport, ages: Ages) => ReturnType<typeof venueHealth>;

/** The state of every feed, and of the whole: stale when fewer than two feeds are fresh, since a pair needs two. */
function healthOf(read: SnapshotRead, { nowMs, view }: { readonly nowMs: number; readonly view: VenueView }) {
  const { scan, venues } = read.snapshot;
  const maxAgeMs = STALE_INTERVALS * scan.intervalSeconds * SECOND_MS + SCAN_SLACK_MS;
  const views = venues.map((report) => view(report, { nowMs, maxAgeMs }));
  const fresh = views.filter(({ status }) => status === "ok").length;
  const status = fresh < 2 ? "stale" : fresh < views.length ? "degraded" : "ok";
  const reason =
    status === "ok"
      ? `all ${fresh} feeds are fresh`
      : `${fresh} of ${views.length} feeds are fresh; the last scan ended ${Math.round((nowMs - scan.finishedAtMs) / SECOND_MS)} s ago`;
  return {
    status,
    reason,
    market: scan.market,
    checkedAtMs: nowMs,
    maxAgeMs,
    source: read.source,
    lastScan: { id: scan.scanId, ageMs: nowMs - scan.finishedAtMs, verdict: scan.verdict },
    venues: views,
  };
}

function venueHealth(report: VenueReport, { nowMs, maxAgeMs }: Ages) {
  const ageMs = report.receivedAtMs === null ? null : nowMs - report.receivedAtMs;
  // Put off by the budget of the scan: nothing was asked, so nothing has failed.
  const missing = report.error?.kind === "deferred" ? "deferred" : "failed";
  const status = !report.ok || ageMs === null ? missing : ageMs > maxAgeMs ? "stale" : "ok";
  const blocked = geoBlockOf(report);
  return {
    feed: report.feed,
    venue: report.venue,
    status,
    ageMs,
    rows: report.rows,
    latencyMs: report.ms,
    error: report.error,
    breaker: report.health?.breaker.state ?? null,
    /** "unreachable from apac" where the venue refuses the country; `null` otherwise. */
    reach: blocked === null ? null : unreachableFrom(blocked.region),
  };
}

/**
 * With region, breaker, budget of the last minute, pause and its cause, hosts and the last failure, as the feed told them at
 * `standingAtMs`: in an earlier scan where it was put off or did not answer, which `error` says. `null` before it ever told.
 */
const venueDetails = (report: VenueReport, ages: Ages) => ({
  ...venueHealth(report, ages),
  calls: report.calls,
  degraded: report.degraded,
  standing: report.health,
  standingAtMs: report.healthAtMs,
});
