import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "..", "src");

type Source = { readonly file: string; readonly code: string };

/** Code without its comments, so that a sentence about a clock is not a clock. */
const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//gu, "").replaceAll(/(?<=^|[\s;{}(),])\/\/.*$/gmu, "");

const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .toSorted()
  .map((file) => ({ file, code: withoutComments(readFileSync(join(SRC, file), "utf8")) }));

/** Something the code does in one place: the pattern that gives it away, and the files in which it may stand. */
type Deed = {
  readonly what: string;
  readonly pattern: RegExp;
  readonly home: RegExp;
  /** Code that the pattern has to catch and code that it must not. */
  readonly caught: readonly string[];
  readonly free: readonly string[];
};

const NOWHERE = /^$/u;
const DEEDS: readonly Deed[] = [
  {
    what: "HTTP is spoken by net/, with the fetch that wiring.ts hands it",
    pattern:
      /(?<![\w.#])fetch\s*\(|\bglobalThis\.fetch\b|\b(?:input|options|deps|dependencies|request)\.fetch\s*\(|\bXMLHttpRequest\b|\bEventSource\b/u,
    home: /^(?:net\/|wiring\.ts$)/u,
    caught: ["await fetch(url)", "globalThis.fetch", "deps.fetch(url, init)"],
    free: ["services.api().fetch(request)", "feed.fetchRows()", "prefetch(x)"],
  },
  {
    what: "waits are net/'s (a deadline, AbortSignal.timeout, may stand where it is kept)",
    pattern: /\bset(?:Timeout|Interval|Immediate)\b(?!>)|\bscheduler\.wait\b/u,
    home: /^net\//u,
    caught: ["setTimeout(wake, ms)", "await scheduler.wait(10)"],
    free: ["ReturnType<typeof setTimeout>", "AbortSignal.timeout(deadlineMs)"],
  },
  {
    what: "a call to a venue is retried in net/, a D1 statement in storage/d1.ts, and nothing else is",
    pattern: /\battempts?\s*(?:\+\+|\+=)|\btries\s*(?:\+\+|\+=)|\bretr(?:y|ies)\s*(?:\+\+|\+=)|["']p-retry["']/u,
    home: /^(?:net\/|storage\/d1\.ts$)/u,
    caught: ["for (let attempt = 1; ; attempt++) {", 'import pRetry from "p-retry"', "tries += 1"],
    free: ["attempt: input.number", "state.attempts + 1"],
  },
  {
    what: "KV is written by storage/keys.ts, the catalogue of keys",
    pattern: /(?<!\bstorage)(?<!\bstorage\.kv)\.put\s*\(/u,
    home: /^storage\/keys\.ts$/u,
    caught: ['env.CACHE.put("k", "v")', "cache.put(key, text)"],
    free: ['state.storage.put("k", 1)', "this.ctx.storage.kv.put(name, text)", "output(x)"],
  },
  {
    what: "the clock is read in wiring.ts",
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.now\b|\{[^}]*\bnow\b[^}]*\}\s*=\s*Date\b/u,
    home: /^wiring\.ts$/u,
    caught: ["Date.now()", "const clock = Date.now;", "new Date()", "const { now } = Date;"],
    free: ["new Date(nowMs)", "Date.UTC(2026, 0)", "now: deps.now"],
  },
  {
    what: "random numbers and ids are drawn in wiring.ts",
    pattern: /\bMath\.random\b|\bcrypto\.(?:randomUUID|getRandomValues)\b/u,
    home: /^wiring\.ts$/u,
    caught: ["Math.random()", "crypto.randomUUID()"],
    free: ["crypto.subtle.digest(name, bytes)", "random()"],
  },
  {
    what: "the log is written by monitoring/log.ts",
    pattern: /(?<![\w.])console\b/u,
    home: /^monitoring\/log\.ts$/u,
    caught: ['console.error("x")', "sink = console"],
    free: ["log.info(event)"],
  },
  {
    what: "canonical symbols are made in domain/instrument.ts",
    pattern: /\}\/\$\{[^}]*\}:\$\{|\^\(?(?:\?:)?10{3}/u,
    home: /^domain\/instrument\.ts$/u,
    caught: ["`${base}/${quote}:${settle}`", "/^(1000|1000000)/u"],
    free: ["`${host}/${path}`", "`${host}:${port}`"],
  },
  {
    what: "the environment comes as an argument",
    pattern: /\bprocess\s*[.[]|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*["']cloudflare:workers["']/u,
    home: NOWHERE,
    caught: ["process.env", 'import { env } from "cloudflare:workers"'],
    free: ['import { DurableObject } from "cloudflare:workers"', "env.DB"],
  },
  {
    what: "no module is imported by a computed name or at run time, which would pass the folder rules",
    pattern: /\bimport\s*\(|\brequire\s*\(/u,
    home: NOWHERE,
    caught: ['await import("../api/app.ts")', 'require("x")'],
    free: ['import { x } from "./x.ts"'],
  },
];

/** The one function for each job, and its file. */
const ONE_OF_EACH: readonly (readonly [job: string, name: string, file: string])[] = [
  ["symbol mapper", "perpetualSymbol", "domain/instrument.ts"],
  ["multiplier reader", "splitMultiplier", "domain/instrument.ts"],
  ["HTTP client", "fetchJson", "net/fetch-json.ts"],
  ["retry plan", "nextAttempt", "net/retry-plan.ts"],
  ["wait", "sleep", "net/sleep.ts"],
  ["validator of rows", "gate(?=\\()", "quality/gate.ts"],
  ["flag reader", "readFlags", "read-flags.ts"],
  ["settings reader", "readConfig", "config.ts"],
  ["log", "createLogger", "monitoring/log.ts"],
];

describe("one place for each deed", () => {
  test.each(DEEDS)("$what", ({ pattern, home }) => {
    const strays = SOURCES.filter(({ file, code }) => !home.test(file) && pattern.test(code)).map(({ file }) => file);
    expect(strays).toEqual([]);
  });

  test.each(DEEDS)("the pattern catches what it should: $what", ({ pattern, caught, free }) => {
    expect(caught.filter((code) => !pattern.test(withoutComments(code)))).toEqual([]);
    expect(free.filter((code) => pattern.test(withoutComments(code)))).toEqual([]);
  });
});

describe("one implementation of each job", () => {
  test.each(ONE_OF_EACH)("%s: %s", (_job, name, home) => {
    const definition = new RegExp(`^\\s*(?:export\\s+)?(?:async\\s+)?(?:function\\*?|const)\\s+${name}(?!\\w)`, "mu");
    expect(SOURCES.filter(({ code }) => definition.test(code)).map(({ file }) => file)).toEqual([home]);
  });
});

test("comments are not code", () => {
  expect(withoutComments("const a = 1; // Date.now()\n/** fetch( */ const b = 'https://x';")).toBe(
    "const a = 1; \n const b = 'https://x';",
  );
});
