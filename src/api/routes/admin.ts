import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { type Audit, type Author, listAudits, MOST_AUDITS_PAGE, writeAudit } from "../../storage/audits.ts";
import { confirmBroadcast, createBroadcast, MOST_BROADCAST_CHARS } from "../../storage/broadcasts.ts";
import { listDeadLetters, MOST_DEAD_LETTERS } from "../../storage/dead-letters.ts";
import { type FlagView, setFlag, unsetFlag, viewFlags } from "../../storage/flags.ts";
import { BOTH } from "../../storage/layers.ts";
import { readOperations } from "../../storage/operations.ts";
import { hasToken } from "../bearer.ts";
import { badBody, readBody } from "../body.ts";
import { problem } from "../problem.ts";
import { numberText, readQuery } from "../query.ts";
import type { ApiServices } from "../services.ts";
import { operationsView } from "../operations-view.ts";
import { qualityAdminRoutes } from "./quality.ts";
import { validationRoutes } from "./validation.ts";

const MOST_BODY_BYTES = 64 * 1024;

/**
 * What operators do, for whoever holds the token: the same as /admin of the bot. Without the right token every address
 * answers 401, whether a token is configured or not, and nothing else is done. Every call is audited before it runs.
 */
export function adminRoutes(services: ApiServices): Hono {
  const routes = new Hono();
  routes.use(async (context, next) => {
    context.header("cache-control", "no-store");
    if (!(await hasToken(context.req.header("authorization"), services.config.adminTokenSha256))) return refused(context);
    const { method } = context.req;
    await writeAudit(services.db, auditOf(services, `http.${method.toLowerCase()}`, new URL(context.req.url).pathname));
    return next();
  });
  routes.use(
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: (context) => badBody(context, `expected at most ${MOST_BODY_BYTES} bytes, found more`),
    }),
  );
  routes.get("/status", async (context) => {
    const layers = (await services.snapshots.layers?.()) ?? BOTH;
    return context.json(operationsView(await readOperations(services.db, services.now()), layers));
  });
  routes.get("/users", async (context) => {
    const { people, liveSessions } = await readOperations(services.db, services.now());
    return context.json({ people, liveSessions });
  });
  flagRoutes(routes, services);
  routes.route(
    "/quality",
    qualityAdminRoutes(services, () => authorOf(services)),
  );
  routes.route(
    "/quality",
    validationRoutes(services, () => actorOf(services)),
  );
  broadcastRoutes(routes, services);
  recordRoutes(routes, services);
  return routes;
}

/** Who acts over HTTP: the token, by the beginning of its hash. */
const actorOf = ({ config }: ApiServices): string => `api:${config.adminTokenSha256?.slice(0, 8) ?? ""}`;

const authorOf = (services: ApiServices): Author => ({ by: actorOf(services), nowMs: services.now(), auditId: services.random() });

const auditOf = (services: ApiServices, action: string, target: string): Audit => ({
  id: services.random(),
  atMs: services.now(),
  actor: actorOf(services),
  action,
  target,
  detail: null,
});

function flagRoutes(routes: Hono, services: ApiServices): void {
  const { db, config } = services;
  const find = async (key: string): Promise<FlagView | undefined> =>
    (await viewFlags(db, config.flagDefaults)).flags.find((flag) => flag.key === key);
  const author = () => authorOf(services);
  routes.get("/flags", async (context) => {
    const { flags, problems } = await viewFlags(db, config.flagDefaults);
    return context.json({ flags: flags.map(flagView), problems });
  });
  routes.get("/flags/:key", async (context) => {
    const flag = await find(context.req.param("key"));
    return flag === undefined ? noFlag(context) : context.json(flagView(flag));
  });
  routes.on("PUT", "/flags/:key", async (context) => {
    const key = context.req.param("key");
    const body = await readBody(context, z.strictObject({ value: z.unknown() }));
    if (!body.ok) return body.response;
    const flag = await find(key);
    if (flag === undefined) return noFlag(context);
    const done = await setFlag(
      db,
      { key, value: body.value.value, deployment: config.flagDefaults, venues: services.snapshots.venues },
      author(),
    );
    if (!done.ok)
      return problem(context, { status: 422, code: "bad-value", title: "The flag does not take this value", detail: done.error });
    return context.json(flagView((await find(key)) ?? flag));
  });
  // A key that is stored and no longer known can be removed too.
  routes.delete("/flags/:key", async (context) => {
    const removed = await unsetFlag(db, context.req.param("key"), author());
    return context.json({ key: context.req.param("key"), removed });
  });
}

function broadcastRoutes(routes: Hono, services: ApiServices): void {
  const { db } = services;
  const text = `1 to ${MOST_BROADCAST_CHARS} characters that are not all blank`;
  const schema = z.strictObject({ text: z.string(text).trim().min(1, text).max(MOST_BROADCAST_CHARS, text) });
  routes.post("/broadcasts", async (context) => {
    const body = await readBody(context, schema);
    if (!body.ok) return body.response;
    const id = services.random();
    const draft = { id, text: body.value.text, createdBy: actorOf(services), createdAtMs: services.now() };
    const people = await createBroadcast(db, draft, auditOf(services, "broadcast.draft", `broadcast:${id}`));
    return context.json({ id, text: draft.text, people }, 201);
  });
  routes.post("/broadcasts/:id/confirm", async (context) => {
    const id = context.req.param("id");
    const audit = auditOf(services, "broadcast.confirm", `broadcast:${id}`);
    const confirmed = await confirmBroadcast(db, { id, nowMs: services.now(), audit });
    if (confirmed === null) {
      const detail = "expected the id of a draft, found none of that id";
      return problem(context, { status: 404, code: "no-such-broadcast", title: "There is no such broadcast", detail });
    }
    await services.startBroadcast(id);
    const { confirmedAtMs } = confirmed.broadcast;
    return context.json({ id, confirmedAtMs, first: confirmed.first }, 202);
  });
}

/** A whole number of a query from 1 to `most`. */
function limitUpTo(most: number) {
  const expected = `expected a whole number from 1 to ${most}`;
  return numberText(expected).pipe(z.int(expected).min(1, expected).max(most, expected)).default(most);
}

/** `before`: the `next` of the page before, as `atMs.id`. */
const beforeText = z
  .string()
  .regex(/^\d{1,15}\..{1,100}$/u, "expected the next of the page before")
  .transform((text) => ({ atMs: Number(text.slice(0, text.indexOf("."))), id: text.slice(text.indexOf(".") + 1) }))
  .optional();

function recordRoutes(routes: Hono, services: ApiServices): void {
  routes.get("/audits", async (context) => {
    const query = readQuery(context, z.strictObject({ limit: limitUpTo(MOST_AUDITS_PAGE), before: beforeText }));
    if (!query.ok) return badQuery(context, query.error);
    const { audits, next } = await listAudits(services.db, { limit: query.value.limit, before: query.value.before ?? null });
    return context.json({ audits, next: next === null ? null : `${next.atMs}.${next.id}` });
  });
  routes.get("/dead-letters", async (context) => {
    const query = readQuery(context, z.strictObject({ limit: limitUpTo(MOST_DEAD_LETTERS) }));
    if (!query.ok) return badQuery(context, query.error);
    return context.json({ deadLetters: await listDeadLetters(services.db, query.value.limit) });
  });
}

const flagView = ({ key, spec, value, stored }: FlagView) => ({ key, value, stored, ...spec });

const refused = (context: Context): Response => {
  const detail = "expected the operators' token as `Authorization: Bearer …`";
  const response = problem(context, { status: 401, code: "unauthorized", title: "This is for operators", detail });
  response.headers.set("www-authenticate", "Bearer");
  return response;
};
const badQuery = (context: Context, detail: string): Response =>
  problem(context, { status: 400, code: "bad-query", title: "The query is not as expected", detail });
const noFlag = (context: Context): Response =>
  problem(context, {
    status: 404,
    code: "no-such-flag",
    title: "There is no such flag",
    detail: "expected a key of GET /api/admin/flags, found another",
  });
