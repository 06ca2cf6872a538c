import type { Delivery, DeliveryPayload, PersonalPair } from "../../domain/delivery.ts";
import { CLOSE_REASONS, type Leg } from "../../domain/opportunity.ts";
import type { Language, Person } from "../../domain/person.ts";
import { DAY_MS } from "../../domain/units.ts";
import { heldCarry, paysFunding, usdAtSize } from "../../economics/taken-funding.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { degradedLine, warnings } from "./card.ts";
import { incidentName } from "./incident-name.ts";
import { direction, horizonWords, legLine, netAndApr, strategyName, venueWords } from "./pair.ts";
import { bold, button, joined, type Line, lines, marketBanner, message, riskNote, rows, safe, safeText } from "./parts.ts";

export type AlertContext = {
  readonly person: Person;
  /** It may have arrived before. */
  readonly repeated: boolean;
  /** Epoch ms: when it is sent. */
  readonly nowMs: number;
  /** The market that is watched: `live`, or what is played instead. */
  readonly market: string;
};

type PairPayload = Extract<DeliveryPayload, { readonly pair: PersonalPair }>;
type Of<K extends DeliveryPayload["kind"]> = Extract<DeliveryPayload, { readonly kind: K }>;

/** The message of a delivery: in the first line what it is and the figure that matters, below how old its data is. */
export function renderDelivery(delivery: Delivery, context: AlertContext): Message {
  const { language } = context.person.preferences;
  const { alert } = catalogueOf(language);
  const { body, buttons } = contentOf(delivery.payload, context);
  return message(
    lines(
      context.repeated && alert.repeated,
      marketBanner(context.market, language),
      ...body,
      trail(delivery, context),
      isAboutPairs(delivery.payload) && riskNote(language),
    ),
    buttons,
  );
}

type Content = { readonly body: readonly Line[]; readonly buttons: Message["buttons"] };

function contentOf(payload: DeliveryPayload, context: AlertContext): Content {
  switch (payload.kind) {
    case "watch":
      return watch(payload, context.person.preferences.language);
    case "digest":
      return digest(payload, context);
    case "incident":
      return incident(payload, context);
    case "broadcast":
      return broadcast(payload, context.person.preferences.language);
    default:
      return aboutPair(payload, context);
  }
}

const isAboutPairs = ({ kind }: DeliveryPayload): boolean => !["watch", "incident", "broadcast"].includes(kind);

function aboutPair(payload: PairPayload, context: AlertContext): Content {
  const { pair, taken } = payload;
  const { language } = context.person.preferences;
  const { alert } = catalogueOf(language);
  const holds = taken && (payload.kind === "ended" || paysFunding(pair.priced) ? alert.youHold : alert.youHoldNote);
  return {
    body: [bold(headline(payload, language)), ...details(payload, context), holds],
    buttons: pairButtons(pair, taken, language),
  };
}

/** What it is and the figure that matters. */
function headline(payload: PairPayload, language: Language): string {
  const { alert, card, parts } = catalogueOf(language);
  const { priced } = payload.pair;
  const { ledger } = priced;
  const asset = safe(priced.asset);
  const net = ledger.netUsd === null ? parts.netUnknown : format.signedUsd(ledger.netUsd, language);
  const span = horizonWords(ledger, language);
  switch (payload.kind) {
    case "opened":
      return ledger.netUsd === null ? alert.openedUnknown(asset) : alert.opened(asset, format.usd(ledger.netUsd, language), span);
    case "improved": {
      const before = payload.netBefore === null ? "" : `, ${alert.before(format.signedUsd(payload.netBefore * ledger.sizeUsd, language))}`;
      return `${alert.improved(asset, net, span)}${before}`;
    }
    case "terms-changed": {
      const carry = payload.taken ? heldCarry(priced) : null;
      if (carry === null || carry >= 0) return alert.termsChanged(asset, net, span);
      // The funding alone: what it cost to enter is spent.
      const paid = usdAtSize(carry * ledger.horizonHours, ledger.sizeUsd);
      return alert.turnedNegative(asset, format.signedUsd(paid, language), span);
    }
    case "no-data":
      return alert.noData(asset);
    case "data-back":
      return alert.dataBack(asset, net, span);
    case "ended": {
      const reason = CLOSE_REASONS.find((known) => known === payload.reason);
      return reason === undefined ? alert.ended(asset) : alert.endedBecause(asset, card.closeReasons[reason]);
    }
  }
}

/** The pair behind an alert; what has ended or is without data only by its direction and last net. */
function details({ kind, pair, others, degraded = [] }: PairPayload, { person, nowMs }: AlertContext): readonly Line[] {
  const { language } = person.preferences;
  const { alert, parts } = catalogueOf(language);
  const { priced } = pair;
  const { ledger, strategy } = priced;
  if (kind === "no-data" || kind === "ended") {
    return [
      direction(priced, language),
      kind === "no-data" && alert.noDataWhat,
      ledger.netUsd !== null && alert.lastNet(format.signedUsd(ledger.netUsd, language), horizonWords(ledger, language)),
      kind === "ended" && alert.wasOpen(format.span(Math.max(0, nowMs - pair.openedAtMs), language)),
    ];
  }
  const cost = ledger.fees === null || ledger.crossing === null ? null : (ledger.fees + ledger.crossing) * ledger.sizeUsd;
  const { breakEven } = ledger;
  return [
    [
      format.apr(ledger.netAprOnNotional, language),
      strategyName(strategy, language),
      parts.atSize(format.usd(ledger.sizeUsd, language)),
    ].join(" · "),
    legLine(priced.long, { strategy, language, nowMs }),
    legLine(priced.short, { strategy, language, nowMs }),
    kind === "terms-changed" && alert.caps(capWords(priced.long, language), capWords(priced.short, language)),
    breakEven.kind === "at"
      ? alert.costsPaid(format.usd(cost, language), format.span(breakEven.days * DAY_MS, language))
      : alert.costs(format.usd(cost, language)),
    ...warnings(priced, language),
    degradedLine({ degraded, language }),
    others > 0 && alert.othersToo(others, safe(priced.asset)),
  ];
}

/** The largest rate of a leg as its venue sends it. */
const capWords = (leg: Leg, language: Language): string =>
  catalogueOf(language).alert.cap(venueWords(leg), format.percent(leg.quote.fundingCap, language));

function pairButtons({ id, priced: { asset } }: PersonalPair, taken: boolean, language: Language): Message["buttons"] {
  const { alert, card } = catalogueOf(language);
  const short = safe(asset, 12);
  return rows(
    [button(alert.details, `card:${id}`), !taken && button(card.took, `took:${id}`)],
    [button(card.mute(short), `mute:asset:${asset}`), button(card.snooze(short), `snooze:asset:${asset}:24`)],
  );
}

function watch({ asset, venue, direction: way, ratePer8h, barPer8h }: Of<"watch">, language: Language): Content {
  const { alert } = catalogueOf(language);
  const bar = format.signedPercent(barPer8h, language);
  return {
    body: [
      bold(alert.watch(safe(asset), safe(venueName(venue)), format.signedPercent(ratePer8h, language))),
      way === "above" ? alert.watchAbove(bar) : alert.watchBelow(bar),
    ],
    buttons: rows([button(alert.allVenues(safe(asset, 12)), `asset:${asset}`)]),
  };
}

function digest({ pairs, held, open }: Of<"digest">, { person }: AlertContext): Content {
  const { language } = person.preferences;
  const { alert, top } = catalogueOf(language);
  const rest = open - pairs.length;
  return {
    body: [
      bold(alert.digest(held)),
      pairs.length === 0 ? alert.digestNothing : alert.digestNow,
      ...pairs.flatMap(({ priced }) => [
        joined([bold(`${safe(priced.asset)}  ${netAndApr(priced, language)}`)]),
        direction(priced, language),
      ]),
      rest > 0 && alert.digestMore(rest),
    ],
    buttons: rows(
      pairs.slice(0, 3).map(({ id, priced }) => button(safe(priced.asset, 12), `card:${id}`)),
      pairs.slice(3, 6).map(({ id, priced }) => button(safe(priced.asset, 12), `card:${id}`)),
      [button(top.show, "top:1")],
    ),
  };
}

function incident({ phase, label, lines: told, sinceMs }: Of<"incident">, { person, nowMs }: AlertContext): Content {
  const { language } = person.preferences;
  const text = catalogueOf(language);
  const { alert } = text;
  const name = incidentName(label, text);
  const lasted = format.span(Math.max(0, nowMs - sinceMs), language);
  return {
    body: [
      bold(phase === "opened" ? alert.incidentOpened(name) : alert.incidentRecovered(name)),
      phase === "opened" ? alert.incidentSince(format.clock(sinceMs, language), lasted) : alert.incidentLasted(lasted),
      ...told.map((line) => safe(line, 300)),
    ],
    buttons: rows([button(alert.adminButton, "admin:")]),
  };
}

const broadcast = ({ text }: Of<"broadcast">, language: Language): Content => ({
  body: [bold(catalogueOf(language).alert.broadcast), safeText(text)],
  buttons: null,
});

/** How old the data of a message is, and the way it came: venue, scan, sent. Nothing for what has no data. */
function trail({ venueAtMs, scanAtMs }: Delivery, { person, nowMs }: AlertContext): Line {
  const { language } = person.preferences;
  const { parts } = catalogueOf(language);
  const oldest = venueAtMs ?? scanAtMs;
  if (oldest === null) return null;
  const times = [
    venueAtMs === null ? null : `${parts.trailVenue} ${format.clockSeconds(venueAtMs)}`,
    scanAtMs === null ? null : `${parts.trailScan} ${format.clockSeconds(scanAtMs)}`,
    `${parts.trailSent} ${format.clockSeconds(nowMs)} UTC`,
  ];
  return parts.dataTrail(format.span(Math.max(0, nowMs - oldest), language), times.filter((time) => time !== null).join(" → "));
}
