import type { QuoteColumns } from "../domain/quote.ts";
import type { QualitySettings } from "../domain/settings.ts";
import type { VenueFacts } from "../domain/venue.ts";

/** One row as the rules see it: its place in the columns, the venue's documents, the bars that hold for it, the time. */
export type RuleInput = {
  readonly columns: QuoteColumns;
  readonly row: number;
  /** Scans in a row, this one included, in which bid, ask, mark and index stayed the same. */
  readonly unchangedScans: number;
  readonly facts: VenueFacts;
  readonly settings: QualitySettings;
  readonly nowMs: number;
};

/** What a rule found and the bar it was held against; `null` = the venue did not send it. */
export type Finding = { readonly value: number | string | null; readonly bar: number | string | null };

export type Rule = {
  readonly id: string;
  /** `hard` refuses always; `soft` marks at level `permissive` and refuses at `strict`. */
  readonly kind: "hard" | "soft";
  /** Rows that the rule looks at. */
  readonly scope: string;
  /** What is wrong with a row that fails, as people read it. */
  readonly sentence: string;
  readonly parameter: { readonly setting: keyof QualitySettings; readonly unit: string } | null;
  /** `null` = the row passes. */
  readonly check: (input: RuleInput) => Finding | null;
};
