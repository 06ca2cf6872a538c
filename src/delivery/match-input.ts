import type { Told } from "../domain/delivery.ts";
import type { Opportunity, OpportunityEvent } from "../domain/opportunity.ts";
import type { Person } from "../domain/person.ts";
import type { VenueReport } from "../storage/scan-record.ts";
import type { LocalClock } from "./local-time.ts";
import type { PriceAt } from "./price-at.ts";

/** A row that a scan changed, with what happened to it, in order. */
export type ChangedRow = { readonly row: Opportunity; readonly events: readonly OpportunityEvent[] };
/** What a scan has to tell. `finishedAtMs`: its end, epoch ms. */
export type TellingScan = {
  readonly scanId: string;
  readonly finishedAtMs: number;
  readonly rows: readonly ChangedRow[];
  readonly venues: readonly VenueReport[];
};

/** How much one person is told. */
export type Limits = { readonly perScan: number; readonly perDay: number; readonly coolDownMs: number };

/** A pair that a person says to hold, as far as it decides on what they are told of its row. */
export type Held = {
  readonly takenId: string;
  /** USD on each leg, as taken: what befalls the pair is worked out at this size. */
  readonly sizeUsd: number;
  /** Whether its carry was negative when a scan showed it last. */
  readonly paysNow: boolean;
};

export type MatchInput = {
  readonly scan: TellingScan;
  readonly person: Person;
  /** What the person was told of the scan's rows, and of anything within the last day and a half. */
  readonly told: readonly Told[];
  /** What the person holds, by row. */
  readonly holds: ReadonlyMap<string, Held>;
  readonly limits: Limits;
  readonly priceAt: PriceAt;
  readonly clock: LocalClock;
  /** Epoch ms. */
  readonly nowMs: number;
};
