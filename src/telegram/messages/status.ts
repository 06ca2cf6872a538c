import type { Language } from "../../domain/person.ts";
import type { Lateness } from "../../storage/lateness.ts";
import { ago, count, span } from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, marketBanner, message, rows, safe } from "./parts.ts";

/** How fresh the data is and how late messages are. Ages in ms; `null` is not known. */
export type Status = {
  /** Since the newest scan ended; `null` before the first. */
  readonly scanAgeMs: number | null;
  /** The feed whose data is oldest among those that answered. */
  readonly oldest: { readonly feed: string; readonly ageMs: number } | null;
  readonly feeds: { readonly answered: number; readonly all: number };
  /** Feeds that did not answer the newest scan. */
  readonly silent: readonly {
    readonly feed: string;
    /** Its venue refuses the country, and where we call it from; `null`: another reason. */
    readonly blocked: { readonly region: string | null } | null;
  }[];
  readonly open: number | null;
  readonly lateness: Lateness;
  readonly version: string;
  readonly market: string;
};

/** Silent feeds that are named. */
const MOST_NAMED = 5;

/** /status: the age of the data first. */
export function renderStatus(status: Status, language: Language): Message {
  const text = catalogueOf(language).status;
  const { scanAgeMs, oldest, feeds, silent, open, lateness, version } = status;
  const named = silent
    .slice(0, MOST_NAMED)
    .map(({ feed, blocked }) => (blocked === null ? safe(feed) : `${safe(feed)} (${text.unreachable(blocked.region)})`));
  const unnamed = silent.length - named.length;
  const body = lines(
    bold(scanAgeMs === null ? text.noScan : text.scan(ago(scanAgeMs, language))),
    marketBanner(status.market, language),
    oldest !== null && text.oldest(safe(oldest.feed), ago(oldest.ageMs, language)),
    feeds.all > 0 && text.feeds(count(feeds.answered, language), count(feeds.all, language)),
    named.length > 0 && text.silent([...named, ...(unnamed > 0 ? [`+${unnamed}`] : [])].join(", ")),
    open !== null && text.open(count(open, language)),
    lateness.p50 === null ? text.notLate : text.late(span(lateness.p50, language), span(lateness.p95, language)),
    text.version(safe(version)),
  );
  return message(body, rows([button(catalogueOf(language).general.reload, "status:")]));
}
