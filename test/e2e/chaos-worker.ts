/**
 * The Worker as it is deployed, on a clock that can be moved and on D1 and KV that can be told to fail: `POST /chaos`
 * `{"offsetMs":120000,"d1":"down","kv":"up"}`. What they store is stored for real.
 */
import { Scanner as RealScanner } from "../../src/objects/scanner.ts";
import { VenueFeed as RealVenueFeed } from "../../src/objects/venue-feed.ts";
import worker from "../../src/worker.ts";

/** `down`: nothing is done. `deaf`: what was asked is done and its answer is lost. */
type Health = "up" | "down" | "deaf";
type Order = { readonly offsetMs: number; readonly d1: Health; readonly kv: Health };

const machineNow = Date.now.bind(Date);
let order: Order = { offsetMs: 0, d1: "up", kv: "up" };
Date.now = () => machineNow() + order.offsetMs;

const failing = new WeakMap<Env, Env>();

function failingEnv(env: Env): Env {
  const known = failing.get(env);
  if (known !== undefined) return known;
  const made: Env = { ...env, DB: failingD1(env.DB), CACHE: failingKv(env.CACHE) };
  failing.set(env, made);
  return made;
}

/** Does what was asked, or fails as the platform does: before it, or after it. */
async function ask<T>(health: () => Health, message: string, work: () => Promise<T>): Promise<T> {
  if (health() === "down") throw new Error(message);
  const done = await work();
  if (health() === "deaf") throw new Error(message);
  return done;
}

const D1_LOST = "D1_ERROR: Network connection lost.";
const KV_LOST = "KV operation failed: 500 Internal Server Error";
const d1 = (): Health => order.d1;
const kv = (): Health => order.kv;
const real = new WeakMap<object, D1PreparedStatement>();
const RUNS = new Set(["run", "all", "first", "raw"]);

function failingStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const made: D1PreparedStatement = new Proxy(statement, {
    get: (inner, name): unknown => {
      if (name === "bind") return (...values: unknown[]) => failingStatement(statement.bind(...values));
      const value: unknown = Reflect.get(inner, name);
      if (typeof value !== "function") return value;
      const call = (...args: unknown[]): Promise<unknown> => Promise.resolve(Reflect.apply(value, inner, args));
      return RUNS.has(String(name)) ? (...args: unknown[]) => ask(d1, D1_LOST, () => call(...args)) : call;
    },
  });
  real.set(made, statement);
  return made;
}

const failingD1 = (db: D1Database): D1Database =>
  new Proxy(db, {
    get: (inner, name): unknown => {
      if (name === "prepare") return (sql: string) => failingStatement(inner.prepare(sql));
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) =>
          ask(d1, D1_LOST, () => inner.batch(statements.map((statement) => real.get(statement) ?? statement)));
      }
      return Reflect.get(inner, name);
    },
  });

const failingKv = (cache: KVNamespace): KVNamespace =>
  new Proxy(cache, {
    get: (inner, name): unknown => {
      const value: unknown = Reflect.get(inner, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => ask(kv, KV_LOST, () => Promise.resolve(Reflect.apply(value, inner, args)));
    },
  });

export class Scanner extends RealScanner {
  constructor(state: DurableObjectState, env: Env) {
    super(state, failingEnv(env));
  }
}

export class VenueFeed extends RealVenueFeed {
  constructor(state: DurableObjectState, env: Env) {
    super(state, failingEnv(env));
  }
}

export default {
  fetch: async (request, env, context) => {
    if (new URL(request.url).pathname !== "/chaos") return await worker.fetch(request, failingEnv(env), context);
    order = await request.json<Order>();
    return Response.json(order);
  },
  scheduled: (controller, env) => worker.scheduled(controller, failingEnv(env)),
  queue: (batch, env) => worker.queue(batch, failingEnv(env)),
} satisfies ExportedHandler<Env>;
