import type { Opportunity, Priced, Strategy } from "./opportunity.ts";
import type { Person, Preferences } from "./person.ts";
import type { VenueId } from "./venue.ts";

/** What a message is about; `alerts` of a person's settings switch the first five kinds and `data-back` goes with `no-data`. */
export const DELIVERY_KINDS = [
  "opened",
  "improved",
  "terms-changed",
  "no-data",
  "data-back",
  "ended",
  "watch",
  "digest",
  "incident",
  "broadcast",
] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** Figures that the venue of a leg did not give in a scan, or an older body of it gave. */
export type DegradedFigures = {
  readonly venue: VenueId;
  readonly endpoint: string;
  /** First of the scans in a row without them, epoch ms; `null` where it is not known. */
  readonly sinceMs: number | null;
  /** Arrival of the older body that serves meanwhile, epoch ms; `null`: they are missing. */
  readonly fromMs: number | null;
};

/** An opportunity at one person's fees, size and horizon. */
export type PersonalPair = {
  readonly id: string;
  readonly status: Opportunity["status"];
  readonly openedAtMs: number;
  readonly scansMerged: number;
  readonly revivals: number;
  /** Its ledger is at the person's own terms. */
  readonly priced: Priced;
};

/** What each kind of message is rendered from. Times are epoch ms. */
export type DeliveryPayload =
  | {
      readonly kind: "opened" | "improved" | "terms-changed" | "no-data" | "data-back" | "ended";
      readonly pair: PersonalPair;
      /** Other pairs of the same card that clear this person's bar too. */
      readonly others: number;
      /** `improved`: net last told, fraction. */
      readonly netBefore: number | null;
      /** `terms-changed`, `no-data`, `ended`: what happened, as the event has it. */
      readonly reason: string | null;
      /** Whether the person has marked it as taken. */
      readonly taken: boolean;
      /** Of the scan it is told of; absent where all came. */
      readonly degraded?: readonly DegradedFigures[];
    }
  | {
      readonly kind: "watch";
      readonly asset: string;
      readonly venue: string;
      readonly direction: "above" | "below";
      readonly ratePer8h: number;
      readonly barPer8h: number;
    }
  | {
      readonly kind: "digest";
      /** Pairs that still clear the person's bar, as they stand when the night is over: best first, at most ten. */
      readonly pairs: readonly PersonalPair[];
      /** Alerts that waited, in all. */
      readonly held: number;
      /** Pairs that still clear the bar, those not carried too. */
      readonly open: number;
    }
  | {
      readonly kind: "incident";
      readonly incident: string;
      readonly subject: string;
      readonly phase: "opened" | "recovered";
      readonly label: string;
      readonly lines: readonly string[];
      readonly sinceMs: number;
    }
  | { readonly kind: "broadcast"; readonly text: string };

export const DELIVERY_STATUSES = ["queued", "sending", "sent", "unknown", "failed", "held", "digested", "suppressed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** A row of the table `deliveries`. */
export type Delivery = {
  readonly eventId: string;
  readonly telegramId: number;
  readonly kind: DeliveryKind;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly protective: boolean;
  readonly silent: boolean;
  readonly opportunityId: string | null;
  readonly strategy: Strategy | null;
  readonly asset: string | null;
  readonly netTold: number | null;
  readonly payload: DeliveryPayload;
  readonly attempts: number;
  readonly venueAtMs: number | null;
  readonly scanAtMs: number | null;
};

/** Which delivery: one message to one person about one event. */
export type DeliveryRef = { readonly eventId: string; readonly telegramId: number };

/** A delivery that is not stored yet. What is suppressed is kept for its reason only and is never rendered. */
export type NewDelivery = Omit<Delivery, "status" | "attempts" | "payload"> &
  (
    | { readonly status: "queued"; readonly payload: DeliveryPayload }
    | { readonly status: "held"; readonly payload: DeliveryPayload; readonly reason: string }
    | { readonly status: "suppressed"; readonly payload: null; readonly reason: string }
  );

/** A delivery of before, as far as it decides on new ones. */
export type Told = Pick<
  Delivery,
  "eventId" | "telegramId" | "kind" | "status" | "reason" | "protective" | "opportunityId" | "strategy" | "asset" | "netTold"
> & {
  /** At what `netTold` was worked out, with the fees of both legs; `null` where no net was told. */
  readonly termsTold: Pick<Preferences, "fees" | "sizeUsd" | "horizonHours"> | null;
  /** Epoch ms. */
  readonly createdAtMs: number;
  /** Whether its row is not closed now. */
  readonly rowOpen: boolean;
};

/** What became of one attempt to send. `no-answer`: it may or may not have arrived. */
export type SendOutcome =
  | { readonly kind: "sent" }
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number }
  /** The person blocked the bot, or the chat is gone. */
  | { readonly kind: "blocked"; readonly message: string }
  /** Telegram will never take it. */
  | { readonly kind: "refused"; readonly message: string }
  /** Answered with a failure that may pass. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "no-answer"; readonly message: string };

/** Renders and sends one delivery. `repeated`: it may have arrived before, and says so. */
export type SendDelivery = (delivery: Delivery, to: { readonly person: Person; readonly repeated: boolean }) => Promise<SendOutcome>;

/** Messages of the two queues. `after`: the page of people behind that id. */
export type EventsMessage = { readonly scanId: string; readonly slotMs: number; readonly after: number };
export type DeliveriesMessage = { readonly deliveries: readonly DeliveryRef[] };
/** The other message of the first queue: a confirmed broadcast, from the people behind `after` on. */
export type BroadcastMessage = { readonly broadcastId: string; readonly after: number };
