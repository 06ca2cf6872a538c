import type { QualitySettings } from "./domain/settings.ts";
import { type FlagKey, isFlagKey } from "./flags.ts";
import { IDENTITY_RULES } from "./quality/identity-rules.ts";
import type { RuleText } from "./quality/rule.ts";
import { RULES } from "./quality/rules.ts";
import { SETTING_OF } from "./scan-settings.ts";
import type { RuleFacts } from "./storage/rules.ts";

/**
 * Every rule of data quality with the flags that set it. The level comes first, as it is changed like a rule; what a flag
 * takes stands in flags.ts and nowhere else.
 */
export const RULE_FACTS: readonly RuleFacts[] = [
  {
    id: "level",
    kind: "level",
    scope: "every soft rule",
    sentence: "Permissive marks what soft rules find, strict refuses it.",
    parameters: ["quality_level"],
    severity: null,
  },
  ...RULES.map((rule) => factsOf(rule, rule.parameter === null ? [] : [flagOf(rule.parameter.setting)])),
  ...IDENTITY_RULES.map((rule) =>
    factsOf(rule, rule.id === "identity-mismatch" ? ["identity_tolerance", "identity_tolerance_two_venues"] : []),
  ),
];

function factsOf(rule: RuleText, parameters: readonly FlagKey[]): RuleFacts {
  const { id, kind, scope, sentence } = rule;
  return { id, kind, scope, sentence, parameters, severity: rule.kind === "soft" ? flagOf(rule.severity) : null };
}

function flagOf(setting: keyof QualitySettings): FlagKey {
  const flag = Object.entries(SETTING_OF).find(([, set]) => set === setting)?.[0];
  if (flag === undefined || !isFlagKey(flag)) throw new Error(`no flag sets ${setting}`);
  return flag;
}
