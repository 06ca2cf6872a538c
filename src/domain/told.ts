import type { DeliveryKind, DeliveryStatus } from "./delivery.ts";

/** One thing that was told to a person about a row, or was not, and why. Times are epoch ms. */
export type ToldOfRow = {
  readonly kind: DeliveryKind;
  readonly status: DeliveryStatus;
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly sentAtMs: number | null;
};
