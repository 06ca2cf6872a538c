import { feedIdOf } from "../../domain/feed.ts";
import type { Language } from "../../domain/person.ts";
import type { VenueId } from "../../domain/venue.ts";
import type { RejectionSample, ScanDetail } from "../../storage/scan-record.ts";
import type { Snapshot } from "../../storage/snapshot.ts";
import { type CoinRate, tickerOf } from "../coin-rates.ts";
import * as format from "../format.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { textOf } from "./card.ts";
import { safe } from "./parts.ts";

/** What one gate or rule says: passed, not passed, not to be told, or a remark. */
export type Step = { readonly verdict: "yes" | "no" | "unknown" | "note"; readonly text: string };

/** One leg that is asked about. */
export type AskedLeg = { readonly venue: VenueId; readonly kind: "perpetual" | "spot" };

export type LegFacts = {
  readonly snapshot: Snapshot;
  /** The newest scan with its refusals; `null` before the first one. */
  readonly scan: ScanDetail | null;
  /** The coin's instruments that passed; `null` where rates are not at hand. */
  readonly rates: readonly CoinRate[] | null;
  readonly asset: string;
  readonly language: Language;
  readonly nowMs: number;
};

/** Whether a leg's row came and passed every check, else which it failed, else that this is not known. */
export function legStep({ venue, kind }: AskedLeg, facts: LegFacts): Step {
  const { snapshot, scan, rates, language, nowMs } = facts;
  const { why } = catalogueOf(language);
  const name = `${safe(venueName(venue))}${kind === "spot" ? " spot" : ""}`;
  const found = rates?.find((rate) => rate.venue === venue && rate.kind === kind);
  if (found !== undefined) {
    const age = format.span(found.receivedAtMs === null ? null : Math.max(0, nowMs - found.receivedAtMs), language);
    const text = kind === "spot" ? why.dataOkSpot(name, age) : why.dataOk(name, format.signedPercent(found.ratePer8h, language), age);
    return { verdict: "yes", text };
  }
  const feed = snapshot.venues.find((report) => report.feed === feedIdOf(venue, kind));
  if (feed !== undefined && !feed.ok) return { verdict: "no", text: why.dataSilent(name, safe(feed.error?.kind ?? "?")) };
  const refusal = scan?.rejections.samples.find((sample) => isRefusalOf(sample, { venue, kind }, facts.asset));
  if (refusal !== undefined) return { verdict: "no", text: why.dataRefused(name, refusalWords(refusal, language)) };
  return { verdict: "unknown", text: rates === null ? why.dataUnread(name) : why.dataAbsent(name) };
}

/** Whether a sample is about this coin there: by canonical symbol, or before parsing by the venue's own name of it. */
function isRefusalOf({ step, venue, feed, subject }: RejectionSample, leg: AskedLeg, asset: string): boolean {
  if (venue !== leg.venue || (feed !== null && feed !== feedIdOf(leg.venue, leg.kind))) return false;
  const ticker = tickerOf(asset);
  const name = subject.toUpperCase();
  if (step === "gate" || step === "identify") return name.startsWith(`${ticker}/`);
  return step === "parse" && (name === ticker || name.replace(/[^\p{L}\p{N}]/gu, "").startsWith(`${ticker}USD`));
}

/** The rule in words, with what it found and its bar where those were kept. */
function refusalWords({ rule, evidence }: RejectionSample, language: Language): string {
  const { why } = catalogueOf(language);
  const sentence = textOf(why.rules, rule);
  const found = findingOf(evidence, rule);
  if (found === null) return sentence;
  return why.againstBar(sentence, valueWords(found.value, rule, language), valueWords(found.bar, rule, language));
}

type Found = { readonly value: number | string | null; readonly bar: number | string | null };

/** A rule's finding in the evidence of a sample, which is what its step wrote; null where it is none. */
function findingOf(evidence: unknown, rule: string): Found | null {
  if (!Array.isArray(evidence)) return null;
  for (const each of evidence) {
    if (!isRecord(each) || each["rule"] !== rule) continue;
    const { value, bar } = each;
    if (isValue(value) && isValue(bar)) return { value, bar };
  }
  return null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;
const isValue = (value: unknown): value is number | string | null =>
  value === null || typeof value === "number" || typeof value === "string";

/** Rules whose figures are no plain amounts. */
const UNIT_OF_RULE: Readonly<Record<string, "rate" | "ms" | "time" | "usd" | "price">> = {
  "rate-too-large": "rate",
  "rate-beyond-cap": "rate",
  stale: "ms",
  "next-funding-past": "time",
  "time-in-future": "time",
  "low-volume": "usd",
  "low-open-interest": "usd",
  "crossed-book": "price",
};

function valueWords(value: number | string | null, rule: string, language: Language): string {
  if (typeof value === "string") return safe(value);
  switch (Object.hasOwn(UNIT_OF_RULE, rule) ? UNIT_OF_RULE[rule] : undefined) {
    case "rate":
      return format.percent(value, language);
    case "ms":
      return format.span(value, language);
    case "time":
      return format.clock(value, language);
    case "usd":
      return format.usd(value, language);
    case "price":
      return format.price(value, language);
    case undefined:
      return format.amount(value, language);
  }
}
