/** OKX v5: `{code, msg, data}` with 401 for everything about the key. What is charged is below zero. */
import { json } from "../venues/venue.ts";
import { moneyOf, okJson, type Refusal, type SimulatedAccount, tradesOf } from "./account.ts";

const REFUSALS: Readonly<Record<Refusal, readonly [code: string, msg: string]>> = {
  "no-key": ["50103", "Request header OK-ACCESS-KEY can not be empty."],
  "unknown-key": ["50111", "Invalid OK-ACCESS-KEY"],
  timestamp: ["50102", "Timestamp request expired"],
  passphrase: ["50105", "Request header OK-ACCESS-PASSPHRASE incorrect."],
  signature: ["50113", "Invalid Sign"],
  expired: ["50119", "API key doesn't exist"],
  ip: ["50110", "Your IP is not included in your API key's IP whitelist"],
};

export const okxAccount: SimulatedAccount = {
  venue: "okx",
  hosts: ["www.okx.com"],
  charged: { perpetual: "-0.00043", spot: "-0.0007" },
  windowMs: 30_000,
  encoding: "base64",
  hasPassphrase: true,
  proofOf: ({ path, search, headers }) => {
    const time = headers.get("ok-access-timestamp") ?? "";
    return {
      key: headers.get("ok-access-key"),
      atMs: Date.parse(time),
      passphrase: headers.get("ok-access-passphrase"),
      signed: `${time}GET${path}${search}`,
      signature: headers.get("ok-access-sign"),
    };
  },
  refuse: (refusal, _, note) => {
    const [code, msg] = REFUSALS[refusal];
    return json(401, { msg: `${msg}${note}`, code });
  },
  answers: {
    "/api/v5/account/config": ({ kind }) =>
      okJson({
        code: "0",
        data: [
          {
            acctLv: "2",
            autoLoan: false,
            ctIsoMode: "automatic",
            greeksType: "PA",
            ip: "",
            kycLv: "2",
            label: "carrywatch",
            level: "Lv1",
            perm: ["read_only", ...(moneyOf(kind) ? ["withdraw"] : []), ...(tradesOf(kind) ? ["trade"] : [])].join(","),
            posMode: "net_mode",
            roleType: "0",
            uid: "44705892343619584",
          },
        ],
        msg: "",
      }),
    "/api/v5/account/trade-fee": ({ charged, query, nowMs }) => {
      const isSpot = query.get("instType") === "SPOT";
      return okJson({
        code: "0",
        data: [
          {
            category: "1",
            delivery: "",
            exercise: "",
            instType: query.get("instType"),
            level: "Lv1",
            maker: isSpot ? "-0.0005" : "-0.0002",
            makerU: isSpot ? "" : "-0.0002",
            taker: isSpot ? charged.spot : "-0.0005",
            takerU: isSpot ? "" : charged.perpetual,
            ts: String(nowMs),
          },
        ],
        msg: "",
      });
    },
  },
};
