import type { DbCost } from "./d1.ts";
import type { RowRefusal } from "./opportunity-row.ts";

/** What became of a write. */
export type SaveOutcome = {
  /** Rows and near-misses that the validator kept out. */
  readonly refused: readonly RowRefusal[];
  /** Rows kept out because another row of their key is not closed. */
  readonly duplicatesRefused: readonly { readonly id: string; readonly keptId: string }[];
  /** Ids of events whose row was kept out. */
  readonly eventsRefused: readonly string[];
  /** False when the slot already had its row. */
  readonly scanStored: boolean;
  readonly attempts: number;
  readonly cost: DbCost;
};
