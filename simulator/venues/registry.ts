import { aster } from "./aster.ts";
import { binance } from "./binance.ts";
import { binanceSpot } from "./binance-spot.ts";
import { bingx } from "./bingx.ts";
import { bitget } from "./bitget.ts";
import { bitgetSpot } from "./bitget-spot.ts";
import { bybit } from "./bybit.ts";
import { bybitSpot } from "./bybit-spot.ts";
import { dydx } from "./dydx.ts";
import { gate } from "./gate.ts";
import { gateSpot } from "./gate-spot.ts";
import { htx } from "./htx.ts";
import { hyperliquid } from "./hyperliquid.ts";
import { krakenfutures } from "./krakenfutures.ts";
import { kucoin } from "./kucoin.ts";
import { kucoinSpot } from "./kucoin-spot.ts";
import { mexc } from "./mexc.ts";
import { lighter } from "./lighter.ts";
import { okx } from "./okx.ts";
import { okxSpot } from "./okx-spot.ts";
import { paradex } from "./paradex.ts";
import type { SimulatedVenue } from "./venue.ts";

/** Every market of every venue that the simulator plays. A new one is its file and a line here. */
export const SIMULATED_VENUES: readonly SimulatedVenue[] = [
  binance,
  bybit,
  gate,
  hyperliquid,
  bitget,
  okx,
  kucoin,
  aster,
  mexc,
  htx,
  bingx,
  krakenfutures,
  dydx,
  lighter,
  paradex,
  binanceSpot,
  bybitSpot,
  okxSpot,
  bitgetSpot,
  gateSpot,
  kucoinSpot,
];
