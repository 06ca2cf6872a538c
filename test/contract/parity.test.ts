import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createMarket } from "../../simulator/market.ts";
import { rowsOf } from "../../simulator/rows.ts";
import { SIMULATED_VENUES } from "../../simulator/venues/registry.ts";
import { CAPTURES_DIR, capture, capturesNote, haveCaptures } from "../captures.ts";

/**
 * Reader and writer of a wire format share an author, so a misread format would pass every test of the simulator. Here
 * each simulated body is held against each capture of its endpoint: key names, JSON types, what kind of text a string
 * holds, digits of times, magnitudes of the same instrument's figures.
 */

/** Keys of captures that the simulator leaves out, each with the reason. */
const NOT_SIMULATED: Readonly<Record<string, readonly string[]>> = {};

/** Keys of a MEXC contract that the recorded fragment lacks. */
const MEXC_DETAIL = [
  ..."displayName displayNameEn positionOpenType baseCoin quoteCoin baseCoinName quoteCoinName futureType minLeverage maxLeverage".split(
    " ",
  ),
  ..."priceScale volScale amountScale priceUnit volUnit minVol maxVol makerFeeRate maintenanceMarginRate initialMarginRate".split(" "),
  ..."indexOrigin indexOrigin[] isNew isHot isHidden conceptPlate conceptPlate[] riskLimitType apiAllowed preMarket".split(" "),
  ..."createTime openingTime type".split(" "),
];

/** Keys that no capture here shows, because captures were trimmed or are older; each is in the page named. */
const NOT_CAPTURED: Readonly<Record<string, { readonly source: string; readonly keys: readonly string[] }>> = {
  "gate contracts": {
    source: "https://www.gate.com/docs/developers/apiv4/en/#list-all-futures-contracts; INDEX.md: about 25 keys of a row were dropped",
    keys: [
      "[].mark_price_round",
      "[].funding_offset",
      "[].funding_impact_value",
      "[].funding_cap_ratio",
      "[].trade_size",
      "[].order_size_max",
      "[].orders_limit",
      "[].leverage_min",
      "[].leverage_max",
      "[].maintenance_rate",
      "[].create_time",
      "[].launch_time",
      "[].config_change_time",
    ],
  },
  "gate tickers": {
    source: "https://www.gate.com/docs/developers/apiv4/en/#list-futures-tickers",
    keys: ["[].change_percentage", "[].low_24h", "[].high_24h"],
  },
  "bitget tickersV3": {
    source: "https://www.bitget.com/api-doc/uta/public/Tickers; INDEX.md: open, high, low and change were dropped",
    keys: ["data[].openPrice24h", "data[].highPrice24h", "data[].lowPrice24h", "data[].price24hPcnt"],
  },
  "mexc ticker": {
    source: "https://www.mexc.com/api-docs/futures/market-endpoints/get-ticker-contract-market-data; INDEX.md: bid1 and ask1 were trimmed",
    keys: [
      "data[].contractId",
      "data[].bid1",
      "data[].ask1",
      "data[].lower24Price",
      "data[].high24Price",
      "data[].riseFallRate",
      "data[].riseFallValue",
      "data[].maxBidPrice",
      "data[].minAskPrice",
    ],
  },
  "mexc detail": {
    source: "https://www.mexc.com/api-docs/futures/market-endpoints/get-contract-info; INDEX.md: a few keys of one row",
    keys: MEXC_DETAIL.map((key) => `data[].${key}`),
  },
  "bingx ticker": {
    source: "https://bingx-api.github.io/docs/#/en-us/swapV2/market-api.html; INDEX.md: priceChange, high, low and open were dropped",
    keys: ["data[].priceChange", "data[].highPrice", "data[].lowPrice", "data[].openPrice"],
  },
  "lighter orderBookDetails": {
    source: "https://apidocs.lighter.xyz/reference/orderbookdetails; INDEX.md: trimmed",
    keys: [
      "order_book_details[].maker_fee",
      "order_book_details[].min_base_amount",
      "order_book_details[].min_quote_amount",
      "order_book_details[].size_decimals",
      "order_book_details[].price_decimals",
      "order_book_details[].quote_multiplier",
      "order_book_details[].last_trade_price",
      "order_book_details[].daily_base_token_volume",
      "order_book_details[].market_config",
      "order_book_details[].market_config.market_margin_mode",
      "order_book_details[].market_config.force_reduce_only",
    ],
  },
  "dydx perpetualMarkets": {
    source: "https://docs.dydx.xyz/indexer-client/http#get-perpetual-markets; INDEX.md: fields were trimmed",
    keys: [
      "markets{}.priceChange24H",
      "markets{}.trades24H",
      "markets{}.initialMarginFraction",
      "markets{}.maintenanceMarginFraction",
      "markets{}.atomicResolution",
      "markets{}.quantumConversionExponent",
      "markets{}.tickSize",
      "markets{}.stepSize",
      "markets{}.stepBaseQuantums",
      "markets{}.subticksPerTick",
      "markets{}.openInterestLowerCap",
      "markets{}.openInterestUpperCap",
      "markets{}.baseOpenInterest",
      "markets{}.defaultFundingRate1H",
    ],
  },
  "hyperliquid metaAndAssetCtxs": {
    source: "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals",
    keys: ["[].universe[].onlyIsolated"],
  },
};

/** Kinds of text or types that the simulator sends and the few captured rows do not, each with the rows that need it. */
const OTHER_FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "binance premiumIndex": {
    "[].lastFundingRate empty": "dated futures",
    "[].interestRate empty": "dated futures",
    "[].nextFundingTime number:1": "0 on dated futures and on settled contracts",
  },
  "bybit tickers": {
    "result.list[].bid1Price empty": "a contract that nobody quotes",
    "result.list[].bid1Size empty": "a contract that nobody quotes",
    "result.list[].ask1Price empty": "a contract that nobody quotes",
    "result.list[].ask1Size empty": "a contract that nobody quotes",
    "result.list[].preOpenPrice decimal": "pre-market rows",
    "result.list[].preQty decimal": "pre-market rows",
  },
  "bitget tickersV3": {
    "data[].bid1Price empty": "a contract that nobody quotes",
    "data[].bid1Size empty": "a contract that nobody quotes",
    "data[].ask1Price empty": "a contract that nobody quotes",
    "data[].ask1Size empty": "a contract that nobody quotes",
  },
  "gate tickers": {
    "[].highest_bid empty": "a contract that nobody quotes",
    "[].highest_size empty": "a contract that nobody quotes",
    "[].lowest_ask empty": "a contract that nobody quotes",
    "[].lowest_size empty": "a contract that nobody quotes",
  },
  "okx instruments": {
    "data[].ctValCcy decimal": "the coin named 4",
    "data[].expTime digits:13": "a swap about to be delisted",
  },
  "kucoin contractsActive": {
    "data[].baseCurrency decimal": "the coin named 4",
    "data[].displayBaseCurrency decimal": "the coin named 4",
  },
  "htx fundingRate": { "data[].symbol decimal": "the coin named 4" },
  "lighter fundingRates": { "funding_rates[].symbol decimal": "the coin named 4" },
  "lighter orderBookDetails": { "order_book_details[].symbol decimal": "the coin named 4" },
  "binance exchangeInfo": { "symbols[].baseAsset decimal": "the coin named 4" },
  "hyperliquid metaAndAssetCtxs": { "[].universe[].name decimal": "the coin named 4" },
};

/** What venues call the rate of a row. */
const RATES = ["lastFundingRate", "fundingRate", "funding_rate", "funding", "fundingFeeRate", "settFundingRate", "nextFundingRate"];
/** Figures of one instrument may differ by this much between the captured day and the simulated one, in powers of ten. */
const PRICE_DECADES = 1;
const AMOUNT_DECADES = 3;
const PRICE_KEY = /price|px|last$|highest_bid|lowest_ask|high_?24h|low_?24h/iu;
const AMOUNT_KEY = /qty|size|vol|interest$|interestvalue|turnover|ntlvlm|basevlm|quanto|interval|sz$|^oi|ctval|multiplier|granularity/iu;

const NOW_MS = Date.UTC(2026, 10, 22, 12, 34, 56, 789);
const market = createMarket({ seed: 1, venues: SIMULATED_VENUES });

const CASES = SIMULATED_VENUES.flatMap((venue) =>
  venue.endpoints.map((endpoint) => {
    const view = { market, nowMs: NOW_MS, priceAtMs: NOW_MS, overrides: new Map(), distortion: null };
    const rendered = endpoint.render({
      rows: rowsOf(view, venue),
      nowMs: NOW_MS,
      time: (epochMs) => epochMs,
      query: new URLSearchParams(),
    });
    const body: unknown = JSON.parse(JSON.stringify(rendered.body));
    return { name: `${venue.id} ${endpoint.name}`, body, captures: haveCaptures ? capturesOf(venue.id, endpoint.recordedAs) : [] };
  }),
);

/** Endpoints of which nobody recorded a body; what they look like is known from documents only. */
const WITHOUT_CAPTURE = [
  "binance depth",
  "bybit instruments",
  "bybit orderbook",
  "gate order_book",
  "hyperliquid l2Book",
  "bitget currentFundRate",
  "bitget tickers",
  "bitget contracts",
  "bitget mergeDepth",
  "okx books",
  "kucoin allTickers",
  "kucoin depth100",
  "aster bookTicker",
  "aster ticker24hr",
  "aster fundingInfo",
  "aster depth",
  "aster exchangeInfo",
  "mexc depth",
  "htx contractInfo",
  "htx depth",
  "bingx contracts",
  "bingx depth",
  "krakenfutures tickers",
  "krakenfutures instruments",
  "krakenfutures orderbook",
  "dydx orderbook",
  "lighter orderBookOrders",
  "paradex markets",
  "paradex orderbook",
  "binance-spot spotBookTicker",
  "binance-spot spotTicker24hr",
  "binance-spot spotExchangeInfo",
  "binance-spot spotDepth",
  "bybit-spot spotTickers",
  "bybit-spot spotInstruments",
  "bybit-spot spotOrderbook",
  "okx-spot spotTickers",
  "okx-spot spotInstruments",
  "okx-spot spotBooks",
  "bitget-spot spotTickers",
  "bitget-spot spotSymbols",
  "bitget-spot spotOrderbook",
  "gate-spot spotTickers",
  "gate-spot spotPairs",
  "gate-spot spotOrderBook",
  "kucoin-spot spotTickers",
  "kucoin-spot spotSymbols",
  "kucoin-spot spotLevel2",
];

describe.skipIf(!haveCaptures)(`simulated bodies and captures${capturesNote}`, () => {
  test("every endpoint has a capture but those listed", () => {
    expect(CASES.filter((one) => one.captures.length === 0).map((one) => one.name)).toEqual(WITHOUT_CAPTURE);
  });

  test.each(CASES.flatMap((one) => one.captures.map((file) => ({ ...one, file }))))(
    "$name has every key of $file",
    ({ name, body, file }) => {
      const simulated = new Set(shapesOf(body).keys());
      const lacking = [...shapesOf(capture(file)).keys()].filter((path) => !simulated.has(path));
      expect(lacking).toEqual(NOT_SIMULATED[`${name} ${file}`] ?? []);
    },
  );

  test.each(CASES.filter((one) => one.captures.length > 0))(
    "$name sends no key, type or kind of text but captured ones and those listed",
    ({ name, body, captures }) => {
      const known = new Map<string, Set<string>>();
      for (const file of captures)
        for (const [path, forms] of shapesOf(capture(file))) known.set(path, new Set([...(known.get(path) ?? []), ...forms]));
      const documented = NOT_CAPTURED[name]?.keys ?? [];
      const others = OTHER_FORMS[name] ?? {};
      const strangers: string[] = [];
      const used = new Set<string>();
      for (const [path, forms] of shapesOf(body)) {
        if (!known.has(path)) {
          used.add(path);
          if (!documented.includes(path)) strangers.push(path);
          continue;
        }
        for (const form of forms) {
          if (known.get(path)?.has(form) === true) continue;
          used.add(`${path} ${form}`);
          if (others[`${path} ${form}`] === undefined)
            strangers.push(`${path} ${form} (captured: ${[...(known.get(path) ?? [])].join(", ")})`);
        }
      }
      expect(strangers).toEqual([]);
      // A line that nothing needs any more would hide the next difference.
      expect([...documented, ...Object.keys(others)].filter((line) => !used.has(line))).toEqual([]);
    },
  );

  test.each(CASES.flatMap((one) => one.captures.map((file) => ({ ...one, file }))))("$name has the units of $file", ({ body, file }) => {
    const simulated = rowsBySymbol(body);
    const differing: string[] = [];
    for (const [symbol, captured] of rowsBySymbol(capture(file))) {
      const row = simulated.get(symbol);
      if (row === undefined || !["BTC", "ETH", "XBT"].some((coin) => symbol.startsWith(coin))) continue;
      for (const [key, value] of figuresOf(captured)) {
        const decades = PRICE_KEY.test(key) ? PRICE_DECADES : AMOUNT_KEY.test(key) ? AMOUNT_DECADES : null;
        const ours = figuresOf(row).get(key);
        if (decades === null || ours === undefined || value <= 0 || ours <= 0) continue;
        if (Math.abs(Math.log10(ours / value)) > decades) differing.push(`${symbol} ${key}: captured ${value}, simulated ${ours}`);
      }
    }
    expect(differing).toEqual([]);
  });

  test("rates are fractions per interval of the captured size", () => {
    for (const { name, body, captures } of CASES) {
      for (const source of [body, ...captures.map((file) => capture(file))]) {
        const rates = [...rowsBySymbol(source).values()].flatMap((row) =>
          RATES.flatMap((key) => {
            const rate = figuresOf(row).get(key);
            // Kraken's is USD a coin and hour: a fraction of the mark.
            return rate === undefined ? [] : name === "krakenfutures tickers" ? rate / Number(row["markPrice"]) : rate;
          }),
        );
        for (const rate of rates) expect(Math.abs(rate), name).toBeLessThan(0.03);
        if (rates.length > 100)
          expect(rates.map(Math.abs).sort((first, second) => first - second)[Math.floor(rates.length / 2)]).toBeLessThan(0.001);
      }
    }
  });
});

/** Recorded files of an endpoint, dated or not, by INDEX.md. */
function capturesOf(venue: string, recordedAs: string): readonly string[] {
  return readFileSync(join(CAPTURES_DIR, "INDEX.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, file, , kind]) => kind?.startsWith("recorded") === true && file?.startsWith(`${venue}/${recordedAs}_`) === true)
    .flatMap(([, file]) => file ?? [])
    .filter((file) => /^(?:\d{4}|recorded)/u.test(file.slice(`${venue}/${recordedAs}_`.length)));
}

type Shapes = Map<string, Set<string>>;

/** Every path of a body with the forms of the values found there; places of a list share a path. */
function shapesOf(value: unknown, path = "", shapes: Shapes = new Map()): Shapes {
  if (path !== "") shapes.set(path, (shapes.get(path) ?? new Set()).add(formOf(value, path)));
  if (Array.isArray(value)) for (const item of value) shapesOf(item, `${path}[]`, shapes);
  else if (isRowsByName(value)) for (const row of Object.values(value)) shapesOf(row, `${path}{}`, shapes);
  else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) shapesOf(item, path === "" ? key : `${path}.${key}`, shapes);
  }
  return shapes;
}

/** Type of a value; of a time also its digits, of a string also whether it holds a number, nothing, or a word. */
function formOf(value: unknown, path: string): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const isTime = /time$|date$|apply$/iu.test(path) && !/interval/iu.test(path);
  if (typeof value === "number") return isTime ? `number:${String(value).length}` : "number";
  if (typeof value !== "string") return typeof value;
  if (value === "") return "empty";
  if (!Number.isFinite(Number(value))) return "word";
  if (/e/iu.test(value)) return "exponent";
  return isTime ? `digits:${value.length}` : "decimal";
}

/** Rows by name in place of a list. */
const isRowsByName = (value: unknown): value is Readonly<Record<string, Row>> =>
  isRow(value) && Object.keys(value).length > 0 && Object.values(value).every((row) => isRow(row) && "ticker" in row);

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

/** Where the rows of a body lie. */
const LISTS = ["symbols", "ticks", "data", "order_book_details", "results", "tickers"];

/** The instruments of a body by the venue's name for them; Hyperliquid's contexts take theirs from the universe. */
function rowsBySymbol(body: unknown): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  const take = (list: unknown, names?: readonly unknown[]): void => {
    if (!Array.isArray(list)) return;
    for (const [place, row] of list.entries()) {
      if (!isRow(row)) continue;
      const name = names?.[place] ?? row["contract_code"] ?? row["symbol"] ?? row["contract"] ?? row["name"] ?? row["instId"];
      if (typeof name === "string") rows.set(name, row);
    }
  };
  if (Array.isArray(body) && isRow(body[0]) && Array.isArray(body[0]["universe"])) {
    take(
      body[1],
      body[0]["universe"].map((entry: unknown) => (isRow(entry) ? entry["name"] : null)),
    );
  } else if (Array.isArray(body)) take(body);
  else if (isRow(body) && isRowsByName(body["markets"])) for (const [name, row] of Object.entries(body["markets"])) rows.set(name, row);
  else if (isRow(body)) take(isRow(body["result"]) ? body["result"]["list"] : LISTS.map((key) => body[key]).find(Array.isArray));
  return rows;
}

function figuresOf(row: Row): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const [key, value] of Object.entries(row)) {
    const figure = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
    if (Number.isFinite(figure)) figures.set(key, figure);
  }
  return figures;
}
