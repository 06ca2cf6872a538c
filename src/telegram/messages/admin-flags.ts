import type { FlagSpec, FlagValue } from "../../flags.ts";
import { type FlagView, isChanged } from "../../storage/flags.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { bold, button, type Line, lines, message, rows, safe } from "./parts.ts";

/** Flags on one page of buttons. */
export const FLAGS_PAGE = 10;

/** What differs from its default, and a page of buttons to all flags. `notice` stands above. */
export function renderFlags(
  flags: readonly FlagView[],
  { page, notice, ...context }: AdminContext & { readonly page: number; readonly notice: Line },
): Message {
  const { admin, general } = context.text;
  const changed = flags.filter(isChanged);
  const last = Math.max(0, Math.ceil(flags.length / FLAGS_PAGE) - 1);
  const shown = Math.min(Math.max(0, page), last);
  const keys = flags.slice(shown * FLAGS_PAGE, (shown + 1) * FLAGS_PAGE).map(({ key }) => button(key, `admin:flag:${key}`));
  const pairs = Array.from({ length: Math.ceil(keys.length / 2) }, (_, row) => keys.slice(row * 2, row * 2 + 2));
  return message(
    lines(
      notice,
      bold(admin.flagsChanged(format.count(changed.length, context.language))),
      ...changed.map(({ key, value }) => admin.flagValue(key, valueText(value))),
      "",
      admin.flagsHow,
    ),
    rows(...pairs, [
      shown > 0 && button(general.previous, `admin:flags:${shown - 1}`),
      button(general.back, "admin:home"),
      shown < last && button(general.next, `admin:flags:${shown + 1}`),
    ]),
  );
}

/** One flag: its value, what it takes and why it is there. `notice`: what was just done to it, or why not. */
export function renderFlag(
  flag: FlagView,
  { nowMs, page, notice, ...context }: AdminContext & { readonly nowMs: number; readonly page: number; readonly notice: Line },
): Message {
  const { key, value, spec, stored } = flag;
  const { admin, general } = context.text;
  return message(
    lines(
      notice,
      bold(admin.flagValue(key, valueText(value))),
      admin.flagDefault(valueText(spec.default)),
      admin.flagBounds(boundsText(spec)),
      stored === null ? admin.flagNotStored : admin.flagStored(safe(stored.by), format.ago(nowMs - stored.atMs, context.language)),
      safe(spec.why, 500),
    ),
    rows([button(general.back, `admin:flags:${page}`)]),
  );
}

/** Longest value of a flag that is shown whole. */
const MOST_VALUE_UNITS = 500;

/** A value as it is typed to set it. */
export const valueText = (value: FlagValue): string => safe(typeof value === "string" ? value : JSON.stringify(value), MOST_VALUE_UNITS);

/** What a flag takes, as it is typed: numbers keep the code's own form. */
export function boundsText(spec: FlagSpec): string {
  if (spec.type === "boolean") return "true, false";
  if (spec.type === "choice" || spec.type === "list") return spec.choices.join(", ");
  if (spec.type === "by-venue") return `{"VENUE":CHOICE}: ${spec.choices.join(", ")}`;
  if (spec.type === "overrides") return '{"venues":{NAME:{FLAG:VALUE}},"pairs":{NAME:{FLAG:VALUE}}}';
  return `${spec.min} … ${spec.max} (${spec.unit})`;
}
