import * as z from "zod";
import { err, ok, type Result } from "./domain/result.ts";
import type { VenueId } from "./domain/venue.ts";
import { KEYED_VENUES, type VenueKey } from "./domain/venue-key.ts";

/** What one deployment sets, read once per isolate. Everything that may change while the Worker runs is a flag (flags.ts). */
export type Config = {
  /** Address in front of every venue's host; `null`: venues are fetched directly. */
  readonly gatewayUrl: string | null;
  /** `live`, or what is played instead; shown wherever data is shown. */
  readonly market: string;
  /** Added to the clock, ms. Not 0 only for a recorded market. */
  readonly clockOffsetMs: number;
  /** This deployment's own defaults of flags, not yet checked: read-flags.ts does. */
  readonly flagDefaults: Readonly<Record<string, unknown>>;
  readonly logLevel: LogLevel;
  readonly telegram: TelegramConfig;
  /** SHA-256, in hex, of the bearer token of /api/admin; `null`: nobody may. */
  readonly adminTokenSha256: string | null;
  /** Keys of the operator's accounts, by venue, for those that were given. */
  readonly venueKeys: Readonly<Partial<Record<VenueId, VenueKey>>>;
  readonly limits: Limits;
};

/** How the bot reaches Telegram. Without a token there is no bot, and everything else works. */
export type TelegramConfig = {
  /** Where the Bot API is, without a slash at the end. */
  readonly apiUrl: string;
  readonly botName: string;
  readonly token: string | null;
  /** What Telegram sends with each update. Without it every update is refused. */
  readonly webhookSecret: string | null;
  /** What somebody sends to become the first operator; `null`: nobody can. */
  readonly operatorSecret: string | null;
  /** Messages of alerts a second; the documented limit of a bot as a whole is about 30. */
  readonly messagesPerSecond: number;
};
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Limits on calls to venues. Each may be set as a variable of the name given in `LIMITS`. */
export type Limits = { readonly [K in keyof typeof LIMITS]: number };

/** Variable, bounds, default and reason of each limit. Bytes a body may have are in each endpoint of an adapter. */
export const LIMITS = {
  fetchAttempts: {
    variable: "FETCH_ATTEMPTS",
    unit: "attempts",
    min: 1,
    max: 5,
    default: 3,
    why: "One hiccup and one more; a third failure in a row is not a hiccup.",
  },
  fetchHeadersLimitMs: {
    variable: "FETCH_HEADERS_LIMIT_MS",
    unit: "milliseconds",
    min: 50,
    max: 8_000,
    default: 4_000,
    why: "Bulk endpoints answer within a second; half the venue's time leaves room for another attempt.",
  },
  fetchBodyLimitMs: {
    variable: "FETCH_BODY_LIMIT_MS",
    unit: "milliseconds",
    min: 50,
    max: 8_000,
    default: 5_000,
    why: "A few megabytes over a slow path, and still inside the venue's time.",
  },
  retryDelayMs: {
    variable: "RETRY_DELAY_MS",
    unit: "milliseconds",
    min: 1,
    max: 5_000,
    default: 250,
    why: "Wait before the second attempt; it doubles, with jitter.",
  },
} as const satisfies Record<
  string,
  {
    readonly variable: string;
    readonly unit: string;
    readonly min: number;
    readonly max: number;
    readonly default: number;
    readonly why: string;
  }
>;

/** A variable that is not as expected. The message names it, what was expected and what was found. */
export type ConfigProblem = { readonly variable: string; readonly message: string };

const wholeNumber = (min: number, max: number) =>
  z
    .string(`a whole number from ${min} to ${max}`)
    .refine((text) => /^-?\d{1,15}$/u.test(text) && Number(text) >= min && Number(text) <= max, `a whole number from ${min} to ${max}`)
    .transform(Number);

/** A hundred years: a larger offset is a wrong unit. */
const MOST_OFFSET_MS = 100 * 365 * 86_400_000;

const envSchema = z.object({
  VENUE_GATEWAY_URL: z
    .string("an http(s) address without query, or empty")
    .refine((text) => text === "" || isHttpAddress(text), "an http(s) address without query, or empty")
    .transform((text) => (text === "" ? null : text.replace(/\/+$/u, "")))
    .default(null),
  MARKET: z.string("1 to 40 characters").min(1, "1 to 40 characters").max(40, "1 to 40 characters").default("live"),
  CLOCK_OFFSET_MS: wholeNumber(-MOST_OFFSET_MS, MOST_OFFSET_MS).default(0),
  FLAGS: z
    .string("a JSON object of flags")
    .transform((text, context) => {
      const found = jsonObject(text);
      if (found === null) context.addIssue({ code: "custom", message: "a JSON object of flags" });
      return found ?? {};
    })
    .default({}),
  LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(", ")}`).default("info"),
  TELEGRAM_API_URL: z
    .string("an http(s) address without query")
    .refine(isHttpAddress, "an http(s) address without query")
    .transform((text) => text.replace(/\/+$/u, ""))
    .default("https://api.telegram.org"),
  TELEGRAM_BOT_NAME: z.string("the bot's name without @, or empty").max(64, "at most 64 characters").default(""),
  TELEGRAM_BOT_TOKEN: secret(/^\d{1,20}:[\w-]{20,100}$/u, "a bot's token, as BotFather gives it, or nothing"),
  TELEGRAM_WEBHOOK_SECRET: secret(/^[\w-]{16,256}$/u, "16 to 256 letters, digits, _ or -, or nothing"),
  OPERATOR_SECRET: secret(/^\S{16,256}$/u, "16 to 256 characters without spaces, or nothing"),
  ADMIN_TOKEN_SHA256: secret(/^[0-9a-f]{64}$/u, "64 lower-case hex digits, or nothing"),
  MESSAGES_PER_SECOND: wholeNumber(1, 10_000).default(25),
});

/** A secret that may be absent. Its value never stands in a message: problemOf leaves it out. */
function secret(form: RegExp, expected: string) {
  return z
    .string(expected)
    .refine((text) => text === "" || form.test(text), expected)
    .transform((text) => (text === "" ? null : text))
    .default(null);
}
const SECRETS: ReadonlySet<string> = new Set(["TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "OPERATOR_SECRET", "ADMIN_TOKEN_SHA256"]);
/** A shorter one could not be taken out of a text without taking words out too. */
const KEY_PART = /^[\x21-\x7e]{8,512}$/u;
const KEY_FORM = "8 to 512 characters without spaces";

/** The variables of `env` as a Config, or every variable that is wrong. Absent variables take their defaults. */
export function readConfig(env: object): Result<Config, readonly ConfigProblem[]> {
  const found: Readonly<Record<string, unknown>> = { ...env };
  const parsed = envSchema.safeParse(found);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => problemOf(String(issue.path[0]), issue.message, found));
  const limit = (name: keyof typeof LIMITS): number => {
    const { variable, min, max, default: preset } = LIMITS[name];
    const read = wholeNumber(min, max).default(preset).safeParse(found[variable]);
    if (!read.success) problems.push(problemOf(variable, read.error.issues[0]?.message ?? "", found));
    return read.success ? read.data : preset;
  };
  const limits: Limits = {
    fetchAttempts: limit("fetchAttempts"),
    fetchHeadersLimitMs: limit("fetchHeadersLimitMs"),
    fetchBodyLimitMs: limit("fetchBodyLimitMs"),
    retryDelayMs: limit("retryDelayMs"),
  };
  const venueKeys = readVenueKeys(found);
  problems.push(...venueKeys.problems);
  if (!parsed.success || problems.length > 0) return err(problems);
  const { VENUE_GATEWAY_URL, MARKET, CLOCK_OFFSET_MS, FLAGS, LOG_LEVEL, ...rest } = parsed.data;
  return ok({
    gatewayUrl: VENUE_GATEWAY_URL,
    market: MARKET,
    clockOffsetMs: CLOCK_OFFSET_MS,
    flagDefaults: FLAGS,
    logLevel: LOG_LEVEL,
    telegram: {
      apiUrl: rest.TELEGRAM_API_URL,
      botName: rest.TELEGRAM_BOT_NAME,
      token: rest.TELEGRAM_BOT_TOKEN,
      webhookSecret: rest.TELEGRAM_WEBHOOK_SECRET,
      operatorSecret: rest.OPERATOR_SECRET,
      messagesPerSecond: rest.MESSAGES_PER_SECOND,
    },
    adminTokenSha256: rest.ADMIN_TOKEN_SHA256,
    venueKeys: venueKeys.keys,
    limits,
  });
}

/**
 * `BINANCE_API_KEY`, `BINANCE_API_SECRET` and the same of the other venues, with `…_API_PASSPHRASE` where the venue has one:
 * all of a venue or none. No value stands in a message.
 */
function readVenueKeys(env: Readonly<Record<string, unknown>>): {
  readonly keys: Config["venueKeys"];
  readonly problems: readonly ConfigProblem[];
} {
  const keys: Record<VenueId, VenueKey> = {};
  const problems: ConfigProblem[] = [];
  for (const [venue, hasPassphrase] of Object.entries(KEYED_VENUES)) {
    const prefix = `${venue.toUpperCase()}_API_`;
    const parts = hasPassphrase ? ["KEY", "SECRET", "PASSPHRASE"] : ["KEY", "SECRET"];
    const given = parts.filter((part) => (env[`${prefix}${part}`] ?? "") !== "");
    if (given.length === 0) continue;
    const read = (part: string): string => {
      const variable = `${prefix}${part}`;
      const value = env[variable] ?? "";
      if (typeof value === "string" && KEY_PART.test(value)) return value;
      const found = value === "" ? "nothing" : "a value that is not shown";
      problems.push({ variable, message: `${variable}: expected ${KEY_FORM} beside ${prefix}${given[0]}, found ${found}` });
      return "";
    };
    keys[venue] = { key: read("KEY"), secret: read("SECRET"), passphrase: hasPassphrase ? read("PASSPHRASE") : null };
  }
  return { keys, problems };
}

function problemOf(variable: string, expected: string, env: Readonly<Record<string, unknown>>): ConfigProblem {
  const value = env[variable];
  const found = SECRETS.has(variable)
    ? "a value that is not shown"
    : value === undefined
      ? "nothing"
      : (JSON.stringify(value) ?? typeof value).slice(0, 200);
  return { variable, message: `${variable}: expected ${expected}, found ${found}` };
}

function isHttpAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.search === "" && url.hash === "";
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
