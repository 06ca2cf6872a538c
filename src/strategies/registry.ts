import { carryStrategy } from "./carry.ts";
import { fundingStrategy } from "./funding.ts";
import { priceStrategy } from "./price.ts";
import type { StrategyModule } from "./strategy.ts";

/** The strategies that a scan runs, in this order. */
export const strategies: readonly StrategyModule[] = [fundingStrategy, carryStrategy, priceStrategy];
