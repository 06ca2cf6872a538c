import { err, ok, type Result } from "./domain/result.ts";
import { type FlagOverrides, FLAGS, type Flags, type FlagValue, type FlagSpec, isFlagKey } from "./flags.ts";

/** A value that is not in force, where it came from, and why. */
export type FlagProblem = {
  readonly key: string;
  readonly from: "flags table" | "FLAGS variable" | "combination";
  readonly message: string;
};

/**
 * The flags in force: the stored row of each key, else this deployment's default, else the table's. A stored value that
 * is out of bounds keeps the last good one, and is reported; so is an unknown key. Pure: reading the table is storage/.
 */
export function readFlags(input: {
  /** Rows of the table `flags`; `value` is JSON. */
  readonly stored: readonly { readonly key: string; readonly value: string }[];
  /** The variable FLAGS, parsed. */
  readonly deployment: Readonly<Record<string, unknown>>;
  readonly lastGood: Flags | null;
}): { readonly flags: Flags; readonly problems: readonly FlagProblem[] } {
  const problems: FlagProblem[] = [];
  const values = new Map<string, unknown>(Object.entries(FLAGS).map(([key, spec]) => [key, spec.default]));
  for (const [key, raw] of Object.entries(input.deployment)) {
    const parsed = parseFlag(key, raw);
    if (parsed.ok) values.set(key, parsed.value);
    else problems.push({ key, from: "FLAGS variable", message: parsed.error });
  }
  for (const { key, value } of input.stored) {
    const parsed = parseFlag(key, parseJson(value));
    if (parsed.ok) values.set(key, parsed.value);
    else {
      problems.push({ key, from: "flags table", message: parsed.error });
      if (input.lastGood !== null && isFlagKey(key)) values.set(key, input.lastGood[key]);
    }
  }
  const flags = flagsOf(values);
  const combined = keepCombinations(flags, input.lastGood);
  return { flags: combined.flags, problems: [...problems, ...combined.problems] };
}

/** Pairs of flags that only make sense in one order; a pair that is not takes its last good values, else the defaults. */
const ORDERED: readonly {
  readonly lower: "close_net" | "venue_limit_ms";
  readonly upper: "open_net" | "scan_deadline_ms" | "turns_deadline_ms";
}[] = [
  { lower: "close_net", upper: "open_net" },
  { lower: "venue_limit_ms", upper: "scan_deadline_ms" },
  { lower: "venue_limit_ms", upper: "turns_deadline_ms" },
];

function keepCombinations(flags: Flags, lastGood: Flags | null): { readonly flags: Flags; readonly problems: readonly FlagProblem[] } {
  const problems: FlagProblem[] = [];
  let kept = flags;
  for (const { lower, upper } of ORDERED) {
    if (flags[lower] < flags[upper]) continue;
    const message = `${lower}: expected less than ${upper}, found ${flags[lower]} and ${flags[upper]}`;
    problems.push({ key: lower, from: "combination", message });
    const good = { [lower]: lastGood?.[lower] ?? FLAGS[lower].default, [upper]: lastGood?.[upper] ?? FLAGS[upper].default };
    kept = { ...kept, ...good };
  }
  return { flags: kept, problems };
}

/** `undefined` for what is not JSON, which no flag accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether every flag is there with a value that its bounds allow. */
const isFlags = (values: Readonly<Record<string, unknown>>): values is Flags =>
  Object.keys(FLAGS).every((key) => parseFlag(key, values[key]).ok);

function flagsOf(values: ReadonlyMap<string, unknown>): Flags {
  const flags = Object.fromEntries(values);
  if (!isFlags(flags)) throw new Error("a default of flags.ts is outside its own bounds");
  return flags;
}

/** A flag's value by its type and bounds, or one sentence with what was expected and found. */
export function parseFlag(key: string, raw: unknown): Result<FlagValue, string> {
  if (!isFlagKey(key)) return err(`${key}: expected one of the flags ${Object.keys(FLAGS).join(", ")}, found an unknown key`);
  const spec: FlagSpec = FLAGS[key];
  if (spec.type === "boolean") return typeof raw === "boolean" ? ok(raw) : refuse(key, "true or false", raw);
  if (spec.type === "choice") {
    return typeof raw === "string" && spec.choices.includes(raw) ? ok(raw) : refuse(key, `one of ${spec.choices.join(", ")}`, raw);
  }
  if (spec.type === "list") {
    const expected = `a list without repeats of ${spec.choices.join(", ")}, at least one`;
    if (!Array.isArray(raw) || raw.length === 0 || new Set(raw).size !== raw.length) return refuse(key, expected, raw);
    const items = raw.filter((item): item is string => typeof item === "string" && spec.choices.includes(item));
    return items.length === raw.length ? ok(items) : refuse(key, expected, raw);
  }
  if (spec.type === "by-venue") return parseByVenue(key, spec.choices, raw);
  if (spec.type === "overrides") return parseOverrides(key, spec, raw);
  const expected = `${spec.type === "integer" ? "a whole number" : "a number"} from ${spec.min} to ${spec.max} (${spec.unit})`;
  const sound = typeof raw === "number" && Number.isFinite(raw) && raw >= spec.min && raw <= spec.max;
  return sound && (spec.type === "number" || Number.isInteger(raw)) ? ok(raw) : refuse(key, expected, raw);
}

const refuse = (key: string, expected: string, found: unknown): Result<never, string> =>
  err(`${key}: expected ${expected}, found ${found === undefined ? "nothing" : JSON.stringify(found)}`);

function parseByVenue(key: string, choices: readonly string[], raw: unknown): Result<FlagValue, string> {
  const expected = `{VENUE:CHOICE} with a choice of ${choices.join(", ")}`;
  if (!isRecord(raw)) return refuse(key, expected, raw);
  const all: Record<string, string> = {};
  for (const [venue, choice] of Object.entries(raw)) {
    if (typeof choice !== "string" || !choices.includes(choice))
      return refuse(`${key} of ${venue}`, `one of ${choices.join(", ")}`, choice);
    all[venue] = choice;
  }
  return ok(all);
}

type OverridesSpec = Extract<FlagSpec, { type: "overrides" }>;
type Overridden = { readonly key: string; readonly spec: OverridesSpec; readonly scope: "venues" | "pairs" };

/** Venues, and pairs, that may have values of their own: each scan stores them with its flags. */
const MOST_OVERRIDDEN = 200;
/** A name as `QualityOverrides` takes it. */
const NAME = /^[^\s\p{C}]{1,100}$/u;

function parseOverrides(key: string, spec: OverridesSpec, raw: unknown): Result<FlagOverrides, string> {
  const expected = '{"venues":{NAME:{FLAG:VALUE}},"pairs":{NAME:{FLAG:VALUE}}}';
  if (!isRecord(raw) || Object.keys(raw).some((name) => name !== "venues" && name !== "pairs")) return refuse(key, expected, raw);
  const venues = parseNamed({ key, spec, scope: "venues" }, raw["venues"] ?? {});
  if (!venues.ok) return venues;
  const pairs = parseNamed({ key, spec, scope: "pairs" }, raw["pairs"] ?? {});
  return pairs.ok ? ok({ venues: venues.value, pairs: pairs.value }) : pairs;
}

/** Flags by the name of a venue or pair, each value within the bounds of its flag. */
function parseNamed(overridden: Overridden, named: unknown): Result<FlagOverrides["venues"], string> {
  const { key, scope } = overridden;
  if (!isRecord(named)) return refuse(key, "{NAME:{FLAG:VALUE}}", named);
  const entries = Object.entries(named);
  if (entries.length > MOST_OVERRIDDEN) return refuse(`${key} of ${scope}`, `at most ${MOST_OVERRIDDEN} names`, entries.length);
  const all: [string, Readonly<Record<string, FlagValue>>][] = [];
  for (const [name, values] of entries) {
    if (!NAME.test(name)) return refuse(`${key} of ${scope}`, "names of 1 to 100 characters without spaces", name);
    const own = parseOwn(overridden, name, values);
    if (!own.ok) return own;
    all.push([name, own.value]);
  }
  return ok(Object.fromEntries(all));
}

function parseOwn({ key, spec, scope }: Overridden, name: string, values: unknown): Result<Readonly<Record<string, FlagValue>>, string> {
  if (!isRecord(values)) return refuse(`${key} of ${name}`, "{FLAG:VALUE}", values);
  const own: Record<string, FlagValue> = {};
  for (const [flag, value] of Object.entries(values)) {
    if (!spec.of.includes(flag)) return refuse(`${key} of ${name}`, `one of the flags ${spec.of.join(", ")}`, flag);
    if (spec.coinsOnly.includes(flag) && (scope === "venues" || name.includes("/")))
      return refuse(`${key} of ${flag}`, "a coin such as PEPE, since it holds across venues", name);
    const parsed = parseFlag(flag, value);
    if (!parsed.ok) return err(`${key} of ${name}: ${parsed.error}`);
    own[flag] = parsed.value;
  }
  return ok(own);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
