import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { createTelegram, type Telegram } from "../../simulator/telegram/telegram.ts";
import worker from "../../src/worker.ts";

export const TOKEN = "7000000001:AAtest-token-of-the-simulated-bot-0001";
export const SECRET = "a-webhook-secret-of-the-tests";
export const WEBHOOK_URL = "https://carrywatch.test/telegram/webhook";

/** What a Worker asked of its bindings and of the network. */
export type Counts = {
  /** Statements, by the first words of their SQL. */
  readonly sql: string[];
  /** Calls of D1: a batch is one. */
  d1Calls: number;
  readonly kvReads: string[];
  readonly kvWrites: string[];
  readonly fetches: string[];
};
const noCounts = (): Counts => ({ sql: [], d1Calls: 0, kvReads: [], kvWrites: [], fetches: [] });

/** The Worker in this isolate with counted bindings, and Telegram beside it. */
export type Stage = {
  readonly telegram: Telegram;
  readonly counts: Counts;
  /** Forgets what was counted so far. */
  readonly recount: () => void;
  /** The isolate is recycled: services are built anew, and with them everything that was only in memory. */
  readonly recycle: () => void;
  /** Sends what follows to the isolate that had this `env`. */
  readonly enter: (isolate: Env) => void;
  readonly env: Env;
  /** Makes every statement of D1 fail, or none. */
  readonly breakD1: (broken: boolean) => void;
  readonly breakKv: (broken: boolean) => void;
  readonly post: (request: Request) => Promise<Response>;
  /** Waits for work after answers, for at most so long; without a limit until all of it is done. */
  readonly settled: (limitMs?: number) => Promise<void>;
  /** Log lines so far. */
  readonly logs: () => readonly Record<string, unknown>[];
  readonly close: () => void;
};

/** Opens a stage. One at a time: it takes the place of the isolate's `fetch` and listens to its console. */
export function openStage(vars: Readonly<Record<string, string>> = {}): Stage {
  const closing = new AbortController();
  const telegram = createTelegram({ seed: 1, nowMs: Date.now, closing: closing.signal });
  const counts = noCounts();
  const broken = { d1: false, kv: false, closed: false };
  const settings = {
    TELEGRAM_BOT_TOKEN: TOKEN,
    TELEGRAM_WEBHOOK_SECRET: SECRET,
    TELEGRAM_BOT_NAME: telegram.bot.username,
    TELEGRAM_API_URL: "https://telegram.test",
    MARKET: "test",
    ...vars,
  };
  const build = (): Env => ({
    ...env,
    ...settings,
    DB: countedD1(env.DB, counts, broken),
    CACHE: countedKv(env.CACHE, counts, broken),
  });
  let current = build();
  const pending = new Set<Promise<unknown>>();
  const post = async (request: Request): Promise<Response> => {
    const context: ExecutionContext = {
      waitUntil: (work: Promise<unknown>) => {
        const watched = work.finally(() => pending.delete(watched));
        pending.add(watched);
      },
      passThroughOnException: () => undefined,
      props: {},
    } as unknown as ExecutionContext;
    return await worker.fetch(request as Request<unknown, IncomingRequestCfProperties>, current, context);
  };
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => {
    const request = new Request(input, init);
    counts.fetches.push(new URL(request.url).pathname.split("/").at(-1) ?? "");
    return await telegram.answer(request);
  });
  const lines: string[] = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(String(line)));
  }
  telegram.reachWebhookBy(async (url, init) => await post(new Request(url, init)));
  telegram.control({ webhook: { url: WEBHOOK_URL, secret: SECRET } });
  return {
    telegram,
    counts,
    recount: () => void Object.assign(counts, noCounts()),
    recycle: () => void (current = build()),
    enter: (isolate) => void (current = isolate),
    get env() {
      return current;
    },
    breakD1: (is) => void (broken.d1 = is),
    breakKv: (is) => void (broken.kv = is),
    post,
    settled: async (limitMs = Infinity) => {
      const until = performance.now() + limitMs;
      while (pending.size > 0) {
        const leftMs = until - performance.now();
        if (leftMs <= 0) return;
        const limit = Number.isFinite(leftMs) ? [new Promise((resolve) => setTimeout(resolve, leftMs))] : [];
        await Promise.race([Promise.allSettled(pending), ...limit]);
      }
    },
    logs: () => lines.map((line) => JSON.parse(line)),
    close: () => {
      broken.closed = true;
      closing.abort();
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    },
  };
}

type Broken = {
  readonly d1: boolean;
  readonly kv: boolean;
  /** The stage is over: what was left for later touches nothing of the next. */
  readonly closed: boolean;
};
const NOTHING = { results: [], success: true, meta: { changes: 0, rows_read: 0, rows_written: 0 } };

/** D1 that counts what is run, batched or alone. */
function countedD1(db: D1Database, counts: Counts, broken: Broken): D1Database {
  const real = new WeakMap<D1PreparedStatement, { readonly statement: D1PreparedStatement; readonly sql: string }>();
  const note = (sql: string): void => {
    counts.sql.push(sql.trim().split(/\s+/u).slice(0, 4).join(" "));
    if (broken.d1) throw new Error("D1_ERROR: the database is not there");
  };
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const run =
      (name: "run" | "all" | "first" | "raw") =>
      async (...args: unknown[]): Promise<unknown> => {
        if (broken.closed) return NOTHING;
        counts.d1Calls += 1;
        note(sql);
        const call = statement[name] as (...args: unknown[]) => Promise<unknown>;
        return await call.apply(statement, args);
      };
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      run: run("run"),
      all: run("all"),
      first: run("first"),
      raw: run("raw"),
    } as unknown as D1PreparedStatement;
    real.set(wrapped, { statement, sql });
    return wrapped;
  };
  return {
    prepare: (sql: string) => wrap(db.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      counts.d1Calls += 1;
      const whole = statements.map((each) => real.get(each) ?? { statement: each, sql: "?" });
      for (const { sql } of whole) note(sql);
      return await db.batch(whole.map(({ statement }) => statement));
    },
  } as unknown as D1Database;
}

function countedKv(cache: KVNamespace, counts: Counts, broken: Broken): KVNamespace {
  const check = (): void => {
    if (broken.kv) throw new Error("KV is not there");
  };
  return {
    get: async (key: string, options: { type: "text" }) => {
      counts.kvReads.push(key);
      check();
      return await cache.get(key, options);
    },
    put: async (key: string, value: string, options: KVNamespacePutOptions) => {
      counts.kvWrites.push(key);
      check();
      await cache.put(key, value, options);
    },
    delete: async (key: string) => {
      counts.kvWrites.push(key);
      check();
      await cache.delete(key);
    },
  } as unknown as KVNamespace;
}
