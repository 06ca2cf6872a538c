/** Levels from quiet to loud, each its own method of the console. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export type Fields = Readonly<Record<string, unknown>>;

/** Where lines go: the console, or what a test listens to. */
export type Sink = { readonly [L in Level]: (line: string) => void };

/** Writes one JSON object a line. An event is a dotted name, e.g. `venue.response`; everything else is a field. */
export type Logger = { readonly [L in Level]: (event: string, fields?: Fields) => void } & {
  /** The same logger with more fields in every line, e.g. the correlation id of a scan; `component` takes the place of its own. */
  readonly with: (context: Fields) => Logger;
};

export type LoggerOptions = {
  /** Quieter lines are not written. */
  readonly level: Level;
  /** The part of the system that speaks. */
  readonly component: string;
  readonly sink?: Sink;
  /** Epoch ms. */
  readonly now: () => number;
  readonly context?: Fields;
};

/** The only way to the console. Each line: ts, level, event, component, correlationId (null when none), then the fields. */
export function createLogger(options: LoggerOptions): Logger {
  const { sink = console, context = {} } = options;
  const lowest = LEVELS.indexOf(options.level);
  const writer =
    (level: Level) =>
    (event: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(level) < lowest) return;
      const { correlationId = null, ...rest } = { ...context, ...fields };
      const head = { ts: new Date(options.now()).toISOString(), level, event, component: options.component, correlationId };
      sink[level](logLine(head, rest));
    };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    with: ({ component = options.component, ...more }) =>
      createLogger({ ...options, component: String(component), context: { ...context, ...more } }),
  };
}

const MOST_LINE_CHARS = 16_384;
const MOST_STRING_CHARS = 2_000;
const MOST_ITEMS = 100;
const MOST_KEY_CHARS = 80;
const MOST_DEPTH = 8;
const REDACTED = "[redacted]";

const SECRET_KEY = /token|secret|authorization|api[-_]?key|signature|passw|passphrase|cookie|credential|private[-_]?key|^sign$/iu;
/** `name=value` and `"name":"value"` inside a string, as in URLs and quoted bodies. */
const SECRET_IN_TEXT =
  /((?:token|secret|\bsign(?==)|api[-_]?key|signature|password|passphrase|authorization)[\w-]*["']?\s*[=:]\s*["']?)(?:bearer\s+)?[^\s&"',;]+/giu;
const BEARER_IN_TEXT = /(bearer\s+)[\w.~+/=-]+/giu;
/** The token in a path of Telegram's Bot API. */
const BOT_TOKEN = /\b(bot)?\d{6,}:[\w-]{20,}/gu;

/** A text without the values of what looks like a secret. */
export function redactText(text: string): string {
  return text.replace(SECRET_IN_TEXT, `$1${REDACTED}`).replace(BEARER_IN_TEXT, `$1${REDACTED}`).replace(BOT_TOKEN, `$1${REDACTED}`);
}

/** One line of at most 16,384 characters. Where a line would be longer its longest fields give way, by name and length. */
function logLine(head: Fields, fields: Fields): string {
  const parts = new Map<string, string>();
  for (const [key, value] of Object.entries(head)) parts.set(key, encode(plain(value, 0, [])));
  for (const [key, value] of Object.entries(fields).slice(0, MOST_ITEMS)) {
    if (value === undefined) continue;
    // A field may not pass itself off as the line's own time, level, event or component.
    const name = (key in head ? `field.${key}` : key).slice(0, MOST_KEY_CHARS);
    parts.set(name, encode(SECRET_KEY.test(key) ? REDACTED : plain(value, 0, [])));
  }
  shorten(parts);
  return `{${[...parts].map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

function shorten(parts: Map<string, string>): void {
  const size = (key: string, json: string): number => encode(key).length + json.length + 2;
  let chars = [...parts].reduce((sum, [key, json]) => sum + size(key, json), 2);
  for (const [key, json] of [...parts].toSorted((a, b) => b[1].length - a[1].length)) {
    if (chars <= MOST_LINE_CHARS) return;
    const note = encode(`[${json.length} characters left out]`);
    if (note.length >= json.length) break;
    parts.set(key, note);
    chars -= json.length - note.length;
  }
  // What is left over the limit is names: the last fields go, the head never.
  for (const [key, json] of [...parts].toReversed()) {
    if (chars <= MOST_LINE_CHARS) return;
    parts.delete(key);
    chars -= size(key, json);
  }
}

const encode = (value: unknown): string => JSON.stringify(value) ?? "null";

/** A value as JSON can hold it: secrets covered, errors opened, loops and depths cut. */
function plain(value: unknown, depth: number, above: readonly object[]): unknown {
  if (typeof value === "string") return bounded(redactText(value));
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "[circular]";
  if (depth >= MOST_DEPTH) return "[too deep]";
  return plainObject(value, depth + 1, [...above, value]);
}

function plainObject(value: object, depth: number, above: readonly object[]): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return plainError(value, depth, above);
  if (value instanceof Map)
    return plainEntries(
      [...value].map(([key, each]) => [nameOf(key), each]),
      depth,
      above,
    );
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value) || value instanceof Set) {
    const items: readonly unknown[] = [...value];
    const shown = items.slice(0, MOST_ITEMS).map((each) => plain(each, depth, above));
    return items.length > MOST_ITEMS ? [...shown, `[${items.length - MOST_ITEMS} more]`] : shown;
  }
  return plainEntries(Object.entries(value), depth, above);
}

function plainEntries(entries: readonly (readonly [string, unknown])[], depth: number, above: readonly object[]): unknown {
  const shown = entries.slice(0, MOST_ITEMS).map(([key, each]) => [key, SECRET_KEY.test(key) ? REDACTED : plain(each, depth, above)]);
  if (entries.length > MOST_ITEMS) shown.push(["…", `[${entries.length - MOST_ITEMS} more]`]);
  return Object.fromEntries(shown);
}

/** Name, message, stack, cause, and what else the error carries. */
function plainError(error: Error, depth: number, above: readonly object[]): unknown {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([key]) => key !== "cause");
  return plainEntries(
    [["name", name], ["message", message], ["stack", stack], ...own, ...(cause === undefined ? [] : [["cause", cause] as const])],
    depth,
    above,
  );
}

const nameOf = (key: unknown): string => (typeof key === "object" && key !== null ? "[object]" : String(key));

const bounded = (text: string): string =>
  text.length > MOST_STRING_CHARS ? `${text.slice(0, MOST_STRING_CHARS)}… [${text.length - MOST_STRING_CHARS} more]` : text;
