/** The Worker as it is deployed, with a count of what updates ask of D1 and KV; read it at /counts. */
import worker from "../../src/worker.ts";

export { Scanner } from "../../src/objects/scanner.ts";
export { VenueFeed } from "../../src/objects/venue-feed.ts";

let counts = { d1: 0, kvReads: 0, kvWrites: 0 };
const counted = new WeakMap<Env, Env>();

function countedEnv(env: Env): Env {
  const known = counted.get(env);
  if (known !== undefined) return known;
  const made: Env = { ...env, DB: countedD1(env.DB), CACHE: countedKv(env.CACHE) };
  counted.set(env, made);
  return made;
}

/** Calls of the real object, each noted first. */
function watched<T extends object>(target: T, note: (name: string, args: readonly unknown[]) => void): T {
  return new Proxy(target, {
    get: (real, name) => {
      const value: unknown = Reflect.get(real, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        note(String(name), args);
        return Reflect.apply(value, real, args);
      };
    },
  });
}

const RUNS = new Set(["run", "all", "first", "raw"]);
const real = new WeakMap<object, D1PreparedStatement>();

function countedStatement(statement: D1PreparedStatement): D1PreparedStatement {
  const made = watched(statement, (name) => {
    if (RUNS.has(name)) counts.d1 += 1;
  });
  const bindable = new Proxy(made, {
    get: (inner, name): unknown =>
      name === "bind" ? (...values: unknown[]) => countedStatement(statement.bind(...values)) : Reflect.get(inner, name),
  });
  real.set(bindable, statement);
  return bindable;
}

const countedD1 = (db: D1Database): D1Database =>
  new Proxy(db, {
    get: (inner, name): unknown => {
      if (name === "prepare") return (sql: string) => countedStatement(inner.prepare(sql));
      if (name !== "batch") return Reflect.get(inner, name);
      return (statements: D1PreparedStatement[]) => {
        counts.d1 += statements.length;
        return inner.batch(statements.map((statement) => real.get(statement) ?? statement));
      };
    },
  });

const countedKv = (cache: KVNamespace): KVNamespace =>
  watched(cache, (name) => {
    if (name === "get") counts.kvReads += 1;
    else counts.kvWrites += 1;
  });

export default {
  ...worker,
  fetch: (request, env, context) => {
    if (new URL(request.url).pathname === "/counts") {
      const found = counts;
      counts = { d1: 0, kvReads: 0, kvWrites: 0 };
      return Response.json(found);
    }
    return worker.fetch(request, countedEnv(env), context);
  },
} satisfies ExportedHandler<Env>;
