import type { Simulator } from "../simulator/simulator.ts";
import { rowsAt, valueAtPath } from "./contract/bodies.ts";

/** What a feed's own bodies say of one of its symbols. Prices are per unit that the venue quotes; a spot pair has no rate. */
export type Sent = {
  readonly bid: number;
  readonly ask: number;
  readonly rate: number | null;
  readonly hours: number;
  readonly nextMs: number;
  /** Bid and ask are the book's, and stand nowhere else. */
  readonly fromBook?: true;
};

type Row = Readonly<Record<string, unknown>>;
/** The row of a symbol in the body at a path: `rows` leads to the list, `name` is the field with the symbol. */
type RowOf = (place: {
  readonly path: string;
  readonly post?: unknown;
  readonly rows?: readonly string[];
  readonly name: string;
}) => Promise<Row>;

/**
 * Reads figures of instruments from the bodies that the simulator sends, field by field and without any adapter. Each body
 * is fetched once, so a reader is for one moment.
 */
export function sentReader(simulator: Simulator): (feed: string, symbol: string) => Promise<Sent> {
  const bodies = new Map<string, Promise<unknown>>();
  const bodyOf = (path: string, post?: unknown): Promise<unknown> => {
    const init = post === undefined ? {} : { method: "POST", body: JSON.stringify(post), headers: { "content-type": "application/json" } };
    const name = `${path} ${init.body ?? ""}`;
    const body = bodies.get(name) ?? simulator.handle(new Request(`http://gateway/${path}`, init)).then((response) => response.json());
    bodies.set(name, body);
    return body;
  };
  return async (feed, symbol) => {
    const reader = READERS[feed];
    if (reader === undefined) throw new Error(`expected a feed whose bodies are known here, found ${feed}`);
    const rowOf: RowOf = async ({ path, post, rows = [], name }) => {
      const row = rowsAt(await bodyOf(path, post), rows).find((each) => each[name] === symbol);
      if (row === undefined) throw new Error(`expected ${symbol} at ${path}, found none`);
      return row;
    };
    return await reader({ rowOf, bodyOf, symbol, nowMs: simulator.nowMs() });
  };
}

type Asked = {
  readonly rowOf: RowOf;
  readonly bodyOf: (path: string, post?: unknown) => Promise<unknown>;
  readonly symbol: string;
  readonly nowMs: number;
};

const HOUR_MS = 3_600_000;

/** Bid and ask of a row under the venue's names for them. */
const prices = (row: Row, bid: string, ask: string): Pick<Sent, "bid" | "ask"> => ({ bid: Number(row[bid]), ask: Number(row[ask]) });
const spot = (row: Row, bid: string, ask: string): Sent => ({ ...prices(row, bid, ask), rate: null, hours: 8, nextMs: 0 });

const nextHour = (nowMs: number): number => (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
/** The price of a side's first level, under the venue's name for it. */
const bestOf = (book: unknown, side: string): number => Number(rowsAt(book, [side])[0]?.["price"]);

const READERS: Readonly<Record<string, (asked: Asked) => Promise<Sent>>> = {
  binance: async ({ rowOf, bodyOf, symbol }) => {
    const host = "fapi.binance.com/fapi/v1";
    const premium = await rowOf({ path: `${host}/premiumIndex`, name: "symbol" });
    const book = await rowOf({ path: `${host}/ticker/bookTicker`, name: "symbol" });
    // Symbols that it does not list have 8 hours.
    const info = rowsAt(await bodyOf(`${host}/fundingInfo`), []).find((row) => row["symbol"] === symbol);
    return {
      ...prices(book, "bidPrice", "askPrice"),
      rate: Number(premium["lastFundingRate"]),
      hours: Number(info?.["fundingIntervalHours"] ?? 8),
      nextMs: Number(premium["nextFundingTime"]),
    };
  },
  bybit: async ({ rowOf }) => {
    const row = await rowOf({ path: "api.bybit.com/v5/market/tickers?category=linear", rows: ["result", "list"], name: "symbol" });
    return {
      ...prices(row, "bid1Price", "ask1Price"),
      rate: Number(row["fundingRate"]),
      hours: Number(row["fundingIntervalHour"]),
      nextMs: Number(row["nextFundingTime"]),
    };
  },
  gate: async ({ rowOf }) => {
    const host = "api.gateio.ws/api/v4/futures/usdt";
    const contract = await rowOf({ path: `${host}/contracts`, name: "name" });
    return {
      ...prices(await rowOf({ path: `${host}/tickers`, name: "contract" }), "highest_bid", "lowest_ask"),
      rate: Number(contract["funding_rate"]),
      hours: Number(contract["funding_interval"]) / 3600,
      nextMs: 1000 * Number(contract["funding_next_apply"]),
    };
  },
  bitget: async ({ rowOf }) => {
    const path = (name: string): string => `api.bitget.com/api/v2/mix/market/${name}?productType=USDT-FUTURES`;
    const funding = await rowOf({ path: path("current-fund-rate"), rows: ["data"], name: "symbol" });
    return {
      ...prices(await rowOf({ path: path("tickers"), rows: ["data"], name: "symbol" }), "bidPr", "askPr"),
      rate: Number(funding["fundingRate"]),
      hours: Number(funding["fundingRateInterval"]),
      nextMs: Number(funding["nextUpdate"]),
    };
  },
  okx: async ({ rowOf }) => {
    const host = "www.okx.com/api/v5";
    const rate = await rowOf({ path: `${host}/public/funding-rate?instId=ANY`, rows: ["data"], name: "instId" });
    const nextMs = Number(rate["fundingTime"]);
    return {
      ...prices(await rowOf({ path: `${host}/market/tickers?instType=SWAP`, rows: ["data"], name: "instId" }), "bidPx", "askPx"),
      rate: Number(rate["fundingRate"]),
      hours: (Number(rate["nextFundingTime"]) - nextMs) / HOUR_MS,
      nextMs,
    };
  },
  kucoin: async ({ rowOf }) => {
    const host = "api-futures.kucoin.com/api/v1";
    const contract = await rowOf({ path: `${host}/contracts/active`, rows: ["data"], name: "symbol" });
    return {
      ...prices(await rowOf({ path: `${host}/allTickers`, rows: ["data"], name: "symbol" }), "bestBidPrice", "bestAskPrice"),
      rate: Number(contract["fundingFeeRate"]),
      hours: Number(contract["fundingRateGranularity"]) / HOUR_MS,
      nextMs: Number(contract["nextFundingRateDateTime"]),
    };
  },
  hyperliquid: async ({ bodyOf, symbol, nowMs }) => {
    const body = await bodyOf("api.hyperliquid.xyz/info", { type: "metaAndAssetCtxs" });
    const place = rowsAt(body, ["0", "universe"]).findIndex(({ name }) => name === symbol);
    const context = rowsAt(body, ["1"])[place];
    const [bid, ask] = Array.isArray(context?.["impactPxs"]) ? context["impactPxs"].map(Number) : [];
    return { bid: bid ?? Number.NaN, ask: ask ?? Number.NaN, rate: Number(context?.["funding"]), hours: 1, nextMs: nextHour(nowMs) };
  },
  aster: async ({ rowOf }) => {
    const host = "fapi.asterdex.com/fapi/v3";
    const premium = await rowOf({ path: `${host}/premiumIndex`, name: "symbol" });
    return {
      ...prices(await rowOf({ path: `${host}/ticker/bookTicker`, name: "symbol" }), "bidPrice", "askPrice"),
      rate: Number(premium["lastFundingRate"]),
      hours: Number((await rowOf({ path: `${host}/fundingInfo`, name: "symbol" }))["fundingIntervalHours"]),
      nextMs: Number(premium["nextFundingTime"]),
    };
  },
  htx: async ({ rowOf }) => {
    const swaps = "api.hbdm.com/linear-swap-api/v1";
    const name = "contract_code";
    const tick = await rowOf({ path: "api.hbdm.com/v2/linear-swap-ex/market/detail/batch_merged", rows: ["ticks"], name });
    const rate = await rowOf({ path: `${swaps}/swap_batch_funding_rate`, rows: ["data"], name });
    const info = await rowOf({ path: `${swaps}/swap_contract_info?business_type=swap`, rows: ["data"], name });
    const best = (side: string): number => Number(Array.isArray(tick[side]) ? tick[side][0] : undefined);
    return {
      bid: best("bid"),
      ask: best("ask"),
      rate: Number(rate["funding_rate"]),
      hours: Number(info["settlement_period"]),
      nextMs: Number(rate["funding_time"]),
    };
  },
  bingx: async ({ rowOf }) => {
    const host = "open-api.bingx.com/openApi/swap/v2/quote";
    const premium = await rowOf({ path: `${host}/premiumIndex`, rows: ["data"], name: "symbol" });
    return {
      ...prices(await rowOf({ path: `${host}/ticker`, rows: ["data"], name: "symbol" }), "bidPrice", "askPrice"),
      rate: Number(premium["lastFundingRate"]),
      hours: Number(premium["fundingIntervalHours"]),
      nextMs: Number(premium["nextFundingTime"]),
    };
  },
  krakenfutures: async ({ rowOf, nowMs }) => {
    const row = await rowOf({ path: "futures.kraken.com/derivatives/api/v3/tickers", rows: ["tickers"], name: "symbol" });
    // In USD a coin and hour.
    const rate = Number(row["fundingRate"]) / Number(row["markPrice"]);
    return { ...prices(row, "bid", "ask"), rate, hours: 1, nextMs: nextHour(nowMs) };
  },
  dydx: async ({ bodyOf, symbol, nowMs }) => {
    const host = "indexer.dydx.trade/v4";
    const rate = Number(valueAtPath(await bodyOf(`${host}/perpetualMarkets`), ["markets", symbol, "nextFundingRate"]));
    const book = await bodyOf(`${host}/orderbooks/perpetualMarket/${symbol}`);
    return { bid: bestOf(book, "bids"), ask: bestOf(book, "asks"), rate, hours: 1, nextMs: nextHour(nowMs), fromBook: true };
  },
  paradex: async ({ rowOf, nowMs }) => {
    const host = "api.prod.paradex.trade/v1";
    const row = await rowOf({ path: `${host}/markets/summary?market=ALL`, rows: ["results"], name: "symbol" });
    const market = await rowOf({ path: `${host}/markets`, rows: ["results"], name: "symbol" });
    const hours = Number(market["funding_period_hours"]);
    // It pays by the second: a week has as many periods as if the first were to end with this one.
    const nextMs = (Math.floor(nowMs / (hours * HOUR_MS)) + 1) * hours * HOUR_MS;
    return { ...prices(row, "bid", "ask"), rate: Number(row["funding_rate"]), hours, nextMs };
  },
  lighter: async ({ rowOf, bodyOf, symbol, nowMs }) => {
    const host = "mainnet.zklighter.elliot.ai/api/v1";
    const own = rowsAt(await bodyOf(`${host}/funding-rates`), ["funding_rates"]).find(
      (row) => row["symbol"] === symbol && row["exchange"] === "lighter",
    );
    const details = await rowOf({ path: `${host}/orderBookDetails`, rows: ["order_book_details"], name: "symbol" });
    const book = await bodyOf(`${host}/orderBookOrders?market_id=${String(details["market_id"])}&limit=250`);
    const rate = Number(own?.["rate"]) / 8;
    return { bid: bestOf(book, "bids"), ask: bestOf(book, "asks"), rate, hours: 1, nextMs: nextHour(nowMs), fromBook: true };
  },
  mexc: async ({ rowOf }) => {
    const host = "api.mexc.com/api/v1/contract";
    const rate = await rowOf({ path: `${host}/funding_rate`, rows: ["data"], name: "symbol" });
    return {
      ...prices(await rowOf({ path: `${host}/ticker`, rows: ["data"], name: "symbol" }), "bid1", "ask1"),
      rate: Number(rate["fundingRate"]),
      hours: Number(rate["collectCycle"]),
      nextMs: Number(rate["nextSettleTime"]),
    };
  },
  "binance-spot": async ({ rowOf }) =>
    spot(await rowOf({ path: "data-api.binance.vision/api/v3/ticker/bookTicker", name: "symbol" }), "bidPrice", "askPrice"),
  "bybit-spot": async ({ rowOf }) =>
    spot(
      await rowOf({ path: "api.bybit.com/v5/market/tickers?category=spot", rows: ["result", "list"], name: "symbol" }),
      "bid1Price",
      "ask1Price",
    ),
  "okx-spot": async ({ rowOf }) =>
    spot(await rowOf({ path: "www.okx.com/api/v5/market/tickers?instType=SPOT", rows: ["data"], name: "instId" }), "bidPx", "askPx"),
  "bitget-spot": async ({ rowOf }) =>
    spot(await rowOf({ path: "api.bitget.com/api/v2/spot/market/tickers", rows: ["data"], name: "symbol" }), "bidPr", "askPr"),
  "gate-spot": async ({ rowOf }) =>
    spot(await rowOf({ path: "api.gateio.ws/api/v4/spot/tickers", name: "currency_pair" }), "highest_bid", "lowest_ask"),
  "kucoin-spot": async ({ rowOf }) =>
    spot(await rowOf({ path: "api.kucoin.com/api/v1/market/allTickers", rows: ["data", "ticker"], name: "symbol" }), "buy", "sell"),
};
