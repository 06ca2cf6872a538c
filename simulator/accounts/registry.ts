import type { SimulatedAccount } from "./account.ts";
import { binanceAccount } from "./binance.ts";
import { bitgetAccount } from "./bitget.ts";
import { bybitAccount } from "./bybit.ts";
import { okxAccount } from "./okx.ts";

/** Every venue whose accounts the simulator plays. */
const SIMULATED_ACCOUNTS: readonly SimulatedAccount[] = [binanceAccount, bybitAccount, okxAccount, bitgetAccount];

/** Names of the venues that have accounts. */
export const ACCOUNT_VENUES: readonly string[] = SIMULATED_ACCOUNTS.map(({ venue }) => venue);

/** The account that a host and path belong to; null where that is no request for one. */
export const accountAt = (host: string, path: string): SimulatedAccount | null =>
  SIMULATED_ACCOUNTS.find(({ hosts, answers }) => hosts.includes(host) && Object.hasOwn(answers, path)) ?? null;
