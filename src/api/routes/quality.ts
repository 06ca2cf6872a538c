import { Hono } from "hono";
import * as z from "zod";
import { scaleOf } from "../../domain/identity.ts";
import { changeRule, knownNames } from "../../storage/change-rule.ts";
import type { Author } from "../../storage/audits.ts";
import { dropRuling, listRulings, setRuling } from "../../storage/identity-rulings.ts";
import { knownCoins, type Quarantine, readQuarantine } from "../../storage/quarantine.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import { type RuleSetting, type RuleView, viewRules } from "../../storage/rules.ts";
import { readBody } from "../body.ts";
import { problem } from "../problem.ts";
import type { ApiServices } from "../services.ts";

/**
 * `GET /api/quality/rules`: every rule, what it takes and what is in force where. `GET /api/quality/quarantine`: the
 * instruments that identity keeps out, and those that operators ruled on, without who ruled and why.
 */
export function qualityRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  const { db, rules, config } = services;
  routes.get("/rules", async (context) => {
    const views = await viewRules(db, { rules, deployment: config.flagDefaults });
    return context.json({ rules: views.map(ruleView) });
  });
  routes.get("/quarantine", async (context) => context.json(quarantineView(await readQuarantine(db))));
  return routes;
}

const changeBody = z.strictObject({
  /** `all`, a venue, a coin, a symbol or an instrument. */
  scope: z.string("text: all, a venue or a pair").min(1, "text: all, a venue or a pair"),
  /** One of the rule's flags; without it the main one. */
  parameter: z.string("text: a flag of the rule").optional(),
  /** A value within the flag's bounds, `soft`, `hard`, `off`, or `default` to take back what was set. */
  value: z.unknown().refine((value) => value !== undefined, "a value, soft, hard, off or default"),
});

/** `PUT /api/admin/quality/rules/{id}`: a bar or a severity for all, one venue or one pair, from the next scan on. */
export function qualityAdminRoutes(services: ApiServices, author: () => Author): Hono {
  const routes = new Hono();
  const { db, rules, config, snapshots } = services;
  routes.on("PUT", "/rules/:id", async (context) => {
    const body = await readBody(context, changeBody);
    if (!body.ok) return body.response;
    const { scope, parameter = null, value } = body.value;
    const read = await readSnapshot(snapshots);
    const known = knownNames(snapshots.venues, read.ok ? read.value.snapshot.market : null);
    const change = { rule: context.req.param("id"), scope, parameter, value };
    const done = await changeRule(db, { rules, known, deployment: config.flagDefaults, ...change }, author());
    if (done.ok) return context.json(done.value);
    return problem(context, { status: 422, code: "bad-rule-change", title: "The rule cannot be set so", detail: done.error });
  });
  rulingRoutes(routes, services, author);
  return routes;
}

const rulingBody = z.strictObject({
  instrument: z.string("text such as gate:NEIRO/USDT:USDT"),
  verdict: z.enum(["allow", "deny"], "allow or deny"),
  /** The coin into which it is let; without it the first of its ticker. */
  assetId: z.string("text such as NEIRO or NEIRO~2").nullable().default(null),
  reason: z.string("text: why"),
  /** Epoch ms; without it until it is taken back. */
  expiresAtMs: z.number("epoch ms or null").nullable().default(null),
});

/** `GET`, `PUT` and `DELETE /api/admin/quality/identity`: what operators rule on single instruments, from the next scan on. */
function rulingRoutes(routes: Hono, { db, snapshots }: ApiServices, author: () => Author): void {
  routes.get("/identity", async (context) => context.json({ rulings: await listRulings(db) }));
  routes.on("PUT", "/identity", async (context) => {
    const body = await readBody(context, rulingBody);
    if (!body.ok) return body.response;
    const [read, quarantine] = await Promise.all([readSnapshot(snapshots), readQuarantine(db)]);
    const known = knownCoins(read.ok ? read.value.snapshot.market : null, quarantine);
    const done = await setRuling(db, { wish: body.value, known }, author());
    if (done.ok) return context.json(done.value);
    return problem(context, { status: 422, code: "bad-ruling", title: "That cannot be ruled", detail: done.error });
  });
  routes.delete("/identity", async (context) => {
    const instrument = context.req.query("instrument") ?? "";
    const dropped = await dropRuling(db, instrument, author());
    return context.json({ instrument, removed: dropped !== null });
  });
}

function quarantineView({ scanAtMs, instruments, count, rulings }: Quarantine): Record<string, unknown> {
  return {
    scanAtMs,
    count,
    instruments: instruments.map((each) => ({ ...each, scale: each.ratio === null ? null : scaleOf(each.ratio) })),
    ruled: rulings.map(({ instrument, verdict, assetId, expiresAtMs, atMs }) => ({ instrument, verdict, assetId, expiresAtMs, atMs })),
  };
}

const ruleView = ({ parameters, severity, ...rule }: RuleView): Record<string, unknown> => ({
  ...rule,
  parameters: parameters.map(settingView),
  severity: severity === null ? null : settingView(severity),
});

const settingView = ({ flag, spec, value, venues, pairs }: RuleSetting): Record<string, unknown> => ({
  flag,
  ...spec,
  value,
  overrides: { venues, pairs },
});
