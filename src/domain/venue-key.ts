import type { VenueId } from "./venue.ts";

/** A key of an account at a venue, as the deployment's secrets hold it. It is used for signed reads and shown nowhere. */
export type VenueKey = {
  readonly key: string;
  readonly secret: string;
  /** `null` where the venue has none. */ readonly passphrase: string | null;
};

/** The venues whose keys can be given, and whether they come with a passphrase. */
export const KEYED_VENUES = { binance: false, bybit: false, okx: true, bitget: true } as const satisfies Record<VenueId, boolean>;

/**
 * What a key may do, as the venue says. Only one that can do no more than read is used. `invalid`: the venue does not take
 * it. `unknown`: the venue could not be asked, or its answer says nothing.
 */
export const KEY_SCOPES = ["read-only", "trading", "withdrawal", "invalid", "unknown"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** What a venue grants a key. `more` names what goes beyond reading, as the venue writes it. */
export type KeyGrant = { readonly scope: Exclude<KeyScope, "invalid" | "unknown">; readonly more: readonly string[] };
