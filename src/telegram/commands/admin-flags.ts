import { FLAGS, isFlagKey } from "../../flags.ts";
import { setFlag, unsetFlag, viewFlags } from "../../storage/flags.ts";
import type { Answer, Ask } from "../command.ts";
import { FLAGS_PAGE, renderFlag, renderFlags, valueText } from "../messages/admin-flags.ts";
import { bold, type Line, lines, message, safe } from "../messages/parts.ts";
import { actorOf, contextOf } from "./admin-context.ts";

/** The flags that differ from their defaults, with buttons to all. */
export async function showFlags(ask: Ask, page: number, edit: boolean): Promise<Answer> {
  const { flags } = await viewFlags(ask.services.db, ask.services.flagDefaults);
  const view = { ...contextOf(ask), page: Number.isInteger(page) ? page : 0, notice: null };
  return { kind: "message", message: renderFlags(flags, view), edit };
}

/** One flag with its bounds and its reason; an unknown key gets the list. `notice` stands above. */
export async function showFlag(
  ask: Ask,
  key: string,
  { edit, notice = null }: { readonly edit: boolean; readonly notice?: Line },
): Promise<Answer> {
  const { flags } = await viewFlags(ask.services.db, ask.services.flagDefaults);
  const index = flags.findIndex((flag) => flag.key === key);
  const flag = flags[index];
  if (flag === undefined) {
    const view = { ...contextOf(ask), page: 0, notice: ask.text.admin.flagUnknown(safe(key)) };
    return { kind: "message", message: renderFlags(flags, view), edit };
  }
  const page = Math.floor(index / FLAGS_PAGE);
  return { kind: "message", message: renderFlag(flag, { ...contextOf(ask), nowMs: ask.nowMs, page, notice }), edit };
}

/** Sets a flag from what was typed, or says what it takes. */
export async function changeFlag(ask: Ask, key: string, typed: string): Promise<Answer> {
  const { services, nowMs, text } = ask;
  if (!isFlagKey(key)) return showFlag(ask, key, { edit: false });
  const change = { key, value: typedValue(key, typed), deployment: services.flagDefaults, venues: services.snapshots.venues };
  const done = await setFlag(services.db, change, { by: actorOf(ask), nowMs, auditId: services.random() });
  const notice = done.ok
    ? bold(text.admin.flagSet(key, valueText(done.value)))
    : lines(bold(text.admin.refusedChange), safe(done.error, 600));
  return showFlag(ask, key, { edit: false, notice });
}

/** Gives a flag its default back. */
export async function removeFlag(ask: Ask, key: string): Promise<Answer> {
  const { services, nowMs, text } = ask;
  if (key === "") return showFlags(ask, 0, false);
  const removed = await unsetFlag(services.db, key, { by: actorOf(ask), nowMs, auditId: services.random() });
  const name = safe(key);
  return { kind: "message", message: message(removed ? text.admin.flagUnset(name) : text.admin.flagWasNotSet(name)), edit: false };
}

/** What somebody typed as a flag's value: JSON, names with commas for a list, else the text itself. */
function typedValue(key: string, typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    const isList = isFlagKey(key) && FLAGS[key].type === "list";
    return isList ? typed.split(",").map((item) => item.trim()) : typed;
  }
}
