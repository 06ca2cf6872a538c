import { instrumentId } from "../domain/instrument.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { VenueId } from "../domain/venue.ts";
import { FLAGS, type FlagKey, type FlagOverrides, type Flags, type FlagSpec, type FlagValue } from "../flags.ts";
import { parseFlag } from "../read-flags.ts";
import type { Author } from "./audits.ts";
import { type FlagEdit, storeFlags } from "./flags.ts";
import type { MarketColumns } from "./market-columns.ts";
import type { RuleFacts } from "./rules.ts";

/** The names that a rule may be set for. */
export type KnownNames = {
  readonly venues: ReadonlySet<VenueId>;
  /** Coins, symbols and instruments of the last scan; `null` where no scan is at hand that lists them. */
  readonly pairs: ReadonlySet<string> | null;
};

/** What an operator asks for. */
export type RuleChange = {
  readonly rule: string;
  /** `all`, a venue, a coin, a symbol or an instrument. */
  readonly scope: string;
  /** One of the rule's flags; `null` for the main one. */
  readonly parameter: string | null;
  /** A value of the parameter, `soft`, `hard` or `off` for the severity, or `default` to take back what was set. */
  readonly value: unknown;
};

/** What was set, or removed, and where. `null`: nothing of its own is set there. */
export type RuleChanged = {
  readonly rule: string;
  readonly scope: string;
  /** By flag. */
  readonly before: Readonly<Record<string, FlagValue | null>>;
  readonly after: Readonly<Record<string, FlagValue | null>>;
};

type Place = { readonly kind: "all" } | { readonly kind: "venues" | "pairs"; readonly name: string };
type Wish = { readonly flag: FlagKey; /** `null` takes it back. */ readonly value: FlagValue | null };

export type RulePorts = {
  readonly rules: readonly RuleFacts[];
  readonly known: KnownNames;
  readonly deployment: Readonly<Record<string, unknown>>;
};

/**
 * Sets a rule's bar or severity for all, for one venue or for one pair, from the next scan on, with its audit; or says in
 * one sentence what was expected and found. Nothing is set where a name, a value or a combination is refused.
 */
export async function changeRule(
  db: D1Database,
  { rules, known, deployment, ...change }: RulePorts & RuleChange,
  author: Author,
): Promise<Result<RuleChanged, string>> {
  const rule = rules.find(({ id }) => id === change.rule);
  if (rule === undefined) return err(`rule: expected one of ${rules.map(({ id }) => id).join(", ")}, found "${change.rule}"`);
  const wishes = wishesOf(rule, change);
  if (!wishes.ok) return wishes;
  const at = (flags: Flags, place: Place): Readonly<Record<string, FlagValue | null>> =>
    Object.fromEntries(wishes.value.map(({ flag }) => [flag, valueAt(place, flags, flag)]));
  const chosen: { place: Place } = { place: { kind: "all" } };
  const edit = ({ quality_overrides: overrides }: Flags): Result<FlagEdit, string> => {
    const found = placeOf(change.scope, known, overrides);
    if (!found.ok) return found;
    chosen.place = found.value;
    return ok(editOf(found.value, wishes.value, overrides));
  };
  const detail = (before: Flags, after: Flags): unknown => ({ before: at(before, chosen.place), after: at(after, chosen.place) });
  const stored = await storeFlags(
    db,
    { deployment, edit, audit: { action: "rule.set", target: `${rule.id} ${change.scope}`, detail } },
    author,
  );
  if (!stored.ok) return stored;
  const { before, after } = stored.value;
  const { place } = chosen;
  return ok({ rule: rule.id, scope: place.kind === "all" ? "all" : place.name, before: at(before, place), after: at(after, place) });
}

/** The names of a market, for `changeRule`. */
export function knownNames(venues: ReadonlySet<VenueId>, market: MarketColumns | null): KnownNames {
  if (market === null) return { venues, pairs: null };
  const pairs = new Set<string>();
  for (const { venue, symbol, refused } of Object.values(market)) {
    for (const each of [...symbol, ...refused]) {
      pairs.add(each.split("/", 1)[0] ?? each);
      pairs.add(each);
      pairs.add(instrumentId(venue, each));
    }
  }
  return { venues, pairs };
}

/** What was set for a pair that no scan lists any more can still be taken back. */
function placeOf(scope: string, { venues, pairs }: KnownNames, { pairs: set }: FlagOverrides): Result<Place, string> {
  if (scope === "all") return ok({ kind: "all" });
  if (venues.has(scope)) return ok({ kind: "venues", name: scope });
  const names = [scope, scope.toUpperCase()];
  const pair = names.find((name) => pairs?.has(name) === true || Object.hasOwn(set, name));
  if (pair !== undefined) return ok({ kind: "pairs", name: pair });
  const listed =
    pairs === null ? "a pair once a scan lists them, which none does now" : `a pair of the last scan such as ${examples(pairs)}`;
  return err(`scope: expected all, a venue (${[...venues].join(", ")}) or ${listed}, found "${scope}"`);
}

/** A coin, a symbol and an instrument that there are. */
function examples(pairs: ReadonlySet<string>): string {
  const all = [...pairs];
  const of = (test: RegExp): string | undefined => all.find((name) => test.test(name));
  const found = [of(/^BTC$/u) ?? of(/^[^/:]+$/u), of(/^BTC\/[^:]+:/u) ?? of(/^[^:]+\//u), of(/^[^:/]+:.+\//u)];
  return found.filter((name) => name !== undefined).join(", ");
}

const SEVERITIES: readonly unknown[] = ["soft", "hard", "off"];

function wishesOf(rule: RuleFacts, { parameter, value }: RuleChange): Result<readonly Wish[], string> {
  const flags = [...rule.parameters, ...(rule.severity === null ? [] : [rule.severity])];
  const named = parameter === null ? undefined : flags.find((flag) => flag === parameter);
  if (parameter !== null && named === undefined)
    return err(`parameter: expected ${flags.length === 0 ? "none" : `one of ${flags.join(", ")}`}, found "${parameter}"`);
  if (value === "default") return ok((named === undefined ? flags : [named]).map((flag) => ({ flag, value: null })));
  const isSeverity = parameter === null && SEVERITIES.includes(value);
  if (isSeverity && rule.severity === null)
    return err(`${rule.id}: expected no severity, since it refuses always, found "${String(value)}"`);
  const flag = named ?? (isSeverity ? rule.severity : rule.parameters[0]);
  if (flag === undefined || flag === null) {
    const takes = rule.severity === null ? "nothing to set: it refuses always" : `no bar: it takes ${SEVERITIES.join(", ")} or default`;
    return err(`${rule.id}: expected ${takes}, found ${JSON.stringify(value ?? null)}`);
  }
  const spec: FlagSpec = FLAGS[flag];
  const isList = spec.type === "list" && typeof value === "string";
  const parsed = parseFlag(flag, isList ? value.split(",").map((item) => item.trim()) : value);
  return parsed.ok ? ok([{ flag, value: parsed.value }]) : parsed;
}

/** The flags that change: those themselves for all, else the one with the values of venues and pairs. */
function editOf(place: Place, wishes: readonly Wish[], overrides: FlagOverrides): FlagEdit {
  if (place.kind === "all") return Object.fromEntries(wishes.map(({ flag, value }) => [flag, value]));
  const all = overrides[place.kind];
  const own = new Map(Object.entries(Object.hasOwn(all, place.name) ? (all[place.name] ?? {}) : {}));
  for (const { flag, value } of wishes) {
    if (value === null) own.delete(flag);
    else own.set(flag, value);
  }
  const others = Object.entries(all).filter(([name]) => name !== place.name);
  const named = own.size === 0 ? others : [...others, [place.name, Object.fromEntries(own)] as const];
  return { quality_overrides: { ...overrides, [place.kind]: Object.fromEntries(named) } };
}

/** What is set of a flag at a place; for all what is in force. */
const valueAt = (place: Place, flags: Flags, flag: FlagKey): FlagValue | null =>
  place.kind === "all" ? flags[flag] : (flags.quality_overrides[place.kind][place.name]?.[flag] ?? null);
