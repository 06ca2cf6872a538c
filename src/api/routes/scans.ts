import { Hono } from "hono";
import * as z from "zod";
import { unbalancedSteps } from "../../domain/funnel.ts";
import type { ScanSummary } from "../../storage/scan-record.ts";
import { latestScan, listScans, MAX_SCANS_PAGE } from "../../storage/scans.ts";
import { missedView, pricedView } from "../views.ts";
import { problem } from "../problem.ts";
import { numberText, readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";

const DEFAULT_LIMIT = 20;
const wholeNumber = (expected: string) => numberText(expected).pipe(z.int(expected));
const LIMIT = `expected a whole number from 1 to ${MAX_SCANS_PAGE}`;
const listQuery = z.strictObject({
  limit: wholeNumber(LIMIT).pipe(z.number().min(1, LIMIT).max(MAX_SCANS_PAGE, LIMIT)).default(DEFAULT_LIMIT),
  /** Slot of the last scan of the page before, epoch ms. */
  before: wholeNumber("expected a slot in epoch ms").optional(),
});

/** `GET /api/scans/latest` with everything that explains a scan, `GET /api/scans?limit=&before=` newest first. */
export function scanRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  routes.get("/latest", async (context) => {
    const { scan } = await latestScan(services.db);
    if (scan === null)
      return problem(context, {
        status: 404,
        code: "no-scan",
        title: "There is no scan yet",
        detail: "expected a stored scan, found none: the first one runs within its interval",
      });
    return context.json({
      ...summaryView(scan),
      rejections: scan.rejections,
      flags: scan.flags,
      venues: scan.venues,
      nearMisses: scan.nearMisses.map(missedView),
      unpriced: scan.unpriced.map(pricedView),
      identity: scan.identity,
    });
  });
  routes.get("/", async (context) => {
    const query = readQuery(context, listQuery);
    if (!query.ok) return problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail: query.error });
    const { scans, next } = await listScans(services.db, { limit: query.value.limit, before: query.value.before ?? null });
    return context.json({ scans: scans.map(summaryView), next });
  });
  return routes;
}

function summaryView(scan: ScanSummary): Record<string, unknown> {
  const { scanId, slotMs, trigger, market, startedAtMs, finishedAtMs, intervalSeconds, verdict, reason, counts, funnel } = scan;
  const unbalanced = unbalancedSteps(funnel);
  return {
    id: scanId,
    slotMs,
    trigger,
    market,
    startedAtMs,
    finishedAtMs,
    durationMs: finishedAtMs - startedAtMs,
    intervalSeconds,
    verdict,
    reason,
    counts,
    balanced: unbalanced.length === 0,
    funnel,
  };
}
