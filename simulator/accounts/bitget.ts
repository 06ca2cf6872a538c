/** Bitget v2: `{code, msg, requestTime, data}` with 400. */
import { json } from "../venues/venue.ts";
import { moneyOf, okJson, type Refusal, type SimulatedAccount, tradesOf } from "./account.ts";

const REFUSALS: Readonly<Record<Refusal, readonly [code: string, msg: string]>> = {
  "no-key": ["40006", "Invalid ACCESS_KEY"],
  "unknown-key": ["40037", "Apikey does not exist"],
  timestamp: ["40008", "Request timestamp expired"],
  passphrase: ["40012", "apikey/password is incorrect"],
  signature: ["40009", "sign signature error"],
  expired: ["40006", "Invalid ACCESS_KEY"],
  ip: ["40018", "Invalid IP"],
};

export const bitgetAccount: SimulatedAccount = {
  venue: "bitget",
  hosts: ["api.bitget.com"],
  charged: { perpetual: "0.0005", spot: "0.0009" },
  windowMs: 30_000,
  encoding: "base64",
  hasPassphrase: true,
  proofOf: ({ path, search, headers }) => {
    const time = headers.get("access-timestamp") ?? "NaN";
    return {
      key: headers.get("access-key"),
      atMs: Number(time),
      passphrase: headers.get("access-passphrase"),
      signed: `${time}GET${path}${search}`,
      signature: headers.get("access-sign"),
    };
  },
  refuse: (refusal, { nowMs }, note) => {
    const [code, msg] = REFUSALS[refusal];
    return json(400, { code, msg: `${msg}${note}`, requestTime: nowMs, data: null });
  },
  answers: {
    "/api/v2/spot/account/info": ({ kind, nowMs }) =>
      okJson({
        code: "00000",
        msg: "success",
        requestTime: nowMs,
        data: {
          userId: "1934675281",
          inviterId: "1034675281",
          ips: "",
          authorities: ["coor", "cpor", "stor", ...(tradesOf(kind) ? ["coow", "cpow"] : []), ...(moneyOf(kind) ? ["wwow"] : [])],
          parentId: 1934675281,
          traderType: "not_trader",
          channelCode: "",
          channel: "",
          regisTime: "1246566789345",
        },
      }),
    "/api/v2/common/trade-rate": ({ charged, query, nowMs }) => {
      const takerFeeRate = query.get("businessType") === "spot" ? charged.spot : charged.perpetual;
      return okJson({ code: "00000", msg: "success", requestTime: nowMs, data: { makerFeeRate: "0.0002", takerFeeRate } });
    },
  },
};
