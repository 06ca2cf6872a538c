import type { FeedId } from "../domain/feed.ts";
import type { VenueFacts, VenueId } from "../domain/venue.ts";
import type { VenueAdapter } from "./adapter.ts";
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

/** Every feed that is scanned. Ids, tables, fee defaults and lists elsewhere derive from this. */
export const ADAPTERS: readonly VenueAdapter[] = [
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

/** Ids of the feeds, one for each market of a venue. */
export const FEED_IDS: readonly FeedId[] = ADAPTERS.map(({ id }) => id);

/** The venues, each once, in the order of their first feed. */
export const VENUE_IDS: readonly VenueId[] = [...new Set(ADAPTERS.map(({ facts }) => facts.id))];

const BY_FEED: ReadonlyMap<FeedId, VenueAdapter> = new Map(ADAPTERS.map((adapter) => [adapter.id, adapter]));

/** The adapter of a feed, or null where there is none of that id. */
export const adapterOf = (feed: FeedId): VenueAdapter | null => BY_FEED.get(feed) ?? null;

/** The adapters of all feeds of a venue; empty where there is none of that id. */
export const adaptersOf = (venue: VenueId): readonly VenueAdapter[] => ADAPTERS.filter(({ facts }) => facts.id === venue);

/** What the documents of a venue say, or null where there is none of that id. */
export const venueFacts = (venue: VenueId): VenueFacts | null => adaptersOf(venue)[0]?.facts ?? null;
