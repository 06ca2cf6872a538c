import { Hono } from "hono";
import { problem } from "./problem.ts";
import { adminRoutes } from "./routes/admin.ts";
import { healthRoutes } from "./routes/health.ts";
import { opportunityRoutes } from "./routes/opportunities.ts";
import { qualityRecordRoutes } from "./routes/quality-record.ts";
import { qualityRoutes } from "./routes/quality.ts";
import { rateRoutes } from "./routes/rates.ts";
import { scanRoutes } from "./routes/scans.ts";
import type { ApiServices } from "./services.ts";

/** The read API. Every failure leaves as problem+json. */
export function createApi(services: ApiServices): Hono {
  const api = new Hono();
  api.use(async (context, next) => {
    const startedAtMs = services.now();
    await next();
    const { method, path } = context.req;
    const ms = services.now() - startedAtMs;
    services.log.info("api.request", { method, path, status: context.res.status, ms, container: services.container() });
  });
  api.route("/api/opportunities", opportunityRoutes(services));
  api.route("/api/quality", qualityRoutes(services));
  api.route("/api/rates", rateRoutes(services));
  api.route("/api/scans", scanRoutes(services));
  api.route("/api/quality", qualityRecordRoutes(services));
  api.route("/api/health", healthRoutes(services));
  api.route("/api/admin", adminRoutes(services));
  api.notFound((context) => {
    const path = new URL(context.req.url).pathname;
    return problem(context, {
      status: 404,
      code: "no-such-route",
      title: "There is nothing at this address",
      detail: `expected ${ROUTES}; found ${context.req.method} ${path}`,
    });
  });
  api.onError((error, context) => {
    const { method, url } = context.req;
    services.log.with({ component: "api" }).error("api.failed", { method, path: new URL(url).pathname, error });
    return problem(context, {
      status: 500,
      code: "internal",
      title: "The request failed on our side",
      detail: "The failure has been logged; trying again may help.",
    });
  });
  return api;
}

const ROUTES =
  "GET /api/opportunities, /api/opportunities/{id}, /api/rates?asset=, /api/scans, /api/scans/latest, /api/quality, /api/quality/rules, /api/quality/quarantine, /api/health or /api/health/detailed";
