import { binance } from "./binance.ts";
import { bybit } from "./bybit.ts";
import { gate } from "./gate.ts";
import { hyperliquid } from "./hyperliquid.ts";
import type { SimulatedVenue } from "./venue.ts";

/** Every venue that the simulator plays. A new one is its file and a line here. */
export const SIMULATED_VENUES: readonly SimulatedVenue[] = [binance, bybit, gate, hyperliquid];
