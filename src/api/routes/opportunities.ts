import { Hono } from "hono";
import { z } from "zod";
import { type Priced, STRATEGIES } from "../../domain/opportunity.ts";
import { byNet, cardsOf } from "../../lifecycle/cards.ts";
import { opportunityById } from "../../storage/opportunities.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import type { ShownOpportunity } from "../../storage/schemas.ts";
import { problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";
import { noSnapshot, scanView } from "../snapshot-answer.ts";
import { cardView, opportunityView, pricedView, RISK_LINE } from "../views.ts";

const listQuery = z.strictObject({
  /** Coin, with or without its identity cluster. */
  asset: z.string("expected a coin such as BTC").min(1, "expected a coin such as BTC").optional(),
  /** A venue on either leg. */
  venue: z.string("expected a venue such as gate").min(1, "expected a venue such as gate").optional(),
  strategy: z.enum(STRATEGIES, `expected one of ${STRATEGIES.join(", ")}`).optional(),
  /** Net a year on notional, fraction: 0.05 = 5 %. */
  minNetApr: z.coerce.number("expected a fraction a year such as 0.05").optional(),
  grouped: z.enum(["true", "false"], "expected true or false").optional(),
});
type ListQuery = z.infer<typeof listQuery>;

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
    const { snapshot } = read.value;
    const nowMs = services.now();
    const view = (row: ShownOpportunity): Record<string, unknown> => ({ ...opportunityView(row, nowMs), points: row.points });
    const rows = snapshot.opportunities.filter((row) => matches(row.priced, query.value));
    const list =
      query.value.grouped === "false"
        ? { opportunities: [...rows].sort(byNet).map(view) }
        : { cards: cardsOf(rows).map((card) => cardView(card, view)) };
    const others = (pairs: readonly Priced[]): readonly unknown[] =>
      pairs.filter((pair) => matchesFilters(pair, query.value)).map(pricedView);
    return context.json({
      market: snapshot.scan.market,
      scan: scanView(read.value),
      verdict: snapshot.scan.verdict,
      reason: snapshot.scan.reason,
      ...list,
      nearMisses: others(snapshot.nearMisses),
      unpriced: others(snapshot.unpriced),
      risk: RISK_LINE,
    });
  });
  routes.get("/:id", async (context) => {
    const id = context.req.param("id");
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
      audit: found.audit,
      events: found.events,
      market: services.config.market,
      risk: RISK_LINE,
    });
  });
  return routes;
}

function unknownVenue({ venue }: ListQuery, venues: ReadonlySet<string>): string | null {
  if (venue === undefined || venues.has(venue)) return null;
  return `expected one of ${[...venues].join(", ")}, found "${venue}"`;
}

/** The filters that hold for every pair; `minNetApr` asks for a net, which near-misses are below by nature. */
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
