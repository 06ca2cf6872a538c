import type { Told } from "../domain/delivery.ts";
import { DAY_MS } from "../domain/units.ts";
import { isQuiet } from "./local-time.ts";
import type { MatchInput } from "./match-input.ts";
import { IMPROVED_SHARE, isTold, latestNet, type Notice } from "./notices.ts";

/** Why something that was wanted is not sent now. */
export const LIMIT_REASONS = ["same-card", "cool-down", "day-limit", "scan-limit", "quiet-hours"] as const;
export type LimitReason = (typeof LIMIT_REASONS)[number];
export type Limited = { readonly status: "held" | "suppressed"; readonly reason: LimitReason };

type Candidate = { readonly notice: Notice; readonly others: number };

/** Reasons kept of one scan for one person at most, those of the best pairs; /why works the others out anew. */
const MOST_SUPPRESSED = 10;

/**
 * Which of a person's notices, best first, are sent (`limit` is null), wait for the end of quiet hours, or are kept back with
 * the reason. A reason that is on record for the same row since less than a day is not kept again.
 */
export function applyLimits(
  candidates: readonly Candidate[],
  input: Pick<MatchInput, "person" | "told" | "limits" | "clock" | "nowMs">,
): readonly (Candidate & { readonly limit: Limited | null })[] {
  const { person, limits, clock, nowMs } = input;
  const told = input.told.filter((each) => isTold(each) && !each.protective && each.opportunityId !== null);
  const quietNow = isQuiet(person.preferences.quiet, nowMs, clock);
  const zone = person.preferences.quiet?.timeZone ?? "UTC";
  const today = clock(nowMs, zone).day;
  const sentToday = told.filter(
    (each) => each.status !== "held" && each.status !== "digested" && clock(each.createdAtMs, zone).day === today,
  ).length;
  const coins = new Set(told.filter(({ createdAtMs }) => nowMs - createdAtMs < limits.coolDownMs).map(({ asset }) => asset));
  const decided: (Candidate & { readonly limit: Limited | null })[] = [];
  let [granted, kept] = [0, 0];
  for (const candidate of candidates) {
    const { own } = candidate.notice;
    const reason = refusal();
    if (reason !== null) {
      if (kept >= MOST_SUPPRESSED || isOnRecord(input, candidate.notice, reason)) continue;
      kept++;
      decided.push({ ...candidate, limit: { status: "suppressed", reason } });
      continue;
    }
    granted++;
    coins.add(own.asset);
    decided.push({ ...candidate, limit: quietNow ? { status: "held", reason: "quiet-hours" } : null });

    function refusal(): LimitReason | null {
      if (isSameCard(candidate.notice, told)) return "same-card";
      if (limits.coolDownMs > 0 && coins.has(own.asset)) return "cool-down";
      if (!quietNow && sentToday + granted >= limits.perDay) return "day-limit";
      return granted >= limits.perScan ? "scan-limit" : null;
    }
  }
  return decided;
}

/** Whether another pair of the card was told, is not over, and this one does not pay half more: a near-duplicate. */
function isSameCard({ kind, own, row }: Notice, told: readonly Told[]): boolean {
  if (kind !== "opened") return false;
  const card = told.filter(
    (each) => each.rowOpen && each.opportunityId !== row.id && each.asset === own.asset && each.strategy === own.strategy,
  );
  const before = latestNet(card);
  const { net } = own.ledger;
  return before !== null && net !== null && net - before < IMPROVED_SHARE * Math.abs(before);
}

const isOnRecord = ({ told, nowMs }: Pick<MatchInput, "told" | "nowMs">, { row }: Notice, reason: LimitReason): boolean =>
  told.some(
    (each) => each.status === "suppressed" && each.reason === reason && each.opportunityId === row.id && nowMs - each.createdAtMs < DAY_MS,
  );
