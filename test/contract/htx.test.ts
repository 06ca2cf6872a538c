import { describe, expect, it } from "vitest";
import { htx } from "../../src/venues/htx.ts";
import { capture, capturesNote, haveCaptures } from "../captures.ts";
import { type Bodies, bySymbol, mustParse } from "./bodies.ts";
import { referenceOf } from "./ccxt-reference.ts";

const NOW_MS = Date.UTC(2026, 10, 22);
const envelope = (data: object[]) => ({ status: "ok", data, ts: NOW_MS });
const CONTRACT = {
  contract_code: "BTC-USDT",
  business_type: "swap",
  contract_status: 1,
  contract_size: 0.001,
  settlement_period: "8",
  labels: ["common"],
  tradfi_labels: [],
};

const parsed = ({ rate = {}, tick = {}, contract = {} }: { rate?: object; tick?: object; contract?: object | null }) =>
  mustParse(
    htx,
    {
      fundingRate: envelope([{ contract_code: "BTC-USDT", ...rate }]),
      merged: { status: "ok", ticks: [{ contract_code: "BTC-USDT", ...tick }], ts: NOW_MS },
      ...(contract === null ? {} : { contractInfo: envelope([{ ...CONTRACT, ...contract }]) }),
    },
    NOW_MS,
  );

describe("states and classes of HTX that decide money", () => {
  it.each([
    [null, null, null],
    [{}, "trading", "crypto"],
    [{ contract_status: 0 }, "delisting", "crypto"],
    [{ contract_status: 2 }, "pre-market", "crypto"],
    [{ contract_status: 3 }, "halted", "crypto"],
    [{ contract_status: 4 }, "halted", "crypto"],
    [{ contract_status: 5 }, "halted", "crypto"],
    [{ contract_status: 6 }, "delisting", "crypto"],
    [{ contract_status: 7 }, "halted", "crypto"],
    [{ contract_status: 9 }, "halted", "crypto"],
    [{ tradfi_labels: ["Stocks"] }, "trading", "equity"],
    [{ tradfi_labels: ["Stocks", "Indices"] }, "trading", "equity"],
    [{ tradfi_labels: ["Indices"] }, "trading", "index"],
    [{ tradfi_labels: ["Metals"] }, "trading", "commodity"],
    [{ tradfi_labels: ["Bonds"] }, "trading", "other"],
    [{ labels: ["hot", "stock"] }, "trading", "equity"],
    [{ labels: ["tradfi"] }, "trading", "other"],
    [{ labels: ["stock"], tradfi_labels: undefined }, "trading", "equity"],
    [{ tradfi_labels: undefined }, "trading", null],
    [{ labels: null }, "trading", null],
    [{ contract_code: "ETH-USDT" }, null, null],
  ])("contract %o", (contract, state, assetClass) => {
    const { columns } = parsed({ contract });
    expect([columns.state[0], columns.assetClass[0]]).toEqual([state, assetClass]);
  });

  it.each([
    [{ contract: { contract_status: 8 } }, "delisted"],
    [{ contract: { contract_status: 10 } }, "unknown-state"],
    [{ contract: { contract_status: "1" } }, "unknown-state"],
    [{ contract: { contract_status: null } }, "unknown-state"],
    [{ contract: { business_type: "futures" } }, "not-perpetual"],
    [{ contract: { business_type: "option" } }, "unknown-contract-type"],
    [{ contract: { business_type: null } }, "unknown-contract-type"],
    [{ contract: { contract_size: 0 } }, "bad-field"],
    [{ contract: { settlement_period: "0" } }, "bad-field"],
    [{ rate: { funding_rate: "1 %" } }, "bad-field"],
    [{ rate: { funding_time: "soon" } }, "bad-field"],
    [{ tick: { bid: "77105" } }, "bad-field"],
    [{ tick: { ask: ["much", 5] } }, "bad-field"],
  ])("%o is refused as %s", (change, reason) => {
    expect(parsed(change).rejected).toMatchObject([{ symbol: "BTC-USDT", reason }]);
  });

  it("a delivered row carries the canonical symbol", () => {
    expect(parsed({ contract: { contract_status: 8 } }).rejected.map(({ canonical }) => canonical)).toEqual(["BTC/USDT:USDT"]);
  });
});

describe("figures of HTX that must not be taken for others", () => {
  it("0E-18 is a rate of zero, null is none", () => {
    expect(parsed({ rate: { funding_rate: "0E-18" } }).columns.fundingRatePerInterval[0]).toBe(0);
    expect(parsed({ rate: { funding_rate: null } }).columns.fundingRatePerInterval[0]).toBeNaN();
  });

  it("a book that nobody makes is missing, and so are sizes and interval until the contract is known", () => {
    const quoted = { bid: [3, 4], ask: [5, 6] };
    expect(bySymbol(parsed({ tick: { bid: null, ask: null } })).get("BTC-USDT")).toMatchObject({ bid: null, ask: null, bidSizeBase: null });
    expect(bySymbol(parsed({ tick: quoted })).get("BTC-USDT")).toMatchObject({
      bid: 3,
      ask: 5,
      bidSizeBase: 4 * 0.001,
      askSizeBase: 6 * 0.001,
      fundingIntervalHours: 8,
      lotBase: 0.001,
    });
    expect(bySymbol(parsed({ tick: quoted, contract: null })).get("BTC-USDT")).toMatchObject({
      bid: 3,
      bidSizeBase: null,
      fundingIntervalHours: null,
      lotBase: null,
    });
  });

  it("the reply is as old as the older of its two bodies", () => {
    const at = (ts: number): Bodies => ({
      fundingRate: { ...envelope([{ contract_code: "BTC-USDT" }]), ts: NOW_MS },
      merged: { status: "ok", ticks: [{ contract_code: "BTC-USDT" }], ts },
    });
    expect(mustParse(htx, at(NOW_MS - 5_000), NOW_MS).columns.replyAtMs[0]).toBe(NOW_MS - 5_000);
    expect(mustParse(htx, at(NOW_MS + 5_000), NOW_MS).columns.replyAtMs[0]).toBe(NOW_MS);
  });
});

describe.skipIf(!haveCaptures)(`figures of recorded bodies, worked out by hand${capturesNote}`, () => {
  const RECORDED_MS = 1_789_336_870_043;
  const bodies = {
    fundingRate: haveCaptures ? capture("htx/swap_batch_funding_rate_2026-09-13.json") : null,
    merged: haveCaptures ? capture("htx/v2_linear-swap-ex_market_detail_batch_merged_2026-09-13.json") : null,
  };
  /** The printed contract of BTC-USDT; nobody recorded the list of that day. */
  const contractInfo = envelope([{ ...CONTRACT, symbol: "BTC", delivery_date: "", price_tick: 0.1 }]);

  it("htx, 2026-09-13", () => {
    const rows = mustParse(htx, bodies, RECORDED_MS);
    const none = {
      mark: null,
      index: null,
      fundingIntervalHours: null,
      bidSizeBase: null,
      askSizeBase: null,
      quotedNotionalUsd: null,
      lastSettledRatePerInterval: null,
      fundingCap: null,
      fundingFloor: null,
      openInterestUsd: null,
      eventAtMs: null,
      minOrderBase: null,
      lotBase: null,
      takerFeeRate: null,
      assetClass: null,
      state: null,
    };
    expect(bySymbol(rows).get("PEPE-USDT")).toEqual({
      ...none,
      venue: "htx",
      symbol: "PEPE/USDT:USDT",
      kind: "perpetual",
      asset: "PEPE",
      quote: "USDT",
      settle: "USDT",
      multiplier: 1,
      bid: 3.397e-6, // per coin, though a contract holds a million
      ask: 3.398e-6,
      fundingRatePerInterval: 0.0001,
      nextFundingAtMs: Date.UTC(2026, 8, 14), // funding_time 1789344000000
      volume24hUsd: 1571042.071 / 2, // trade_turnover counts buys and sells
      replyAtMs: 1_789_336_869_034, // the rates came a second before the tickers
      receivedAtMs: RECORDED_MS,
    });
    expect(bySymbol(rows).get("BTC-USDT")).toMatchObject({ bid: 77105, ask: 77105.1, fundingRatePerInterval: 0.00004317342907712 });
    expect(bySymbol(rows).get("PAXG-USDT")).toMatchObject({ bid: null, fundingRatePerInterval: 0, replyAtMs: 1_789_336_869_034 });
    expect(bySymbol(rows).get("CYBER-USDT")).toMatchObject({
      bid: null,
      ask: null,
      volume24hUsd: 0,
      nextFundingAtMs: Date.UTC(2026, 0, 8, 8), // 1767859200000: suspended since January
    });
    expect(rows.rejected.map(({ symbol, reason }) => [symbol, reason])).toEqual([
      ["BTC-USDT-260918", "not-perpetual"],
      ["XOM-USDT", "no-counterpart"],
    ]);
  });

  it("htx, the same with the contract that the documents print: contracts become coins", () => {
    const rows = mustParse(htx, { ...bodies, contractInfo }, RECORDED_MS);
    expect(bySymbol(rows).get("BTC-USDT")).toMatchObject({
      state: "trading",
      bidSizeBase: 20 * 0.001, // 0.02 coins, 1,542 USD
      askSizeBase: 7980 * 0.001,
      fundingIntervalHours: 8,
      lotBase: 0.001,
    });
    // amount in coins is vol in contracts times the size: 1884880 · 0.001 = 1884.88
    expect(rows.bookUnitBase[0]).toBe(0.001);
    const printed = htx.endpoints["contractInfo"]?.read(capture("htx/sample_GetContractInfo.json"));
    expect(printed?.ok === true && printed.value instanceof Map && printed.value.get("BTC-USDT")).toMatchObject({
      refusal: null,
      state: "trading",
      contractSize: 0.001,
    });
  });

  it("htx: ccxt reads the same of the same bodies", async () => {
    const theirs = await referenceOf(
      "htx",
      (url) =>
        Promise.resolve(
          structuredClone(url.includes("contract_info") ? contractInfo : url.includes("batch_merged") ? bodies.merged : bodies.fundingRate),
        ),
      RECORDED_MS,
    );
    const quote = bySymbol(mustParse(htx, { ...bodies, contractInfo }, RECORDED_MS)).get("BTC-USDT");
    expect([...theirs]).toEqual([
      [
        "BTC-USDT",
        {
          symbol: quote?.symbol,
          rate: quote?.fundingRatePerInterval,
          intervalHours: null, // next_funding_time is null
          nextFundingAtMs: quote?.nextFundingAtMs,
          bid: quote?.bid,
          ask: quote?.ask,
        },
      ],
    ]);
  });
});
