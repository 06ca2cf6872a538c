/** Bybit v5: errors in HTTP 200, told by `retCode`. */
import type { Json } from "../venues/venue.ts";
import { moneyOf, okJson, type Refusal, type SimulatedAccount, tradesOf } from "./account.ts";

const REFUSALS: Readonly<Record<Refusal, readonly [code: number, msg: string]>> = {
  "no-key": [10003, "API key is invalid."],
  "unknown-key": [10003, "API key is invalid."],
  timestamp: [10002, "invalid request, please check your server timestamp or recv_window param."],
  passphrase: [10004, "Error sign, please check your signature generation algorithm."],
  signature: [10004, "Error sign, please check your signature generation algorithm."],
  expired: [33004, "Your api key has expired."],
  ip: [10010, "Unmatched IP, please check your API key's bound IP addresses."],
};

const envelope = (result: Json, nowMs: number, error: readonly [code: number, msg: string] = [0, ""]): Json => ({
  retCode: error[0],
  retMsg: error[1],
  result,
  retExtInfo: {},
  time: nowMs,
});

export const bybitAccount: SimulatedAccount = {
  venue: "bybit",
  hosts: ["api.bybit.com"],
  charged: { perpetual: "0.0004", spot: "0.0008" },
  windowMs: 5_000,
  encoding: "hex",
  hasPassphrase: false,
  proofOf: ({ search, headers }) => {
    const key = headers.get("x-bapi-api-key");
    const time = headers.get("x-bapi-timestamp") ?? "NaN";
    const signed = [time, key ?? "", headers.get("x-bapi-recv-window") ?? "", search.slice(1)].join("");
    return { key, atMs: Number(time), passphrase: null, signed, signature: headers.get("x-bapi-sign") };
  },
  refuse: (refusal, { nowMs }, note) => {
    const [code, msg] = REFUSALS[refusal];
    return okJson(envelope({}, nowMs, [code, `${msg}${note}`]));
  },
  answers: {
    "/v5/user/query-api": ({ kind, nowMs }) =>
      okJson(
        envelope(
          {
            id: "13770661",
            note: "carrywatch",
            readOnly: tradesOf(kind) ? 0 : 1,
            secret: "",
            permissions: {
              ContractTrade: ["Order", "Position"],
              Spot: ["SpotTrade"],
              Wallet: moneyOf(kind) ? ["AccountTransfer", "Withdraw"] : [],
              Options: [],
              Derivatives: [],
              Exchange: [],
              Earn: [],
            },
            ips: ["*"],
            type: 1,
            deadlineDay: 83,
            expiredAt: new Date(nowMs + 83 * 86_400_000).toISOString(),
            createdAt: new Date(nowMs - 7 * 86_400_000).toISOString(),
            uta: 1,
            isMaster: true,
          },
          nowMs,
        ),
      ),
    "/v5/account/fee-rate": ({ charged, query, nowMs }) => {
      const takerFeeRate = query.get("category") === "spot" ? charged.spot : charged.perpetual;
      return okJson(envelope({ list: [{ symbol: query.get("symbol"), takerFeeRate, makerFeeRate: "0.0002" }] }, nowMs));
    },
  },
};
