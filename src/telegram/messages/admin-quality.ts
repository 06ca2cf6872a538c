import type { FeedQuality, RuleQuality } from "../../domain/quality-report.ts";
import type { PassCounts } from "../../domain/quality-tally.ts";
import type { DuplicateCheck } from "../../storage/duplicate-checks.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { bold, button, type Line, lines, marketBanner, message, rows, safe } from "./parts.ts";

/** Periods that have a button. */
const QUALITY_PERIODS = ["24h", "7d", "30d"] as const;

/** The record of quality of a period, as operators read it. */
export type QualityView = {
  readonly periodMs: number;
  readonly scans: number;
  /** The venue that was asked for; `null` = all. */
  readonly venue: string | null;
  readonly total: PassCounts;
  readonly feeds: readonly FeedQuality[];
  readonly rules: readonly RuleQuality[];
  /** The latest count of duplicates; `null` before the first. */
  readonly duplicates: DuplicateCheck | null;
};

const MOST_FEEDS = 30;
const MOST_RULES = 8;
const MOST_REASONS = 3;

/** How many rows passed at each feed and why the others did not, with buttons to other periods. */
export function renderQuality({ periodMs, scans, venue, total, feeds, rules, duplicates }: QualityView, context: AdminContext): Message {
  const { text, language } = context;
  const { admin, general } = text;
  const count = (value: number): string => format.count(value, language);
  const faults = rules.filter(({ fault }) => fault).slice(0, MOST_RULES);
  const body: readonly Line[] = [
    bold(admin.qualityHead(format.span(periodMs, language), count(scans))),
    scans === 0 ? general.noData : admin.qualityTotal(format.percent(total.passRate, language), count(total.passed), count(total.faults)),
    "",
    ...feeds.slice(0, MOST_FEEDS).flatMap((feed) => feedLines(feed, context)),
    faults.length > 0 && "",
    ...faults.map(({ rule, failed, passRate }) => admin.qualityRule(safe(rule), count(failed), format.percent(passRate, language))),
    duplicates !== null && "",
    duplicates !== null &&
      admin.duplicates(count(duplicates.rowsDouble), count(duplicates.deliveriesDouble), format.clock(duplicates.atMs, language)),
  ];
  const of = venue === null ? "" : `${venue}:`;
  return message(
    lines(marketBanner(context.market, language), ...body),
    rows(
      QUALITY_PERIODS.map((period) => button(period, `admin:quality:${of}${period}`)),
      [button(general.back, "admin:home")],
    ),
  );
}

function feedLines({ feed, passRate, faults, asked, answered, refused }: FeedQuality, { text, language }: AdminContext): readonly Line[] {
  const reasons = refused.filter(({ fault }) => fault).slice(0, MOST_REASONS);
  const named = reasons.map(({ rule, rows }) => `${format.count(rows, language)} ${safe(rule)}`).join(", ");
  const rate = passRate === null ? format.notKnown(language) : format.percent(passRate, language);
  const silent = asked - answered;
  return [
    text.admin.qualityFeed(safe(feed), rate, format.count(faults, language)) + (named === "" ? "" : ` (${named})`),
    silent > 0 && text.admin.qualitySilent(format.count(silent, language), format.count(asked, language)),
  ];
}
