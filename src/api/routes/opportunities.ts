import { Hono } from "hono";
import * as z from "zod";
import { type Missed, type Opportunity, type Priced, STRATEGIES } from "../../domain/opportunity.ts";
import { type OwnTerms, withOwnTerms } from "../../economics/own-terms.ts";
import { withUnknownNet } from "../../economics/unknown-net.ts";
import { byNet, cardsOf } from "../../lifecycle/cards.ts";
import { type DegradedLeg, degradedLegs } from "../../storage/degraded-legs.ts";
import { opportunityById } from "../../storage/opportunities.ts";
import { readSnapshot, type SnapshotRead } from "../../storage/read-snapshot.ts";
import type { ShownOpportunity } from "../../storage/schemas.ts";
import type { Snapshot } from "../../storage/snapshot.ts";
import { problem } from "../problem.ts";
import { numberText, readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";
import { noSnapshot, scanView } from "../snapshot-answer.ts";
import { cardView, missedView, opportunityView, pricedView, RISK_LINE } from "../views.ts";

/** A taker fee above 1 % is percent taken for a fraction. */
const MOST_FEE = 0.01;
const FEES_EXPECTED = "expected fees by venue as fractions up to 0.01 such as binance:0.0002,bybit:0.0003";

const listQuery = z.strictObject({
  /** Coin, with or without its identity cluster. */
  asset: z.string("expected a coin such as BTC").min(1, "expected a coin such as BTC").optional(),
  /** A venue on either leg. */
  venue: z.string("expected a venue such as gate").min(1, "expected a venue such as gate").optional(),
  strategy: z.enum(STRATEGIES, `expected one of ${STRATEGIES.join(", ")}`).optional(),
  /** Net a year on notional, fraction: 0.05 = 5 %. */
  minNetApr: numberText("expected a fraction a year such as 0.05").optional(),
  /** A person's own taker fees, fractions: `binance:0.0002,binance-spot:0.001`. */
  fees: z
    .string(FEES_EXPECTED)
    .regex(/^[a-z0-9-]+:(?:0|0?\.\d{1,12})(?:,[a-z0-9-]+:(?:0|0?\.\d{1,12}))*$/u, FEES_EXPECTED)
    .transform((text) => text.split(",").map((entry) => entry.split(":")))
    .transform((entries) => Object.fromEntries(entries.map(([feed = "", fee]) => [feed, Number(fee)])))
    .refine((fees) => Object.values(fees).every((fee) => fee >= 0 && fee <= MOST_FEE), FEES_EXPECTED)
    .optional(),
  grouped: z.enum(["true", "false"], "expected true or false").optional(),
});
type ListQuery = z.infer<typeof listQuery>;

type Shown = { readonly row: ShownOpportunity; readonly venues: Snapshot["venues"] };

/** `GET /api/opportunities` and `GET /api/opportunities/{id}`. */
export function opportunityRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  routes.get("/", async (context) => {
    const query = readQuery(context, listQuery);
    if (!query.ok) return problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail: query.error });
    const unknown = unknownVenue(query.value, services.snapshots.venues);
    if (unknown !== null) return problem(context, { status: 400, code: "unknown-venue", title: "There is no such venue", detail: unknown });
    const read = await readSnapshot(services.snapshots);
    if (!read.ok) return noSnapshot(context, read.error);
    return context.json(listAnswer(read.value, { query: query.value, nowMs: services.now() }));
  });
  routes.get("/:id", async (context) => {
    const id = context.req.param("id");
    const shown = await shownWithoutD1(services, id);
    if (shown !== null) {
      const { market } = services.config;
      const { row, venues } = shown;
      const view = { ...opportunityView(row, services.now()), degraded: degradedLegs(row.priced, venues) };
      return context.json({ ...view, audit: null, events: null, market, risk: RISK_LINE });
    }
    const { found } = await opportunityById(services.db, id);
    if (found === null)
      return problem(context, {
        status: 404,
        code: "no-such-opportunity",
        title: "There is no such opportunity",
        detail: `expected the id of an opportunity, found "${id}"`,
      });
    return context.json({
      ...opportunityView(found.opportunity, services.now()),
      degraded: await degradedNow(services, found.opportunity),
      audit: found.audit,
      events: found.events,
      market: services.config.market,
      risk: RISK_LINE,
    });
  });
  return routes;
}

/** What failed at the venues of its legs in the newest scan; `null` where that one says nothing of its figures. */
async function degradedNow({ snapshots }: ApiServices, { status, priced }: Opportunity): Promise<readonly DegradedLeg[] | null> {
  if (status === "closed") return null;
  const read = await readSnapshot(snapshots);
  return read.ok ? degradedLegs(priced, read.value.snapshot.venues) : null;
}

/** While D1 is switched off it knows nothing of what has opened since; the list does, without what was stored of the row. */
async function shownWithoutD1({ snapshots }: ApiServices, id: string): Promise<Shown | null> {
  if ((await snapshots.layers?.())?.d1 !== false) return null;
  const read = await readSnapshot(snapshots);
  if (!read.ok) return null;
  const { opportunities, venues } = read.value.snapshot;
  const row = opportunities.find((each) => each.id === id);
  return row === undefined ? null : { row, venues };
}

/** The list at the fees of the one who asks, else at the documented ones. */
export function listAnswer(
  read: SnapshotRead,
  { query, nowMs }: { readonly query: ListQuery; readonly nowMs: number },
): Record<string, unknown> {
  const { scan, opportunities, nearMisses, unpriced } = read.snapshot;
  const { fees } = query;
  const own = (pair: Priced): Priced => (fees === undefined ? pair : atOwnFees(pair, fees, scan.finishedAtMs));
  const rows = opportunities.map((row) => asItStands(row, own)).filter((row) => matches(row.priced, query));
  const view = (row: StandingRow): Record<string, unknown> => ({
    ...rowView(row, nowMs),
    degraded: degradedLegs(row.priced, read.snapshot.venues),
  });
  const list =
    query.grouped === "false"
      ? { opportunities: [...rows].sort(byNet).map(view) }
      : { cards: cardsOf(rows).map((card) => cardView(card, view)) };
  const candidates = fees === undefined ? undefined : ownCandidates(read.snapshot, { own, query });
  const cleared = new Set(candidates?.map(({ key }) => key));
  const isOther = (pair: Priced): boolean => matchesFilters(pair, query) && !cleared.has(pair.key);
  const ownMissed = (pair: Missed): Missed => ({ ...own(pair), refusal: pair.refusal });
  return {
    market: scan.market,
    scan: scanView(read),
    verdict: scan.verdict,
    reason: scan.reason,
    ...list,
    ...(candidates === undefined ? {} : { candidates: candidates?.map((pair) => ({ ...pricedView(pair), public: false })) ?? null }),
    nearMisses: nearMisses.filter(isOther).map((pair) => missedView(ownMissed(pair))),
    unpriced: unpriced.filter(isOther).map((pair) => pricedView(own(pair))),
    risk: RISK_LINE,
  };
}

/** At the size and horizon of the public list. */
function atOwnFees(pair: Priced, fees: OwnTerms["fees"], nowMs: number): Priced {
  const { sizeUsd, horizonHours } = pair.ledger;
  return withOwnTerms(pair, { fees, sizeUsd, horizonHours }, nowMs);
}

/** A row with the ledger that holds now; `lastKnownNet` is set while that one's net is not known. */
type StandingRow = ShownOpportunity & { readonly lastKnownNet: number | null };

function asItStands(row: ShownOpportunity, own: (pair: Priced) => Priced): StandingRow {
  const priced = own(row.priced);
  if (row.netUnknown === null) return { ...row, priced, lastKnownNet: null };
  return { ...row, priced: withUnknownNet(priced, row.netUnknown.reasons), lastKnownNet: priced.ledger.net };
}

const rowView = (row: StandingRow, nowMs: number): Record<string, unknown> => ({
  ...opportunityView(row, nowMs),
  points: row.points,
  netUnknown: row.netUnknown,
  lastKnownNet: row.lastKnownNet,
  public: true,
});

/**
 * Pairs that the public list does not have and that clear its bar, stress included, at the person's fees: best first. Null
 * where there is no list of candidates to choose from.
 */
function ownCandidates(
  { candidates, openNet }: Snapshot,
  { own, query }: { readonly own: (pair: Priced) => Priced; readonly query: ListQuery },
): readonly Priced[] | null {
  if (candidates === null || openNet === null) return null;
  return candidates
    .map(own)
    .filter(({ ledger }) => ledger.net !== null && ledger.net >= openNet && ledger.stress.survives === true)
    .filter((pair) => matches(pair, query))
    .sort((a, b) => (b.ledger.net ?? 0) - (a.ledger.net ?? 0) || (a.key < b.key ? -1 : 1));
}

/** The first name in the query that no venue has. A fee may be that of a venue's spot market. */
function unknownVenue({ venue, fees }: ListQuery, venues: ReadonlySet<string>): string | null {
  const named = [...(venue === undefined ? [] : [venue]), ...Object.keys(fees ?? {}).map((feed) => feed.replace(/-spot$/u, ""))];
  const unknown = named.find((name) => !venues.has(name));
  return unknown === undefined ? null : `expected one of ${[...venues].join(", ")}, found "${unknown}"`;
}

/** The filters that hold for every pair; `minNetApr` asks for a net that is paid, which a near-miss is not. */
function matchesFilters(pair: Priced, { asset, venue, strategy }: ListQuery): boolean {
  if (asset !== undefined && pair.asset !== asset && pair.asset.split("~")[0] !== asset.toUpperCase()) return false;
  if (venue !== undefined && pair.long.quote.venue !== venue && pair.short.quote.venue !== venue) return false;
  return strategy === undefined || pair.strategy === strategy;
}

function matches(pair: Priced, query: ListQuery): boolean {
  const { minNetApr } = query;
  const netApr = pair.ledger.netAprOnNotional;
  return matchesFilters(pair, query) && (minNetApr === undefined || (netApr !== null && netApr >= minNetApr));
}
