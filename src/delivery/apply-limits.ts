import type { Told } from "../domain/delivery.ts";
import { DAY_MS } from "../domain/units.ts";
import { isQuiet } from "./local-time.ts";
import type { MatchInput } from "./match-input.ts";
import { gainSince, IMPROVED_SHARE, isExit, isTold, lastNetTold, type Notice } from "./notices.ts";

/** Why something that was wanted is not sent now. */
export const LIMIT_REASONS = ["same-card", "cool-down", "day-limit", "scan-limit", "quiet-hours"] as const;
export type LimitReason = (typeof LIMIT_REASONS)[number];
export type Limited = { readonly status: "held" | "suppressed"; readonly reason: LimitReason };

type Candidate = { readonly notice: Notice; readonly others: number };

/** Reasons kept of one scan for one person at most, those of the best pairs; /why works the others out anew. */
const MOST_SUPPRESSED = 10;

/**
 * Which of a person's notices, best first, are sent (`limit` is null), wait for the end of quiet hours, or are kept back with
 * the reason. What tells to leave is in no limit and uses none up; a coin's cool-down is between what tells to enter. A
 * reason that is on record for the same row since less than a day is not kept again. docs/decisions/010-what-limits-hold.md.
 */
export function applyLimits(
  candidates: readonly Candidate[],
  input: Pick<MatchInput, "person" | "told" | "limits" | "priceAt" | "clock" | "nowMs">,
): readonly (Candidate & { readonly limit: Limited | null })[] {
  const { person, limits, clock, nowMs } = input;
  const told = input.told.filter((each) => isTold(each) && !each.protective && each.opportunityId !== null);
  const quietNow = isQuiet(person.preferences.quiet, nowMs, clock);
  const zone = person.preferences.quiet?.timeZone ?? "UTC";
  const today = clock(nowMs, zone).day;
  const sentToday = told.filter(
    (each) => !isExit(each) && each.status !== "held" && each.status !== "digested" && clock(each.createdAtMs, zone).day === today,
  ).length;
  const recent = told.filter((each) => isEntry(each) && nowMs - each.createdAtMs < limits.coolDownMs);
  const coins = new Set(recent.map(({ asset }) => asset));
  const decided: (Candidate & { readonly limit: Limited | null })[] = [];
  let [granted, kept] = [0, 0];
  for (const candidate of candidates) {
    const { notice } = candidate;
    const { asset } = notice.own;
    const reason = isExit(notice) ? null : refusal();
    if (reason !== null) {
      if (kept >= MOST_SUPPRESSED || isOnRecord(input, notice, reason)) continue;
      kept++;
      decided.push({ ...candidate, limit: { status: "suppressed", reason } });
      continue;
    }
    if (!isExit(notice)) granted++;
    if (isEntry(notice)) coins.add(asset);
    decided.push({ ...candidate, limit: quietNow ? { status: "held", reason: "quiet-hours" } : null });

    function refusal(): LimitReason | null {
      if (isSameCard(notice, told, input)) return "same-card";
      if (limits.coolDownMs > 0 && isEntry(notice) && coins.has(asset)) return "cool-down";
      if (!quietNow && sentToday + granted >= limits.perDay) return "day-limit";
      return granted >= limits.perScan ? "scan-limit" : null;
    }
  }
  return decided;
}

/** Whether another pair of the card was told, is not over, and this one does not pay half more: a near-duplicate. */
function isSameCard({ kind, own, row }: Notice, told: readonly Told[], input: Pick<MatchInput, "person" | "priceAt">): boolean {
  if (kind !== "opened") return false;
  const card = told.filter(
    (each) => each.rowOpen && each.opportunityId !== row.id && each.asset === own.asset && each.strategy === own.strategy,
  );
  const last = lastNetTold(card);
  const gain = last === null ? null : gainSince(last, row.priced, input);
  return last !== null && gain !== null && gain < IMPROVED_SHARE * Math.abs(last.netTold);
}

/** What tells to enter a pair; the others are about one that was told already. */
const isEntry = ({ kind }: Pick<Told, "kind">): boolean => kind === "opened" || kind === "improved";

const isOnRecord = ({ told, nowMs }: Pick<MatchInput, "told" | "nowMs">, { row }: Notice, reason: LimitReason): boolean =>
  told.some(
    (each) => each.status === "suppressed" && each.reason === reason && each.opportunityId === row.id && nowMs - each.createdAtMs < DAY_MS,
  );
