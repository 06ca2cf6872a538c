import type { Told } from "../domain/delivery.ts";
import type { Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import type { Person } from "../domain/person.ts";
import type { LocalClock } from "./local-time.ts";
import type { PriceAt } from "./price-at.ts";

/** A row that a scan changed, with what happened to it, in order. */
export type ChangedRow = { readonly row: Opportunity; readonly events: readonly OpportunityEvent[] };
/** What a scan has to tell. `finishedAtMs`: its end, epoch ms. */
export type TellingScan = { readonly scanId: string; readonly finishedAtMs: number; readonly rows: readonly ChangedRow[] };

/** How much one person is told. */
export type Limits = { readonly perScan: number; readonly perDay: number; readonly coolDownMs: number };

export type MatchInput = {
  readonly scan: TellingScan;
  readonly person: Person;
  /** What the person was told of the scan's rows, and of anything within the last day and a half. */
  readonly told: readonly Told[];
  /** Rows of pairs that the person holds. */
  readonly holds: ReadonlySet<string>;
  readonly limits: Limits;
  readonly priceAt: PriceAt;
  readonly clock: LocalClock;
  /** Epoch ms. */
  readonly nowMs: number;
};
