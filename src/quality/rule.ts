import type { QuoteColumns } from "../domain/quote.ts";
import type { QualitySettings, SeveritySetting } from "../domain/settings.ts";
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

/** What can be said of a rule apart from its check. */
export type RuleText = {
  readonly id: string;
  /** Rows that the rule looks at. */
  readonly scope: string;
  /** What is wrong with a row that fails, as people read it. */
  readonly sentence: string;
} & (
  | { /** Refuses always. */ readonly kind: "hard" }
  | {
      /** Marks at level `permissive` and refuses at `strict`, unless its severity says otherwise. */ readonly kind: "soft";
      readonly severity: SeveritySetting;
    }
);

export type Rule = RuleText & {
  /** The setting that it is held against, and the unit of what it finds; bounds are those of the flag behind the setting. */
  readonly parameter: { readonly setting: keyof QualitySettings; readonly unit: string } | null;
  /** `null` = the row passes. */
  readonly check: (input: RuleInput) => Finding | null;
};
