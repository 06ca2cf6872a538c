import { BOTH } from "../../storage/layers.ts";
import { readOperations } from "../../storage/operations.ts";
import { words } from "../arguments.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { ADMIN_PAGES, type AdminPage, renderAdmin } from "../messages/admin.ts";
import { message } from "../messages/parts.ts";
import { confirmDraft, draftBroadcast } from "./admin-broadcast.ts";
import { contextOf } from "./admin-context.ts";
import { changeFlag, removeFlag, showFlag, showFlags } from "./admin-flags.ts";
import { showQuality } from "./admin-quality.ts";
import { ruleOn, showQuarantine, undoRuling } from "./admin-quarantine.ts";
import { setRule, showRules } from "./admin-rules.ts";
import { claim, nameOther } from "./admin-roles.ts";
import { showValidation, validate } from "./admin-validation.ts";

/**
 * What operators do. The role is looked up in D1 at each use, here and not before the command, since /admin claim is for
 * somebody who does not have it yet; everybody else is told the same sentence whatever they sent.
 */
export const admin: Command = {
  name: "admin",
  needsSession: true,
  groups: false,
  secret: true,
  describe: null,
  run: async (ask) => {
    const [verb = "home", ...rest] = words(ask.args);
    if (verb === "claim") return claim(ask, rest.join(" "));
    if (!(await isOperator(ask))) return refuse(ask);
    return act(ask, { verb, rest, text: ask.args.slice(ask.args.indexOf(verb) + verb.length).trim() });
  },
  press: async (ask) => {
    if (!(await isOperator(ask))) return refuse(ask);
    const [verb = "", ...rest] = ask.args.split(":");
    const argument = rest.join(":");
    const page = pageNamed(verb === "" ? "home" : verb);
    if (page !== null) return show(ask, page, true);
    if (verb === "flags") return showFlags(ask, Number(argument), true);
    if (verb === "quality") return showQuality(ask, rest, true);
    if (verb === "validate") return showValidation(ask, argument, { edit: true });
    if (verb === "flag") return showFlag(ask, argument, { edit: true });
    if (verb === "rules") return showRules(ask, argument, { edit: true });
    if (verb === "quarantine") return showQuarantine(ask, { edit: true });
    if (verb === "send") return confirmDraft(ask, argument);
    if (verb === "drop") return { kind: "message", message: message(ask.text.admin.broadcastCancelled), edit: true };
    return { kind: "toast", toast: ask.text.general.notUnderstood };
  },
};

type Typed = { readonly verb: string; readonly rest: readonly string[]; readonly text: string };

function act(ask: Ask, { verb, rest, text }: Typed): Promise<Answer> {
  const page = pageNamed(verb);
  if (page !== null) return show(ask, page, false);
  const [key = "", ...value] = rest;
  if (verb === "flags" || (verb === "flag" && key === "")) return showFlags(ask, 0, false);
  if (verb === "flag" && value.length === 0) return showFlag(ask, key, { edit: false });
  if (verb === "flag") return changeFlag(ask, key, text.slice(key.length).trim());
  if (verb === "rules" || (verb === "rule" && key === "")) return showRules(ask, verb === "rules" ? key : "", { edit: false });
  if (verb === "rule") return setRule(ask, rest);
  if (verb === "quarantine") return showQuarantine(ask, { edit: false });
  if (verb === "allow" || verb === "deny") return ruleOn(ask, verb, rest);
  if (verb === "undo") return undoRuling(ask, key);
  if (verb === "unset") return removeFlag(ask, key);
  if (verb === "broadcast") return draftBroadcast(ask, text);
  if (verb === "quality") return showQuality(ask, rest, false);
  if (verb === "validate") return validate(ask, rest);
  if (verb === "operator") return nameOther(ask, rest);
  return show(ask, "home", false);
}

/** Whether whoever asks is an operator by D1 now. */
const isOperator = async ({ services, from }: Ask): Promise<boolean> => (await services.people.role(from.telegramId)) === "operator";

const refuse = ({ text }: Ask): Answer => ({ kind: "message", message: message(text.general.operatorsOnly), edit: false });

const pageNamed = (name: string): AdminPage | null => ADMIN_PAGES.find((page) => page === name) ?? null;

async function show(ask: Ask, page: AdminPage, edit: boolean): Promise<Answer> {
  const { db, snapshots } = ask.services;
  const layers = (await snapshots.layers?.()) ?? BOTH;
  return { kind: "message", message: renderAdmin(page, await readOperations(db, ask.nowMs), { ...contextOf(ask), layers }), edit };
}
