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
