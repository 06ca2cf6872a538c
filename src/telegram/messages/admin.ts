import type { InlineKeyboardButton } from "grammy/types";
import { geoBlockOf } from "../../domain/feed.ts";
import { topDrops } from "../../domain/funnel.ts";
import type { Language } from "../../domain/person.ts";
import type { Layers } from "../../storage/layers.ts";
import type { Operations } from "../../storage/operations.ts";
import type { ScanDetail, VenueReport } from "../../storage/scan-record.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { Catalogue } from "../text/shape.ts";
import { incidentName } from "./incident-name.ts";
import { bold, button, type Line, lines, marketBanner, message, rows, safe } from "./parts.ts";

/** Who reads, and which market it is about. */
export type AdminContext = { readonly text: Catalogue; readonly language: Language; readonly market: string };

/** The pages of /admin, by the name that its buttons carry. */
export const ADMIN_PAGES = ["home", "scan", "venues", "messages", "people"] as const;
export type AdminPage = (typeof ADMIN_PAGES)[number];

const MOST_REASONS = 5;
/** Feeds shown; more than any deployment has. */
const MOST_FEEDS = 45;

/** One page of /admin. */
export function renderAdmin(page: AdminPage, operations: Operations, context: AdminContext & { readonly layers: Layers }): Message {
  const body: Readonly<Record<AdminPage, (operations: Operations, context: AdminContext) => readonly Line[]>> = {
    home: homeLines,
    scan: scanLines,
    venues: venueLines,
    messages: messageLines,
    people: peopleLines,
  };
  const head = [marketBanner(context.market, context.language), ...layerLines(context)];
  return message(lines(...head, ...body[page](operations, context)), adminButtons(page, context));
}

/** Which layers are switched off, on every page: figures below may be old then, and nobody is told anything. */
const layerLines = ({ text, layers }: AdminContext & { readonly layers: Layers }): readonly Line[] => [
  !layers.d1 && bold(text.admin.d1Off),
  !layers.kv && text.admin.kvOff,
];

/** The other pages, and this one again. */
function adminButtons(page: AdminPage, { text }: AdminContext): readonly (readonly InlineKeyboardButton[])[] {
  const { admin, general } = text;
  return rows(
    [button(admin.scan, "admin:scan"), button(admin.venues, "admin:venues"), button(admin.messages, "admin:messages")],
    [button(admin.people, "admin:people"), button(admin.quality, "admin:quality:24h")],
    [button(admin.flags, "admin:flags:0"), button(admin.rules, "admin:rules"), button(admin.quarantine, "admin:quarantine")],
    [button(general.reload, `admin:${page}`), page !== "home" && button(general.back, "admin:home")],
  );
}

function homeLines(operations: Operations, context: AdminContext): readonly Line[] {
  const { admin } = context.text;
  const { scan, atMs, incidents, people } = operations;
  const { language } = context;
  const open = incidents.filter(({ state }) => state === "open");
  return [
    ...open.map((incident) =>
      bold(
        admin.incident(
          incidentName(incident.label, context.text),
          format.span(atMs - (incident.badSinceMs ?? incident.openedAtMs ?? atMs), language),
        ),
      ),
    ),
    open.length === 0 && bold(admin.noIncidents),
    scan === null ? context.text.general.noData : headOf(scan, operations, context),
    scan !== null && feedsLine(scan.venues, context),
    "",
    ...statusLines(operations, context),
    lateLine(operations, context),
    admin.peopleLine(format.count(people.all, language), format.count(people.byStatus["active"] ?? 0, language)),
    "",
    admin.how,
  ];
}

const headOf = (scan: ScanDetail, { atMs }: Operations, { text, language }: AdminContext): string =>
  text.admin.lastScan(format.ago(atMs - scan.finishedAtMs, language), text.admin.verdicts[scan.verdict]);

function feedsLine(venues: readonly VenueReport[], { text, language }: AdminContext): string {
  const good = venues.filter(({ ok }) => ok).length;
  return text.admin.feedsFresh(format.count(good, language), format.count(venues.length, language));
}

/** The funnel of the newest scan: what each step let through. */
function scanLines(operations: Operations, context: AdminContext): readonly Line[] {
  const { text, language } = context;
  const { scan } = operations;
  if (scan === null) return [text.general.noData];
  const drops = topDrops(scan.funnel, MOST_REASONS).map(({ reason, count }) => `${format.count(count, language)} ${safe(reason)}`);
  const { counts } = scan;
  const [nearest] = scan.nearMisses;
  return [
    bold(headOf(scan, operations, context)),
    // The verdict stands above already.
    safe(scan.reason.replace(/^(?:market quiet|data failure): /u, ""), 300),
    text.admin.rowsOpen(format.count(counts.open, language), format.count(counts.opened, language), format.count(counts.closed, language)),
    "",
    ...scan.funnel.map(({ step, unit, in: before, out }) =>
      text.admin.step(step, format.count(before, language), format.count(out, language), unit),
    ),
    drops.length > 0 && text.admin.refused(drops.join(", ")),
    nearest !== undefined &&
      text.admin.nearest(
        safe(`${nearest.asset} ${nearest.long.quote.venue} → ${nearest.short.quote.venue}`, 80),
        format.percent(nearest.ledger.net, language),
      ),
  ];
}

/** Each feed of the newest scan, those that failed first. */
function venueLines({ scan, atMs }: Operations, context: AdminContext): readonly Line[] {
  const { text, language } = context;
  if (scan === null) return [text.general.noData];
  const sorted = [...scan.venues].sort((a, b) => Number(a.ok) - Number(b.ok) || (a.feed < b.feed ? -1 : 1));
  return [
    bold(feedsLine(scan.venues, context)),
    ...sorted.slice(0, MOST_FEEDS).flatMap((feed) => feedLines(feed, atMs, { text, language })),
  ];
}

type Reader = Pick<AdminContext, "text" | "language">;

function feedLines(report: VenueReport, atMs: number, { text, language }: Reader): readonly Line[] {
  const { feed, ok, error, rows: count, ms, receivedAtMs, degraded } = report;
  const name = safe(feed);
  const tookMs = format.count(ms, language);
  const standing = standingLine(report, atMs, { text, language });
  if (!ok) return [bold(text.admin.feedBad(name, safe(error?.kind ?? "empty"), tookMs)), standing];
  const readAgo = receivedAtMs === null ? format.notKnown(language) : format.ago(atMs - receivedAtMs, language);
  const missing = degraded.map(({ endpoint, kind }) => `${endpoint} (${kind})`).join(", ");
  return [
    text.admin.feedGood(name, format.count(count, language), tookMs, readAgo),
    degraded.length > 0 && text.admin.feedPart(safe(missing, 200)),
    standing,
  ];
}

/** From where the venue cannot be reached, what its breaker does, and how long it is left alone for what; nothing where all is well. */
function standingLine({ error, health }: VenueReport, atMs: number, { text, language }: Reader): Line {
  const blocked = geoBlockOf({ error, health });
  const { breaker, pause } = health ?? {};
  const wait = (untilMs: number): string => format.span(Math.max(0, untilMs - atMs), language);
  const open = breaker !== undefined && breaker.untilMs !== null && breaker;
  const parts = [
    ...(blocked === null ? [] : [text.status.unreachable(blocked.region)]),
    ...(open === false ? [] : [text.admin.feedBreaker(format.count(open.failures, language), wait(open.untilMs ?? atMs))]),
    ...(pause === undefined || pause === null || pause.untilMs <= atMs
      ? []
      : [text.admin.feedPause(safe(pause.after ?? "", 40), wait(pause.untilMs))]),
  ];
  return parts.length > 0 && `  ${parts.join(" · ")}`;
}

/** Sessions and deliveries of a day. */
function messageLines(operations: Operations, context: AdminContext): readonly Line[] {
  const { admin } = context.text;
  const { language } = context;
  const { deliveries, deadLetters, liveSessions } = operations;
  return [
    ...statusLines(operations, context),
    lateLine(operations, context),
    "",
    ...deliveries.byReason
      .slice(0, 2 * MOST_REASONS)
      .map(({ status, reason, count }) => `${named(admin.statuses, status)}: ${format.count(count, language)} ${safe(reason, 80)}`),
    admin.deadLetters(format.count(deadLetters.lastDay, language), format.count(deadLetters.all, language)),
    ...deadLetters.latest.map(({ queue, attempts, atMs }) =>
      admin.deadLetter(safe(queue), format.count(attempts, language), format.ago(operations.atMs - atMs, language)),
    ),
    admin.sessions(format.count(liveSessions, language)),
  ];
}

function statusLines({ deliveries }: Operations, { text, language }: AdminContext): readonly Line[] {
  const { admin } = text;
  const known = Object.entries(deliveries.byStatus).sort(([a], [b]) => orderOf(a) - orderOf(b));
  return [
    bold(`${admin.day} · ${admin.messages}`),
    known.length === 0 && admin.noMessages,
    known.length > 0 && known.map(([status, count]) => `${format.count(count, language)} ${named(admin.statuses, status)}`).join(" · "),
  ];
}

const STATUS_ORDER = ["sent", "queued", "sending", "failed", "unknown", "held", "digested", "suppressed"];
const orderOf = (status: string): number => STATUS_ORDER.indexOf(status) + 1;

const lateLine = ({ deliveries: { lateMs } }: Operations, { text, language }: AdminContext): Line =>
  lateMs.p50 !== null && text.admin.late(format.span(lateMs.p50, language), format.span(lateMs.p95, language));

/** People in counts, never by name. */
function peopleLines({ people, liveSessions }: Operations, { text, language }: AdminContext): readonly Line[] {
  const { admin } = text;
  const languages = Object.entries(people.byLanguage).map(([name, count]) => `${safe(name)} ${format.count(count, language)}`);
  return [
    bold(admin.peopleLine(format.count(people.all, language), format.count(people.byStatus["active"] ?? 0, language))),
    ...Object.entries(people.byStatus)
      .filter(([status]) => status !== "active")
      .map(([status, count]) => `${format.count(count, language)} ${named(admin.peopleStatuses, status)}`),
    admin.onboarded(format.count(people.onboarded, language)),
    admin.operators(format.count(people.operators, language)),
    admin.sessions(format.count(liveSessions, language)),
    languages.length > 0 && admin.languages(languages.join(", ")),
  ];
}

/** The words for a name of the database, else the name itself. */
const named = (words: Readonly<Record<string, string>>, name: string): string =>
  (Object.hasOwn(words, name) ? words[name] : undefined) ?? safe(name);
