import { type Quarantined, scaleOf } from "../../domain/identity.ts";
import type { Ruling } from "../../storage/identity-rulings.ts";
import type { Quarantine } from "../../storage/quarantine.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { AdminContext } from "./admin.ts";
import { bold, button, type Line, lines, message, rows, safe } from "./parts.ts";

type View = AdminContext & { readonly nowMs: number };

/** Instruments and rulings that one message shows. */
const MOST_INSTRUMENTS = 20;
const MOST_RULINGS_SHOWN = 12;

/** What identity keeps out with its figures, and what operators ruled. `notice` stands above. */
export function renderQuarantine(
  { instruments, count, rulings }: Quarantine,
  { notice, ...view }: View & { readonly notice: Line },
): Message {
  const { admin, general } = view.text;
  const shown = instruments.slice(0, MOST_INSTRUMENTS);
  const number = (value: number): string => format.count(value, view.language);
  return message(
    lines(
      notice,
      bold(count === 0 ? admin.quarantineNone : admin.quarantineTitle(number(count))),
      ...shown.flatMap((each) => instrumentLines(each, view)),
      count > shown.length && admin.quarantineMore(number(count - shown.length)),
      rulings.length > 0 && bold(admin.rulings),
      ...rulings.slice(0, MOST_RULINGS_SHOWN).map((ruling) => rulingLine(ruling, view)),
      rulings.length > MOST_RULINGS_SHOWN && admin.quarantineMore(number(rulings.length - MOST_RULINGS_SHOWN)),
      "",
      admin.rulingHow,
    ),
    rows([button(general.reload, "admin:quarantine"), button(general.back, "admin:home")]),
  );
}

function instrumentLines(
  { instrument, price, sinceMs, against, ratio, rule }: Quarantined,
  { text, language, nowMs }: View,
): readonly Line[] {
  const { admin } = text;
  const scale = ratio === null ? null : scaleOf(ratio);
  const notes = [
    against !== null &&
      ratio !== null &&
      admin.quarantineAgainst(shortRatio(ratio), safe(against.assetId ?? against.instrument, 60), format.price(against.price, language)),
    scale !== null && admin.quarantineScale(shortRatio(scale)),
    rule === "identity-denied" && admin.quarantineDenied,
  ].filter((note) => note !== false);
  return [
    admin.quarantineAs(safe(instrument, 60), format.ago(Math.max(0, nowMs - sinceMs), language), format.price(price, language)),
    notes.length > 0 && notes.join(", "),
  ];
}

/** Three digits that count, as the code writes numbers. */
const shortRatio = (ratio: number): string => String(Number(ratio.toPrecision(3)));

const rulingLine = (ruling: Ruling, view: View): string =>
  view.text.admin.ruling(safe(ruling.instrument, 60), rulingWords(ruling, view), safe(ruling.by), safe(ruling.reason, 100));

/** What was ruled, and until when. */
export function rulingWords({ verdict, assetId, expiresAtMs }: Ruling, { text: { admin }, language, nowMs }: View): string {
  const what = verdict === "allow" ? admin.rulingAllow(safe(assetId ?? "")) : admin.rulingDeny;
  if (expiresAtMs === null) return what;
  return `${what}, ${expiresAtMs > nowMs ? admin.rulingUntil(format.inSpan(expiresAtMs - nowMs, language)) : admin.rulingExpired}`;
}
