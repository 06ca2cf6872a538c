import { Hono } from "hono";
import * as z from "zod";
import type { MarketColumns } from "../../storage/market-columns.ts";
import { MARKET_NUMBERS } from "../../storage/market-columns.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import { problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";
import { noSnapshot, scanView } from "../snapshot-answer.ts";

const ratesQuery = z.strictObject({ asset: z.string("expected a coin such as BTC").min(1, "expected a coin such as BTC") });

/** `GET /api/rates?asset=BTC`: what every venue pays for a coin now, of the rows that passed the gate. */
export function rateRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  routes.get("/", async (context) => {
    const query = readQuery(context, ratesQuery);
    if (!query.ok) return problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail: query.error });
    const read = await readSnapshot(services.snapshots);
    if (!read.ok) return noSnapshot(context, read.error);
    const { market } = read.value.snapshot;
    if (market === null) {
      const detail = `the snapshot is ${read.value.fallbackReason ?? "absent"}; rates come back with the next scan`;
      return problem(context, { status: 503, code: "no-rates", title: "Rates are not at hand now", detail });
    }
    return context.json({
      market: read.value.snapshot.scan.market,
      scan: scanView(read.value),
      asset: query.value.asset,
      rates: ratesOf(market, query.value.asset),
    });
  });
  return routes;
}

/** Rows of a coin, every identity cluster of it, the dearest funding first. */
function ratesOf(market: MarketColumns, asset: string): readonly Record<string, unknown>[] {
  const wanted = asset.toUpperCase();
  const rows = Object.entries(market).flatMap(([feed, columns]) =>
    columns.asset.flatMap((found, row) => {
      if (found === null || (found !== asset && found.split("~")[0]?.toUpperCase() !== wanted)) return [];
      const numbers = Object.fromEntries(MARKET_NUMBERS.map((name) => [name, columns[name][row] ?? null]));
      const rate = columns.fundingRatePerInterval[row] ?? null;
      const hours = columns.fundingIntervalHours[row] ?? null;
      const fundingRatePer8h = rate === null || hours === null ? null : (rate * 8) / hours;
      return [
        { feed, venue: columns.venue, symbol: columns.symbol[row], kind: columns.kind[row], asset: found, fundingRatePer8h, ...numbers },
      ];
    }),
  );
  return rows.sort((a, b) => (b.fundingRatePer8h ?? Number.NEGATIVE_INFINITY) - (a.fundingRatePer8h ?? Number.NEGATIVE_INFINITY));
}
