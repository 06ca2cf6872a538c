/**
 * Hyperliquid: one POST /info {"type":"metaAndAssetCtxs"} gives [meta, contexts], zipped by place. Funding is per hour,
 * numbers are decimal strings, there are no sizes: impactPxs are the prices for a fixed notional. Delisted coins keep
 * their place with nulls. No time is sent. https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
 */
import { bookOf, type Level, rowNamed } from "../book.ts";
import type { Coin } from "../coins.ts";
import { trimmedFloat } from "../decimal.ts";
import type { MarketRow } from "../listing.ts";
import {
  stampIn,
  type ErrorKind,
  type Json,
  type RenderContext,
  type SimulatedVenue,
  type VenueReply,
  type WireBody,
  type WireRow,
} from "./venue.ts";

const DELISTED = `MATIC 0.3754;FTM 0.7;RNDR 7.1;BLZ 0.06;UNIBOT 4.1;FRIEND 0.1;OX 0.01;SHIA 0.01;CANTO 0.02;NTRL 0.4;LOOM 0.05;OGN 0.1;BNT 0.5;
RLB 0.06;HPOS 0.07;MYRO 0.02;PANDORA 900;JELLY 0.02;LISTA 0.2;AI 0.4;NFTI 12;STRAX 0.04;CATI 0.1;ILV 14;PIXEL 0.03;BADGER 2;ORBS 0.02;MAVIA 0.2`;
const SMALLEST_SIZE_USD = 0.1;
/** https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint#l2-book-snapshot */
const L2_LEVELS = 20;

export const hyperliquid: SimulatedVenue = {
  id: "hyperliquid",
  hosts: ["api.hyperliquid.xyz"],
  takerFeeRate: 0.00045,
  profile: {
    quote: "USDC",
    settle: "USDC",
    coverage: 0.22,
    usdcContracts: 0,
    listsTradfi: false,
    volumeShare: 0.3,
    intervals: [[1, 1]],
    ratePlaces: 10,
    // Its bundles are thousands only.
    canList: (coin) => coin.bundle <= 1000,
    multiplier: (coin) => coin.bundle,
    symbol: ({ ticker, multiplier }) => (multiplier === 1000 ? `k${ticker}` : ticker),
    ownTraps: () => DELISTED.split(";").map((entry) => ({ coin: delistedCoin(entry.trim()), listing: { state: "delisted" as const } })),
  },
  endpoints: [
    {
      name: "metaAndAssetCtxs",
      method: "POST",
      path: "/info",
      asks: (_query, body) =>
        typeof body === "object" && body !== null && Reflect.get(body, "type") === "metaAndAssetCtxs" && !Reflect.get(body, "dex"),
      render: metaAndAssetCtxs,
      vital: ["funding", "markPx", "impactPxs"],
      recordedAs: "metaAndAssetCtxs",
      stampedAtMs: () => null,
    },
    {
      name: "l2Book",
      method: "POST",
      path: "/info",
      asks: (_query, body) => typeof body === "object" && body !== null && Reflect.get(body, "type") === "l2Book",
      render: l2Book,
      vital: ["levels"],
      recordedAs: "l2Book",
      stampedAtMs: stampIn("time"),
    },
  ],
  error,
  unknownRequest: (path) =>
    plain(path === "/info" ? 422 : 404, path === "/info" ? "Failed to deserialize the JSON body into the target type" : "Not Found"),
  wire: (row) => {
    const [bid, ask] = impact(row) ?? ["", ""];
    return {
      symbol: row.symbol,
      bid,
      ask,
      rate: trimmedFloat(row.rate, 10),
      intervalHours: row.listing.intervalHours,
      nextFundingAtMs: row.nextFundingAtMs,
    };
  },
};

function delistedCoin(entry: string): Coin {
  const [ticker = "", level] = entry.split(" ");
  return { id: `${ticker} (delisted)`, ticker, class: "crypto", level: Number(level), rank: 400, bundle: 1 };
}

function metaAndAssetCtxs({ rows }: RenderContext): WireBody {
  const universe = rows.map(universeRow);
  const contexts = rows.map(contextRow);
  const table = (
    id: number,
    leverage: number,
    above: { readonly lowerBound: string; readonly maxLeverage: number },
  ): readonly [number, WireRow] => [
    id,
    {
      description: `tiered ${leverage}x`,
      marginTiers: [{ lowerBound: "0.0", maxLeverage: leverage }, above],
    },
  ];
  const body = [
    {
      universe,
      marginTables: [
        table(55, 25, { lowerBound: "100000000.0", maxLeverage: 15 }),
        table(56, 40, { lowerBound: "150000000.0", maxLeverage: 20 }),
      ],
      collateralToken: 0,
    },
    contexts,
  ];
  return { body, rows: [universe, contexts] };
}

/** At most 20 levels a side; an unknown coin is answered with null. */
function l2Book({ rows, payload, time, nowMs }: RenderContext): WireBody {
  const asked: unknown = typeof payload === "object" && payload !== null ? Reflect.get(payload, "coin") : null;
  const row = rowNamed(rows, asked);
  if (row === null || row.state === "delisted") return { body: null, rows: [] };
  const { pricePlaces, sizePlaces, multiplier } = row.listing;
  const side = (levels: readonly Level[]): readonly Json[] =>
    levels.slice(0, L2_LEVELS).map(({ price, sizeCoins }, place) => ({
      px: trimmedFloat(price, pricePlaces),
      sz: trimmedFloat(sizeCoins / multiplier, sizePlaces),
      n: 1 + (place % 7),
    }));
  const { bids, asks } = bookOf(row);
  const book: WireRow = { coin: row.symbol, time: time(nowMs), levels: [side(bids), side(asks)] };
  return { body: book, rows: [[book]] };
}

function universeRow(row: MarketRow): WireRow {
  const { coin, multiplier } = row.listing;
  const places = Math.max(0, Math.round(Math.log10((coin.level * multiplier) / SMALLEST_SIZE_USD)));
  const leverage = coin.rank === 1 ? 40 : coin.rank <= 4 ? 25 : coin.rank <= 100 ? 10 : 3;
  return {
    szDecimals: Math.min(5, places),
    name: row.symbol,
    maxLeverage: leverage,
    marginTableId: coin.rank === 1 ? 56 : coin.rank === 2 ? 55 : leverage,
    ...(coin.rank > 300 && row.state !== "delisted" ? { onlyIsolated: true } : {}),
    ...(row.state === "delisted" ? { isDelisted: true } : {}),
  };
}

function contextRow(row: MarketRow): WireRow {
  const { pricePlaces, multiplier } = row.listing;
  const price = (value: number): string => trimmedFloat(value, pricePlaces);
  const live = row.state !== "delisted";
  const prices = impact(row);
  return {
    funding: live ? trimmedFloat(row.rate, 10) : "0.0",
    openInterest: live ? trimmedFloat(row.openInterestCoins / multiplier, 10) : "0.0",
    prevDayPx: price(row.open24h),
    dayNtlVlm: live ? trimmedFloat(row.volumeUsd, 10) : "0.0",
    premium: live ? trimmedFloat((row.mark - row.index) / row.index, 10) : null,
    oraclePx: price(row.index),
    markPx: price(row.mark),
    midPx: prices === null ? null : price((row.bid + row.ask) / 2),
    impactPxs: prices,
    dayBaseVlm: live ? trimmedFloat(row.volumeCoins / multiplier, 5) : "0.0",
  };
}

/** `null` where nobody quotes. */
function impact(row: MarketRow): readonly [string, string] | null {
  if (row.state === "delisted" || row.state === "empty-book") return null;
  return [trimmedFloat(row.bid, row.listing.pricePlaces), trimmedFloat(row.ask, row.listing.pricePlaces)];
}

const plain = (status: number, body: string): VenueReply => ({ status, body, contentType: "text/plain" });

function error(kind: ErrorKind): VenueReply {
  const says = (response: string): VenueReply => ({
    status: 200,
    body: JSON.stringify({ status: "err", response }),
    contentType: "application/json",
  });
  const replies: Record<ErrorKind, VenueReply> = {
    "bad-request": plain(400, "Bad Request"),
    unauthorized: plain(401, "Unauthorized"),
    forbidden: plain(403, "Forbidden"),
    "geo-blocked": plain(451, "Unavailable For Legal Reasons"),
    "rate-limited": plain(429, "Too Many Requests"),
    banned: plain(418, "Too Many Requests"),
    server: plain(500, "Internal Server Error"),
    envelope: says("Internal error"),
    "envelope-rate-limited": says("Too many requests"),
  };
  return replies[kind];
}
