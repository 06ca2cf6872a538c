import { Hono } from "hono";
import * as z from "zod";
import { changeRule, knownNames } from "../../storage/change-rule.ts";
import type { FlagAuthor } from "../../storage/flags.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import { type RuleSetting, type RuleView, viewRules } from "../../storage/rules.ts";
import { readBody } from "../body.ts";
import { problem } from "../problem.ts";
import type { ApiServices } from "../services.ts";

/** `GET /api/quality/rules`: every rule, what it takes and what is in force where. */
export function qualityRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  const { db, rules, config } = services;
  routes.get("/rules", async (context) => {
    const views = await viewRules(db, { rules, deployment: config.flagDefaults });
    return context.json({ rules: views.map(ruleView) });
  });
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
export function qualityAdminRoutes(services: ApiServices, author: () => FlagAuthor): Hono {
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
  return routes;
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
