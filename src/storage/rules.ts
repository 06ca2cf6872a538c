import { FLAGS, type FlagKey, type FlagOverrides, type Flags, type FlagSpec, type FlagValue } from "../flags.ts";
import { readFlags } from "../read-flags.ts";
import { storedFlags } from "./flags.ts";

/** A rule of data quality as it can be set: what it says, and the flags behind it. */
export type RuleFacts = {
  readonly id: string;
  /** `level`: no rule, but what the soft ones go by. */
  readonly kind: "hard" | "soft" | "level";
  /** Rows that the rule looks at. */
  readonly scope: string;
  readonly sentence: string;
  /** The flags of its bars, the main one first. */
  readonly parameters: readonly FlagKey[];
  /** The flag that makes a soft rule hard, or switches it off; `null` for what is hard always. */
  readonly severity: FlagKey | null;
};

/** One flag of a rule with what is in force where. */
export type RuleSetting = {
  readonly flag: FlagKey;
  readonly spec: FlagSpec;
  /** In force where nothing else is set. */
  readonly value: FlagValue;
  /** Other values by venue, and by coin, symbol or instrument. */
  readonly venues: Readonly<Record<string, FlagValue>>;
  readonly pairs: Readonly<Record<string, FlagValue>>;
};

export type RuleView = Omit<RuleFacts, "parameters" | "severity"> & {
  readonly parameters: readonly RuleSetting[];
  readonly severity: RuleSetting | null;
};

/** Every rule with what is in force, from the stored flags. */
export async function viewRules(
  db: D1Database,
  { rules, deployment }: { readonly rules: readonly RuleFacts[]; readonly deployment: Readonly<Record<string, unknown>> },
): Promise<readonly RuleView[]> {
  const { flags } = readFlags({ stored: await storedFlags(db), deployment, lastGood: null });
  return rules.map((rule) => ruleView(rule, flags));
}

export function ruleView({ parameters, severity, ...rule }: RuleFacts, flags: Flags): RuleView {
  const setting = (flag: FlagKey): RuleSetting => {
    const { venues, pairs } = flags.quality_overrides;
    return { flag, spec: FLAGS[flag], value: flags[flag], venues: valuesOf(venues, flag), pairs: valuesOf(pairs, flag) };
  };
  return { ...rule, parameters: parameters.map(setting), severity: severity === null ? null : setting(severity) };
}

const valuesOf = (named: FlagOverrides["venues"], flag: FlagKey): Readonly<Record<string, FlagValue>> =>
  Object.fromEntries(Object.entries(named).flatMap(([name, { [flag]: value }]) => (value === undefined ? [] : [[name, value]])));

/** What holds at a venue, coin, symbol or instrument: instrument > symbol > coin > venue > all. */
export function valueInForce({ value, venues, pairs }: RuleSetting, scope: string): FlagValue {
  const [, venue, rest] = /^([^:/]+):(.+\/.+)$/u.exec(scope) ?? [];
  const symbol = rest ?? scope;
  const coin = symbol.split("/", 1)[0] ?? symbol;
  const name = [scope, symbol, coin].find((each) => Object.hasOwn(pairs, each));
  const at = venue ?? scope;
  return (name === undefined ? undefined : pairs[name]) ?? (Object.hasOwn(venues, at) ? venues[at] : undefined) ?? value;
}
