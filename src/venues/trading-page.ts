import type { Quote } from "../domain/quote.ts";
import type { VenueId } from "../domain/venue.ts";
import type { TradingPage } from "./adapter.ts";
import { ADAPTERS, venueFacts } from "./registry.ts";

/**
 * A venue as people know it; one that is not registered by its id with a capital letter.
 * @example venueName("okx") // "OKX"
 */
export const venueName = (venue: VenueId): string => venueFacts(venue)?.name ?? `${venue.slice(0, 1).toUpperCase()}${venue.slice(1)}`;

/** The page on which an instrument is traded; `null` where its address would have to be guessed. */
export function tradingLink(quote: Pick<Quote, "venue" | "kind" | "asset" | "quote" | "settle" | "multiplier">): string | null {
  const id = quote.kind === "perpetual" ? quote.venue : `${quote.venue}-${quote.kind}`;
  const page = ADAPTERS.find((adapter) => adapter.id === id)?.tradingPage;
  if (page === undefined || (page.settle !== undefined && page.settle !== quote.settle)) return null;
  const coin = coinName(page, quote);
  return coin === null || !/^[A-Z0-9]{2,10}$/u.test(quote.quote) ? null : page.url(coin, quote.quote);
}

/** The coin as the venue's site names it; `null` for what cannot stand in an address, or another multiplier than 1 and 1,000. */
function coinName({ coins, thousand = "1000" }: TradingPage, { asset, multiplier }: Pick<Quote, "asset" | "multiplier">): string | null {
  if (!/^[A-Z0-9]{1,24}$/iu.test(asset)) return null;
  const name = multiplier === 1 ? asset : multiplier === 1_000 ? `${thousand}${asset}` : null;
  return name === null ? null : (coins?.[name] ?? name);
}
