import stringWidth from "string-width";
import { z } from "zod";

const leg = z.object({ venue: z.string() });
const pair = z.object({
  strategy: z.enum(["funding", "carry", "price"]),
  asset: z.string(),
  long: leg,
  short: leg,
  rateDifference: z.number(),
  ledger: z.object({
    net: z.number().nullable(),
    netAprOnNotional: z.number().nullable(),
    breakEven: z.object({ kind: z.string(), days: z.number().optional() }),
    capacityUsd: z.number().nullable(),
  }),
});
const row = pair.extend({ status: z.string(), ageMs: z.number() });
export const opportunitiesSchema = z.object({
  scan: z.object({ slotMs: z.number() }),
  verdict: z.string(),
  reason: z.string(),
  cards: z.array(z.object({ best: row, others: z.array(row) })),
  nearMisses: z.array(pair.extend({ refusal: z.string().nullable() })),
});
export const scanSchema = z.object({
  id: z.string(),
  slotMs: z.number(),
  balanced: z.boolean(),
  durationMs: z.number(),
  finishedAtMs: z.number(),
  funnel: z.array(
    z.object({ step: z.string(), unit: z.string(), in: z.number(), out: z.number(), dropped: z.record(z.string(), z.number()) }),
  ),
  venues: z.array(z.object({ feed: z.string(), rows: z.number(), error: z.object({ kind: z.string(), message: z.string() }).nullable() })),
});
export type Opportunities = z.infer<typeof opportunitiesSchema>;
export type Scan = z.infer<typeof scanSchema>;
type Pair = z.infer<typeof pair>;

/** Carry and funding differ by a rate per 8 h, price by the gap itself. */
const DIFFERENCE = { funding: "/8 h", carry: "/8 h", price: "gap " };
const HEADER = ["strategy", "asset", "long", "short", "difference", "net 7 d", "net APR", "break-even", "capacity", "age"];

/** The table of one scan as text: open pairs, else the near-misses with what kept them out. */
export function renderTable(opportunities: Opportunities): string {
  const rows = opportunities.cards.flatMap(({ best, others }) => [best, ...others]);
  if (rows.length > 0) {
    return align([
      HEADER,
      ...rows.map((found) => [...cells(found), found.status === "open" ? age(found.ageMs) : `${age(found.ageMs)} ${found.status}`]),
    ]);
  }
  const lines = [`  No opportunity: ${opportunities.reason}`];
  if (opportunities.nearMisses.length > 0) {
    const missed = opportunities.nearMisses.map((found) => [...cells(found), found.refusal ?? "unknown"]);
    lines.push("  Not open, the best first:", align([[...HEADER.slice(0, -1), "kept out by"], ...missed]));
  }
  return lines.join("\n");
}

/** The funnel in one line, and whether its counts add up. */
export function renderFunnel(scan: Scan): string {
  const first = scan.funnel[0];
  const steps = scan.funnel.map(({ step, unit, out }) => `${step} ${number(out)} ${unit}`);
  const found = [`${number(first?.in ?? 0)} ${first?.unit ?? ""}`, ...steps].join(" → ");
  const refused = scan.venues.flatMap(({ feed, error }) => (error === null ? [] : [`\n  ! ${feed}: ${error.kind}, ${error.message}`]));
  return `  ${found} · ${scan.durationMs} ms · ${scan.balanced ? "adds up" : "DOES NOT ADD UP"}${refused.join("")}`;
}

function cells(found: Pair): string[] {
  const { ledger } = found;
  return [
    found.strategy,
    found.asset,
    found.strategy === "carry" ? `${found.long.venue} spot` : found.long.venue,
    found.short.venue,
    `${percent(found.rateDifference, 4)} ${DIFFERENCE[found.strategy]}`,
    ledger.net === null ? "unknown" : percent(ledger.net, 2),
    ledger.netAprOnNotional === null ? "unknown" : percent(ledger.netAprOnNotional, 1),
    breakEven(ledger.breakEven),
    ledger.capacityUsd === null ? "unknown" : `$${number(Math.round(ledger.capacityUsd))}`,
  ];
}

function breakEven(found: Pair["ledger"]["breakEven"]): string {
  if (found.kind === "at" && found.days !== undefined) return `${found.days.toFixed(1)} d`;
  return found.kind === "never" ? "over 90 d" : "unknown";
}

const percent = (fraction: number, digits: number): string => `${fraction >= 0 ? "+" : ""}${(fraction * 100).toFixed(digits)} %`;
const number = (value: number): string => value.toLocaleString("en-US");

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** Columns as wide as their widest cell, as a terminal shows them; the first four are words, the rest figures. */
function align(table: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...table.map((line) => stringWidth(line[column] ?? ""))));
  const padded = (cell: string, column: number): string => {
    const room = " ".repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(cell)));
    return column < 4 ? `${cell}${room}` : `${room}${cell}`;
  };
  return table.map((line) => `  ${line.map(padded).join("  ")}`).join("\n");
}
