import type { VenueFacts, VenueId } from "../domain/venue.ts";
import type { VenueAdapter } from "./adapter.ts";
import { binance } from "./binance.ts";
import { bybit } from "./bybit.ts";
import { gate } from "./gate.ts";
import { hyperliquid } from "./hyperliquid.ts";

/** Every venue that is scanned. Ids, tables, fee defaults and lists elsewhere derive from this. */
export const ADAPTERS: readonly VenueAdapter[] = [binance, bybit, gate, hyperliquid];

export const VENUE_IDS: readonly VenueId[] = ADAPTERS.map((adapter) => adapter.facts.id);

const BY_ID: ReadonlyMap<VenueId, VenueAdapter> = new Map(ADAPTERS.map((adapter) => [adapter.facts.id, adapter]));

/** The adapter of a venue, or null where there is none of that id. */
export const adapterOf = (id: VenueId): VenueAdapter | null => BY_ID.get(id) ?? null;

/** What the documents of a venue say, or null where there is none of that id. */
export const venueFacts = (id: VenueId): VenueFacts | null => BY_ID.get(id)?.facts ?? null;
