import type { FlagValue } from "../../flags.ts";
import type { RuleChanged } from "../../storage/change-rule.ts";
import { type RuleSetting, type RuleView, valueInForce } from "../../storage/rules.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { boundsText, valueText } from "./admin-flags.ts";
import { bold, button, type Line, lines, message, rows, safe } from "./parts.ts";

/** Venues and pairs with other values that are named behind a rule; the rule itself shows more. */
const NAMED_IN_LIST = 3;
const NAMED_IN_RULE = 20;

/** Every rule that can be set, a line each. `scope`: what is in force there; `notice` stands above. */
export function renderRules(
  rules: readonly RuleView[],
  { scope, notice, ...context }: AdminContext & { readonly scope: string | null; readonly notice: Line },
): Message {
  const { admin, general } = context.text;
  const settings = (rule: RuleView): readonly RuleSetting[] => [...rule.parameters, ...(rule.severity === null ? [] : [rule.severity])];
  const fixed = rules.filter((rule) => settings(rule).length === 0);
  return message(
    lines(
      notice,
      bold(scope === null ? admin.rulesTitle : admin.rulesAt(safe(scope))),
      ...rules.flatMap((rule) => {
        const all = settings(rule).map((setting) => settingWords(setting, scope));
        return all.length === 0 ? [] : [`${rule.id}: ${all.join(", ")}`];
      }),
      "",
      admin.rulesFixed(fixed.map(({ id }) => id).join(", ")),
      "",
      admin.rulesHow,
    ),
    rows([button(general.back, "admin:home")]),
  );
}

function settingWords(setting: RuleSetting, scope: string | null): string {
  if (scope !== null) return `${setting.flag} ${valueText(valueInForce(setting, scope))}`;
  const own = ownWords(setting, NAMED_IN_LIST);
  return `${setting.flag} ${valueText(setting.value)}${own === null ? "" : ` (${own})`}`;
}

/** Where else which value holds; null where nowhere. */
function ownWords({ venues, pairs }: RuleSetting, most: number): string | null {
  const all = [...Object.entries(venues), ...Object.entries(pairs)];
  const named = all.slice(0, most).map(([name, value]) => `${safe(name)} ${valueText(value)}`);
  if (all.length > most) named.push(`+${all.length - most}`);
  return named.length === 0 ? null : named.join(", ");
}

/** One rule: what it says, what it takes, what is in force where. */
export function renderRule(rule: RuleView, { notice, ...context }: AdminContext & { readonly notice: Line }): Message {
  const { admin, general } = context.text;
  return message(
    lines(
      notice,
      bold(`${rule.id} (${admin.ruleKinds[rule.kind]})`),
      safe(rule.sentence, 200),
      admin.ruleLooksAt(safe(rule.scope, 200)),
      ...[...rule.parameters, ...(rule.severity === null ? [] : [rule.severity])].flatMap((setting): readonly Line[] => {
        const own = ownWords(setting, NAMED_IN_RULE);
        return [
          "",
          bold(admin.flagValue(setting.flag, valueText(setting.value))),
          admin.flagDefault(valueText(setting.spec.default)),
          admin.flagBounds(boundsText(setting.spec)),
          own !== null && admin.ruleOwn(own),
        ];
      }),
    ),
    rows([button(general.back, "admin:rules")]),
  );
}

/** What a change did. */
export function renderRuleChange({ rule, scope, before, after }: RuleChanged, { text: { admin } }: AdminContext): Line {
  const words = (value: FlagValue | null | undefined): string =>
    value === null || value === undefined ? admin.ruleNotOwn : valueText(value);
  return lines(
    bold(admin.ruleChanged(rule, safe(scope))),
    ...Object.keys(after).map((flag) => admin.ruleChange(safe(flag), words(before[flag]), words(after[flag]))),
    "",
  );
}
