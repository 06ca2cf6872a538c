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
  if (spec.type === "overrides") return parseOverrides({ key, of: spec.of, raw });
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

type OverridesOf = { readonly key: string; readonly of: readonly string[] };

function parseOverrides({ key, of, raw }: OverridesOf & { readonly raw: unknown }): Result<FlagOverrides, string> {
  const expected = '{"venues":{NAME:{FLAG:VALUE}},"pairs":{NAME:{FLAG:VALUE}}}';
  if (!isRecord(raw) || Object.keys(raw).some((name) => name !== "venues" && name !== "pairs")) return refuse(key, expected, raw);
  const venues = parseNamed({ key, of }, raw["venues"] ?? {});
  if (!venues.ok) return venues;
  const pairs = parseNamed({ key, of }, raw["pairs"] ?? {});
  return pairs.ok ? ok({ venues: venues.value, pairs: pairs.value }) : pairs;
}

/** Flags by the name of a venue or pair, each value within the bounds of its flag. */
function parseNamed({ key, of }: OverridesOf, named: unknown): Result<FlagOverrides["venues"], string> {
  if (!isRecord(named)) return refuse(key, "{NAME:{FLAG:VALUE}}", named);
  const all: Record<string, Record<string, FlagValue>> = {};
  for (const [name, values] of Object.entries(named)) {
    if (!isRecord(values)) return refuse(`${key} of ${name}`, "{FLAG:VALUE}", values);
    const own: Record<string, FlagValue> = {};
    for (const [flag, value] of Object.entries(values)) {
      if (!of.includes(flag)) return refuse(`${key} of ${name}`, `one of the flags ${of.join(", ")}`, flag);
      const parsed = parseFlag(flag, value);
      if (!parsed.ok) return err(`${key} of ${name}: ${parsed.error}`);
      own[flag] = parsed.value;
    }
    all[name] = own;
  }
  return ok(all);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
