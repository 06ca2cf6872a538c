import { feedQuality, ruleQuality, totalQuality } from "../../domain/quality-report.ts";
import { HOUR_MS } from "../../domain/units.ts";
import { listChecks } from "../../storage/duplicate-checks.ts";
import { tallyPeriod } from "../../storage/quality-record.ts";
import { parseHours } from "../arguments.ts";
import type { Answer, Ask } from "../command.ts";
import { renderQuality } from "../messages/admin-quality.ts";
import { message } from "../messages/parts.ts";
import { contextOf } from "./admin-context.ts";

const DEFAULT_HOURS = 24;
/** A year: longer periods are the API's. */
const MOST_HOURS = 366 * 24;

/** The record of quality: `/admin quality [VENUE] [24h|7d|30d]`, in any order. What is not understood gets the form. */
export async function showQuality(ask: Ask, typed: readonly string[], edit: boolean): Promise<Answer> {
  const { services, nowMs, text } = ask;
  const hours = typed.map((word) => parseHours(word)).find((found) => found !== null) ?? DEFAULT_HOURS;
  const named = typed.filter((word) => parseHours(word) === null).map((word) => word.toLowerCase());
  const isKnown = (name: string): boolean => services.venues.some(({ id }) => name === id || name.startsWith(`${id}-`));
  if (named.length > 1 || !named.every(isKnown) || hours < 1 || hours > MOST_HOURS)
    return { kind: "message", message: message(text.admin.qualityHow), edit: false };
  const filter = { venue: named[0] ?? null, rule: null };
  const period = { fromMs: nowMs - hours * HOUR_MS, untilMs: nowMs + 1 };
  const [{ tally }, checks] = await Promise.all([
    tallyPeriod(services.db, period, { coins: false }),
    listChecks(services.db, { ...period, limit: 1 }),
  ]);
  const view = {
    periodMs: hours * HOUR_MS,
    scans: tally.scans,
    venue: filter.venue,
    total: totalQuality(tally, filter),
    feeds: feedQuality(tally, filter),
    rules: ruleQuality(tally, filter),
    duplicates: checks[0] ?? null,
  };
  return { kind: "message", message: renderQuality(view, contextOf(ask)), edit };
}
