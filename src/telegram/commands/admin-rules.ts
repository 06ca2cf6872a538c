import { changeRule, knownNames, type RuleChange } from "../../storage/change-rule.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import { type RuleView, viewRules } from "../../storage/rules.ts";
import type { Answer, Ask } from "../command.ts";
import { renderRule, renderRuleChange, renderRules } from "../messages/admin-rules.ts";
import { bold, type Line, lines, safe } from "../messages/parts.ts";
import { actorOf, contextOf } from "./admin-context.ts";

/** Every rule with what is in force; for a venue or a pair what is in force there. */
export async function showRules(
  ask: Ask,
  scope: string,
  { edit, notice = null }: { readonly edit: boolean; readonly notice?: Line },
): Promise<Answer> {
  const view = { ...contextOf(ask), scope: scope === "" ? null : scope, notice };
  return { kind: "message", message: renderRules(await viewsOf(ask), view), edit };
}

/** One rule, or with a scope and a value behind it a change of it: `low-volume bybit 1000000`. */
export async function setRule(ask: Ask, [rule = "", scope, ...rest]: readonly string[]): Promise<Answer> {
  if (scope === undefined) return showRule(ask, rule, null);
  const typed = rest.join(" ");
  if (typed === "") return showRule(ask, rule, bold(ask.text.admin.refusedChange));
  const { services, nowMs, text } = ask;
  const { db, rules, snapshots, flagDefaults: deployment } = services;
  const read = await readSnapshot(snapshots);
  const known = knownNames(snapshots.venues, read.ok ? read.value.snapshot.market : null);
  const author = { by: actorOf(ask), nowMs, auditId: services.random() };
  const done = await changeRule(db, { rules, known, deployment, ...changeOf({ rule, scope, typed }) }, author);
  if (!done.ok) return showRule(ask, rule, lines(bold(text.admin.refusedChange), safe(done.error, 900)));
  return showRule(ask, rule, renderRuleChange(done.value, contextOf(ask)));
}

async function showRule(ask: Ask, id: string, notice: Line): Promise<Answer> {
  const rule = (await viewsOf(ask)).find((each) => each.id === id);
  if (rule === undefined) return showRules(ask, "", { edit: false, notice: notice ?? ask.text.admin.ruleUnknown(safe(id)) });
  return { kind: "message", message: renderRule(rule, { ...contextOf(ask), notice }), edit: false };
}

const viewsOf = ({ services: { db, rules, flagDefaults: deployment } }: Ask): Promise<readonly RuleView[]> =>
  viewRules(db, { rules, deployment });

/** What was typed as a value: `FLAG=VALUE` names one of several bars; JSON is read as that, anything else as text. */
function changeOf({ rule, scope, typed }: { readonly rule: string; readonly scope: string; readonly typed: string }): RuleChange {
  const named = /^([a-z0-9_]+)=(.*)$/su.exec(typed);
  const text = named?.[2] ?? typed;
  return { rule, scope, parameter: named?.[1] ?? null, value: typedValue(text) };
}

function typedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
