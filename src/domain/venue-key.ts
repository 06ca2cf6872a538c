import type { VenueError } from "./error.ts";
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

/** A taker fee of the account, fraction of notional one way, with when it was read. */
export type AccountFee = { readonly rate: number; readonly readAtMs: number };
export type AccountFees = { readonly perpetual: AccountFee | null; readonly spot: AccountFee | null };

/** One look at a key: never the key itself, but the beginning of its hash. Times are epoch ms. */
export type KeyState = {
  readonly venue: VenueId;
  /** First digits of the key's SHA-256, so that an operator can tell which one it is. */
  readonly keyId: string;
  /** The same of key, secret and passphrase together: changes with each of them. */
  readonly credentialId: string;
  readonly scope: KeyScope;
  /** Why it is not used, or why a fee is missing, in words; `null` where all is well. */
  readonly message: string | null;
  readonly fees: AccountFees;
  readonly checkedAtMs: number;
};
/** A look that was just taken, with the failure of the look at the scope; `null` where the venue answered. */
export type KeyCheck = KeyState & { readonly error: VenueError | null };

/** An account's fee that cannot be read again serves this long; then the documents' does. */
export const ACCOUNT_FEE_LIFE_MS = 48 * 3_600_000;
