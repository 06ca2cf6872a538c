import type { Quote } from "../domain/quote.ts";
import type { VenueId } from "../domain/venue.ts";

type VenuePages = {
  /** As the venue writes itself. */
  readonly name: string;
  /** Address of a USDT perpetual's page, by the venue's own name of the coin; absent where its form is not known. */
  readonly perpetual?: (coin: string) => string;
  readonly spot?: (coin: string, quote: string) => string;
  /** Perpetuals settle in this. */
  readonly settle?: string;
  /** The venue's own name of a coin where it is not multiplier and ticker. */
  readonly coins?: Readonly<Record<string, string>>;
  /** In front of the coin for a multiplier of 1,000. */
  readonly thousand?: string;
};

/**
 * Trading pages as the venues' own sites address them (forms read on 2026-11-22, each e.g. for BTC/USDT). An instrument whose
 * address would have to be guessed has none: other settlement currencies, multipliers of a million.
 */
const PAGES: Readonly<Record<VenueId, VenuePages>> = {
  binance: {
    name: "Binance",
    perpetual: (coin) => `https://www.binance.com/en/futures/${coin}USDT`,
    spot: (coin, quote) => `https://www.binance.com/en/trade/${coin}_${quote}?type=spot`,
  },
  bybit: {
    name: "Bybit",
    perpetual: (coin) => `https://www.bybit.com/trade/usdt/${coin}USDT`,
    spot: (coin, quote) => `https://www.bybit.com/en/trade/spot/${coin}/${quote}`,
    coins: { "1000SHIB": "SHIB1000" },
  },
  gate: { name: "Gate", perpetual: (coin) => `https://www.gate.com/futures/USDT/${coin}_USDT` },
  hyperliquid: {
    name: "Hyperliquid",
    perpetual: (coin) => `https://app.hyperliquid.xyz/trade/${coin}`,
    settle: "USDC",
    thousand: "k",
  },
  bitget: { name: "Bitget", perpetual: (coin) => `https://www.bitget.com/futures/usdt/${coin}USDT` },
  okx: {
    name: "OKX",
    perpetual: (coin) => `https://www.okx.com/trade-swap/${coin.toLowerCase()}-usdt-swap`,
    spot: (coin, quote) => `https://www.okx.com/trade-spot/${coin.toLowerCase()}-${quote.toLowerCase()}`,
  },
  kucoin: {
    name: "KuCoin",
    perpetual: (coin) => `https://www.kucoin.com/futures/trade/${coin}USDTM`,
    coins: { BTC: "XBT" },
  },
};

const pagesOf = (venue: VenueId): VenuePages | null => (Object.hasOwn(PAGES, venue) ? (PAGES[venue] ?? null) : null);

/**
 * A venue as people know it; one that is not listed here by its id with a capital letter.
 * @example venueName("okx") // "OKX"
 */
export const venueName = (venue: VenueId): string => pagesOf(venue)?.name ?? `${venue.slice(0, 1).toUpperCase()}${venue.slice(1)}`;

/** The page on which an instrument is traded, or null where its address is not known for certain. */
export function tradingLink(quote: Pick<Quote, "venue" | "kind" | "asset" | "quote" | "settle" | "multiplier">): string | null {
  const pages = pagesOf(quote.venue);
  if (pages === null) return null;
  const coin = coinName(pages, quote);
  if (coin === null) return null;
  if (quote.kind === "spot") return /^[A-Z0-9]{2,10}$/u.test(quote.quote) ? (pages.spot?.(coin, quote.quote) ?? null) : null;
  return quote.settle === (pages.settle ?? "USDT") ? (pages.perpetual?.(coin) ?? null) : null;
}

/** The coin as the venue's site names it; null where that would be a guess. */
function coinName({ coins, thousand }: VenuePages, { asset, multiplier }: Pick<Quote, "asset" | "multiplier">): string | null {
  if (!/^[A-Z0-9]{1,24}$/iu.test(asset)) return null;
  const name = multiplier === 1 ? asset : multiplier === 1_000 ? `${thousand ?? "1000"}${asset}` : null;
  return name === null ? null : (coins?.[name] ?? name);
}
