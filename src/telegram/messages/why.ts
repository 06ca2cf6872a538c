import { clearsBar, isCoin, mutedBy } from "../../delivery/my-cards.ts";
import type { Priced } from "../../domain/opportunity.ts";
import type { Language, Mute, Person } from "../../domain/person.ts";
import type { ToldOfRow } from "../../domain/told.ts";
import { per8Hours, perYear } from "../../economics/funding.ts";
import type { FoundPair } from "../find-pair.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { textOf } from "./card.ts";
import { barWords, direction, horizonWords, missingLines, pairRef, strategyName } from "./pair.ts";
import { bold, button, lines, marketBanner, message, rows, safe } from "./parts.ts";
import { type AskedLeg, type LegFacts, legStep, type Step } from "./why-data.ts";

export type WhyInput = LegFacts & {
  /** The legs in the direction that is explained. */
  readonly long: AskedLeg;
  readonly short: AskedLeg;
  /** `null` where the scan kept no figures of it. */
  readonly pair: FoundPair | null;
  /** The pair at the person's own terms. */
  readonly own: Priced | null;
  readonly person: Person;
  /** Newest first. */
  readonly told: readonly ToldOfRow[];
};

const MARKS: Readonly<Record<Step["verdict"], string>> = { yes: "✓", no: "✗", unknown: "?", note: "·" };

/** Each gate and rule in the order of the pipeline, then the person's own settings, then what was told. */
export function renderWhy(input: WhyInput): Message {
  const { language, pair, asset, long, short } = input;
  const { why, alert, general, parts, top } = catalogueOf(language);
  const way = pair === null ? parts.direction(legWords(long), legWords(short)) : direction(pair.listed, language);
  const steps = [
    legStep(long, input),
    legStep(short, input),
    identityStep(input),
    ...(pair === null ? [estimateStep(input)] : listSteps(pair, input)),
    ...ownSteps(input),
    ...toldSteps(input),
  ].filter((step) => step !== null);
  const body = lines(
    marketBanner(input.snapshot.scan.market, language),
    bold(why.title(safe(pair?.listed.asset ?? asset), way)),
    ...steps.map(({ verdict, text }) => `${MARKS[verdict]} ${text}`),
    "",
    parts.dataAge(format.span(Math.max(0, input.nowMs - input.snapshot.scan.finishedAtMs), language)),
  );
  const ref = pair === null ? null : pairRef(pair);
  const again = ref === null ? `why:${asset} ${long.venue} ${short.venue}` : `why:${ref}`;
  return message(
    body,
    rows([ref === null ? button(top.show, "top:1") : button(alert.details, `card:${ref}`), button(general.reload, again)]),
  );
}

const legWords = ({ venue, kind }: AskedLeg): string => `${safe(venueName(venue))}${kind === "spot" ? " spot" : ""}`;

/** Whether the legs are one coin, by the clusters of their rows. */
function identityStep({ pair, rates, long, short, language }: WhyInput): Step | null {
  const { why } = catalogueOf(language);
  if (pair !== null) return { verdict: "yes", text: why.sameCoin(safe(pair.listed.asset)) };
  const assetAt = ({ venue, kind }: AskedLeg): string | undefined =>
    rates?.find((rate) => rate.venue === venue && rate.kind === kind)?.asset;
  const [one, other] = [assetAt(long), assetAt(short)];
  if (one === undefined || other === undefined) return { verdict: "unknown", text: why.coinUnknown };
  return one === other ? { verdict: "yes", text: why.sameCoin(safe(one)) } : { verdict: "no", text: why.otherCoin(safe(one), safe(other)) };
}

/** Of a pair without figures at least its carry, from the legs' own rates. */
function estimateStep({ rates, scan, asset, long, short, language }: WhyInput): Step | null {
  const { why } = catalogueOf(language);
  const refusal = scan?.rejections.samples.find(
    ({ step, subject }) => (step === "detect" || step === "reconcile") && subject === `${asset} ${long.venue} ${short.venue}`,
  );
  if (refusal !== undefined) return { verdict: "no", text: why.refused(textOf(why.refusals, refusal.rule)) };
  const rateAt = ({ venue, kind }: AskedLeg): number | null | undefined => {
    const found = rates?.find((rate) => rate.venue === venue && rate.kind === kind);
    return kind === "spot" && found !== undefined ? 0 : found?.ratePer8h;
  };
  const [paid, earned] = [rateAt(long), rateAt(short)];
  if (paid === undefined || paid === null || earned === undefined || earned === null) return { verdict: "unknown", text: why.notSeen };
  const perHour = (earned - paid) / 8;
  const carry = why.estimate(format.signedPercent(per8Hours(perHour), language), format.apr(perYear(perHour), language));
  return { verdict: perHour > 0 ? "unknown" : "no", text: `${carry}. ${why.notPriced}` };
}

/** The list's own bars: net, stress, confirmation. */
function listSteps({ listed, row, refusal }: FoundPair, { snapshot, language, nowMs }: WhyInput): readonly (Step | null)[] {
  const { why, card } = catalogueOf(language);
  const { ledger } = listed;
  const { openNet } = snapshot;
  const net: Step =
    ledger.net === null
      ? { verdict: "no", text: why.netUnknown(missingLines(listed, language).join(", ")) }
      : {
          verdict: openNet === null ? "unknown" : ledger.net >= openNet ? "yes" : "no",
          text: why.listNet(format.signedPercent(ledger.net, language), format.percent(openNet, language), horizonWords(ledger, language)),
        };
  const { carryHalved, costPlus10Bps, survives } = ledger.stress;
  const figures = [format.signedPercent(carryHalved, language), format.signedPercent(costPlus10Bps, language)] as const;
  const stress: Step | null =
    survives === null
      ? null
      : survives
        ? { verdict: "yes", text: why.stressOk(...figures) }
        : { verdict: "no", text: why.stressBad(...figures) };
  const state: Step | null =
    row === null
      ? refusal === null
        ? null
        : { verdict: "no", text: why.refused(textOf(why.refusals, refusal)) }
      : row.status === "closed"
        ? {
            verdict: "no",
            text: why.ended(
              format.ago(row.closedAtMs === null ? null : nowMs - row.closedAtMs, language),
              row.closeReason === null ? "?" : card.closeReasons[row.closeReason],
            ),
          }
        : row.noDataSinceMs === null
          ? { verdict: "yes", text: why.open(format.span(nowMs - row.openedAtMs, language)) }
          : { verdict: "no", text: why.noData(format.span(nowMs - row.noDataSinceMs, language)) };
  return [net, stress, state];
}

/** The person's own filters and bar. */
function ownSteps(input: WhyInput): readonly Step[] {
  const { own, person, language, long, short, asset, nowMs } = input;
  const { why } = catalogueOf(language);
  const { venues, strategies, assets, bar } = person.preferences;
  const left = [...new Set([long.venue, short.venue])].filter((venue) => venues !== null && !venues.includes(venue));
  const strategy = own?.strategy ?? null;
  const coin = own?.asset ?? asset;
  const filters: readonly (string | false)[] = [
    ...left.map((venue) => why.filterVenue(safe(venueName(venue)))),
    strategy !== null && strategies !== null && !strategies.includes(strategy) && why.filterStrategy(strategyName(strategy, language)),
    assets !== null && !assets.some((named) => isCoin(coin, named)) && why.filterAsset(safe(coin)),
  ];
  const failed = filters.filter((filter) => filter !== false).map((text): Step => ({ verdict: "no", text }));
  const mute = own === null ? null : mutedBy(own, person.preferences, nowMs);
  const passed: Step = { verdict: "yes", text: why.filterOk };
  return [
    ...(failed.length === 0 ? [passed] : failed),
    ...(mute === null ? [] : [muteStep(mute, language)]),
    ...barStep(own, bar, language),
  ];
}

function muteStep({ scope, value, untilMs }: Mute, language: Language): Step {
  const { why } = catalogueOf(language);
  const what = safe(scope === "venue" ? venueName(value) : value);
  return { verdict: "no", text: untilMs === null ? why.filterMute(what) : why.filterMuteUntil(what, format.clock(untilMs, language)) };
}

function barStep(own: Priced | null, bar: Person["preferences"]["bar"], language: Language): readonly Step[] {
  if (own === null) return [];
  const { why } = catalogueOf(language);
  const { netUsd, netAprOnNotional } = own.ledger;
  const asked = barWords(bar, language);
  if (netUsd === null) return [{ verdict: "no", text: why.ownUnknown(asked) }];
  const text = why.ownNet(format.signedUsd(netUsd, language), format.apr(netAprOnNotional, language), asked);
  return [{ verdict: clearsBar(own, bar) ? "yes" : "no", text }];
}

/** What was sent about the pair, or what keeps anything from being sent. */
function toldSteps({ person, told, pair, language, nowMs }: WhyInput): readonly Step[] {
  const { why } = catalogueOf(language);
  if (!person.preferences.onboarded) return [{ verdict: "no", text: why.notOnboarded }];
  const off = person.preferences.alerts.opened === "off" ? [{ verdict: "no", text: why.alertsOff(why.kinds.opened) } as const] : [];
  const stopped = person.status === "active" ? [] : [{ verdict: "no", text: why.stopped } as const];
  const rows = told.map((each): Step => {
    const kind = why.kinds[each.kind];
    const ago = format.ago(nowMs - (each.sentAtMs ?? each.createdAtMs), language);
    if (each.status === "sent") return { verdict: "yes", text: why.told(kind, ago) };
    if (each.status === "digested") return { verdict: "yes", text: why.toldInDigest(kind, ago) };
    if (each.status === "queued" || each.status === "sending") return { verdict: "note", text: why.onItsWay(kind) };
    const reason = each.reason !== null && each.reason in why.reasons ? each.reason : each.status;
    return { verdict: "no", text: why.notTold(kind, ago, textOf(why.reasons, reason)) };
  });
  const never: readonly Step[] = rows.length === 0 && pair !== null ? [{ verdict: "note", text: why.neverTold }] : rows;
  return [...stopped, ...off, ...never];
}
