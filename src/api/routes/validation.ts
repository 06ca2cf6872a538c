import { type Context, Hono } from "hono";
import * as z from "zod";
import { listQuarantined, MOST_QUARANTINED_PAGE, type RestoreRefusal, restoreRow } from "../../storage/quarantined-rows.ts";
import { listFindings, loadRun, MOST_FINDINGS_PAGE, type StartRefusal, startValidation } from "../../storage/validation-runs.ts";
import { problem } from "../problem.ts";
import { readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";

const startQuery = z.strictObject({
  dryRun: z.enum(["true", "false"], "expected true or false"),
  /** The dry run whose findings are taken out. */
  of: z.string().min(1, "expected the id of a dry run").optional(),
});
const findingsQuery = z.strictObject({ after: z.string().max(200, "expected the next of the page before").default("") });
/** `next` of the page before, as `atMs.id`. */
const quarantineQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,15}\..{1,100}$/u, "expected the next of the page before")
    .transform((text) => ({ atMs: Number(text.slice(0, text.indexOf("."))), rowId: text.slice(text.indexOf(".") + 1) }))
    .optional(),
});

/**
 * The validation of stored rows: `POST /validate?dryRun=true`, `POST /validate?dryRun=false&of=ID`, `GET /validations/{id}` with
 * its findings, `GET /quarantined-rows`, `POST /quarantined-rows/{id}/restore`. Steps are made after scans.
 */
export function validationRoutes(services: ApiServices, actor: () => string): Hono {
  const routes = new Hono();
  const { db, now, random, snapshots } = services;
  routes.post("/validate", async (context) => {
    const query = readQuery(context, startQuery);
    if (!query.ok) return badQuery(context, query.error);
    const { dryRun, of } = query.value;
    if ((dryRun === "true") !== (of === undefined))
      return badQuery(context, "expected dryRun=true alone, or dryRun=false with the id of a finished dry run in of");
    const action = of === undefined ? "rows.validate" : "rows.remove";
    const audit = {
      id: random(),
      atMs: now(),
      actor: actor(),
      action,
      target: random().slice(0, 8),
      detail: of === undefined ? null : { of },
    };
    const started = await startValidation(db, { dryRunId: of ?? null, audit });
    return started.ok ? context.json(started.value, 202) : notStarted(context, started.error);
  });
  routes.get("/validations/:id", async (context) => {
    const query = readQuery(context, findingsQuery);
    if (!query.ok) return badQuery(context, query.error);
    const run = await loadRun(db, context.req.param("id"));
    if (run === null) return notStarted(context, "no-such-dry-run");
    const findings = await listFindings(db, run.dryRunId ?? run.id, { after: query.value.after, limit: MOST_FINDINGS_PAGE });
    return context.json({ run, findings, next: findings.length < MOST_FINDINGS_PAGE ? null : (findings.at(-1)?.rowId ?? null) });
  });
  routes.get("/quarantined-rows", async (context) => {
    const query = readQuery(context, quarantineQuery);
    if (!query.ok) return badQuery(context, query.error);
    const rows = await listQuarantined(db, { after: query.value.after ?? null, limit: MOST_QUARANTINED_PAGE });
    const last = rows.at(-1);
    const next = rows.length < MOST_QUARANTINED_PAGE || last === undefined ? null : `${last.quarantinedAtMs}.${last.rowId}`;
    return context.json({ rows, next });
  });
  routes.post("/quarantined-rows/:id/restore", async (context) => {
    const act = { by: actor(), auditId: random(), nowMs: now(), venues: snapshots.venues };
    const restored = await restoreRow(db, context.req.param("id"), act);
    return restored.ok ? context.json(restored.value) : notRestored(context, restored.error);
  });
  return routes;
}

function notStarted(context: Context, refusal: StartRefusal): Response {
  const details: Readonly<Record<StartRefusal, string>> = {
    "no-such-dry-run": "expected the id of a validation, found none of that id",
    "dry-run-not-done": "expected a dry run that is done, found one that runs",
    "another-runs": "expected that nothing runs, found another validation that does",
  };
  const status = refusal === "no-such-dry-run" ? 404 : 409;
  return problem(context, { status, code: refusal, title: "The validation was not started or found", detail: details[refusal] });
}

function notRestored(context: Context, refusal: RestoreRefusal): Response {
  const title = "The row was not put back";
  if (refusal.kind === "not-in-quarantine")
    return problem(context, { status: 404, code: refusal.kind, title, detail: "expected the id of a row in quarantine, found none" });
  const detail =
    refusal.kind === "taken"
      ? "expected a free place, found a row of its id, or an open one of its key"
      : `expected a row that holds: ${refusal.fault.rule}, ${refusal.fault.message}`;
  return problem(context, { status: 409, code: refusal.kind, title, detail });
}

const badQuery = (context: Context, detail: string): Response =>
  problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail });
