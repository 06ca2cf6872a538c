import type { VenueId } from "../domain/venue.ts";
import type { KEYED_VENUES } from "../domain/venue-key.ts";
import type { AccountAdapter } from "./account.ts";
import { binanceAccount } from "./binance-account.ts";
import { bitgetAccount } from "./bitget-account.ts";
import { bybitAccount } from "./bybit-account.ts";
import { okxAccount } from "./okx-account.ts";

/** How each venue of `KEYED_VENUES` reads an account. */
export const ACCOUNTS: Readonly<Record<keyof typeof KEYED_VENUES, AccountAdapter>> = {
  binance: binanceAccount,
  bybit: bybitAccount,
  okx: okxAccount,
  bitget: bitgetAccount,
};

const BY_VENUE: ReadonlyMap<VenueId, AccountAdapter> = new Map(Object.entries(ACCOUNTS));

/** How a venue reads an account, or null where no key of it can be given. */
export const accountOf = (venue: VenueId): AccountAdapter | null => BY_VENUE.get(venue) ?? null;
