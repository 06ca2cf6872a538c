import { DAY_MS, HOUR_MS } from "../../domain/units.ts";
import { dropRuling, type RulingWish, setRuling } from "../../storage/identity-rulings.ts";
import { knownCoins, readQuarantine } from "../../storage/quarantine.ts";
import { readSnapshot } from "../../storage/read-snapshot.ts";
import type { Answer, Ask } from "../command.ts";
import { renderQuarantine, rulingWords } from "../messages/admin-quarantine.ts";
import { bold, type Line, lines, safe } from "../messages/parts.ts";
import { actorOf, contextOf } from "./admin-context.ts";

/** What identity keeps out, and what operators ruled. */
export async function showQuarantine(
  ask: Ask,
  { edit, notice = null }: { readonly edit: boolean; readonly notice?: Line },
): Promise<Answer> {
  const view = { ...contextOf(ask), nowMs: ask.nowMs, notice };
  return { kind: "message", message: renderQuarantine(await readQuarantine(ask.services.db), view), edit };
}

/** `allow INSTRUMENT COIN [30d] REASON` or `deny INSTRUMENT [30d] REASON`. */
export async function ruleOn(ask: Ask, verdict: RulingWish["verdict"], [instrument = "", ...rest]: readonly string[]): Promise<Answer> {
  const { services, nowMs, text } = ask;
  const { db } = services;
  const [coin, words] = verdict === "allow" ? [rest[0]?.toUpperCase() ?? null, rest.slice(1)] : [null, rest];
  const span = spanMs(words[0] ?? "");
  const reason = (span === null ? words : words.slice(1)).join(" ");
  const wish = { instrument, verdict, assetId: coin, reason, expiresAtMs: span === null ? null : nowMs + span };
  const [read, quarantine] = await Promise.all([readSnapshot(services.snapshots), readQuarantine(db)]);
  const known = knownCoins(read.ok ? read.value.snapshot.market : null, quarantine);
  const done = await setRuling(db, { wish, known }, { by: actorOf(ask), nowMs, auditId: services.random() });
  const notice = done.ok
    ? bold(text.admin.rulingSet(safe(instrument, 100), rulingWords(done.value, { ...contextOf(ask), nowMs })))
    : lines(bold(text.admin.refusedChange), safe(done.error, 600), "", text.admin.rulingHow);
  return showQuarantine(ask, { edit: false, notice });
}

/** Takes back what was ruled on an instrument. */
export async function undoRuling(ask: Ask, instrument: string): Promise<Answer> {
  const { services, nowMs, text } = ask;
  const dropped = await dropRuling(services.db, instrument, { by: actorOf(ask), nowMs, auditId: services.random() });
  const name = safe(instrument, 100);
  return showQuarantine(ask, {
    edit: false,
    notice: bold(dropped === null ? text.admin.rulingNone(name) : text.admin.rulingDropped(name)),
  });
}

/** `30d` or `12h`; null for anything else. */
function spanMs(word: string): number | null {
  const [, digits, unit] = /^([1-9]\d{0,3})([dh])$/u.exec(word) ?? [];
  return digits === undefined ? null : Number(digits) * (unit === "d" ? DAY_MS : HOUR_MS);
}
