/** Binance: `{code, msg}` with 400 for time and signature, 401 for the key. `-2015` says three things at once. */
import { json } from "../venues/venue.ts";
import { moneyOf, okJson, type Refusal, type SimulatedAccount, tradesOf } from "./account.ts";

const REFUSALS: Readonly<Record<Refusal, readonly [status: number, code: number, msg: string]>> = {
  "no-key": [401, -2014, "API-key format invalid."],
  "unknown-key": [401, -2015, "Invalid API-key, IP, or permissions for action."],
  timestamp: [400, -1021, "Timestamp for this request is outside of the recvWindow."],
  passphrase: [400, -1022, "Signature for this request is not valid."],
  signature: [400, -1022, "Signature for this request is not valid."],
  expired: [401, -2015, "Invalid API-key, IP, or permissions for action."],
  ip: [401, -2015, "Invalid API-key, IP, or permissions for action."],
};

export const binanceAccount: SimulatedAccount = {
  venue: "binance",
  hosts: ["api.binance.com", "fapi.binance.com"],
  charged: { perpetual: "0.000360", spot: "0.00075000" },
  windowMs: 5_000,
  encoding: "hex",
  hasPassphrase: false,
  proofOf: ({ search, headers }) => {
    const sent = search.slice(1);
    const at = sent.lastIndexOf("&signature=");
    const key = headers.get("x-mbx-apikey");
    const query = new URLSearchParams(search);
    return {
      key: key !== null && /^[0-9A-Za-z]{64}$/u.test(key) ? key : null,
      atMs: Number(query.get("timestamp") ?? "NaN"),
      passphrase: null,
      signed: at < 0 ? sent : sent.slice(0, at),
      signature: query.get("signature"),
    };
  },
  refuse: (refusal, _, note) => {
    const [status, code, msg] = REFUSALS[refusal];
    return json(status, { code, msg: `${msg}${note}` });
  },
  answers: {
    "/sapi/v1/account/apiRestrictions": ({ kind, nowMs }) =>
      okJson({
        ipRestrict: false,
        createTime: nowMs - 86_400_000,
        enableReading: true,
        enableWithdrawals: moneyOf(kind),
        enableInternalTransfer: false,
        enableMargin: false,
        enableFutures: tradesOf(kind),
        permitsUniversalTransfer: false,
        enableVanillaOptions: false,
        enableFixApiTrade: false,
        enableFixReadOnly: false,
        enableSpotAndMarginTrading: false,
        enablePortfolioMarginTrading: false,
      }),
    "/fapi/v1/commissionRate": ({ charged, query }) =>
      okJson({ symbol: query.get("symbol"), makerCommissionRate: "0.000180", takerCommissionRate: charged.perpetual }),
    "/sapi/v1/asset/tradeFee": ({ charged, query }) =>
      okJson([{ symbol: query.get("symbol"), makerCommission: "0.00075000", takerCommission: charged.spot }]),
  },
};
