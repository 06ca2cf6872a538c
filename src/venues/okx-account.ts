/**
 * OKX v5, signed reads.
 *
 * - Signed is time (ISO 8601), method, path and query. The passphrase is a header as it is.
 * - `perm` lists what the key may do, separated by commas.
 * - What is charged is below zero, a rebate above. `taker` of a contract is that of coin-margined ones, `takerU` of USDT.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { KeyGrant } from "../domain/venue-key.ts";
import { type AccountAdapter, feeIn, onlyIn, withAuthCodes } from "./account.ts";
import { okx } from "./okx.ts";
import { fieldsIn, type WireRow } from "./wire.ts";

const DOCS = "https://www.okx.com/docs-v5/en/";
const host = "www.okx.com";

/** OKX. */
export const okxAccount: AccountAdapter = {
  venue: "okx",
  docs: [
    `${DOCS}#overview-rest-authentication-signature`,
    `${DOCS}#trading-account-rest-api-get-account-configuration`,
    `${DOCS}#trading-account-rest-api-get-fee-rates`,
    `${DOCS}#error-code-rest-api-public`,
  ],
  encoding: "base64",
  unsigned: ({ path, key, nowMs }) => {
    const time = new Date(nowMs).toISOString();
    return {
      text: `${time}GET${path}`,
      finish: (signature) => ({
        headers: {
          "OK-ACCESS-KEY": key.key,
          "OK-ACCESS-PASSPHRASE": key.passphrase ?? "",
          "OK-ACCESS-TIMESTAMP": time,
          "OK-ACCESS-SIGN": signature,
        },
        query: "",
      }),
    };
  },
  grant: { host, path: "/api/v5/account/config", weight: 1, read: readGrant },
  takerFee: {
    perpetual: { host, path: "/api/v5/account/trade-fee?instType=SWAP&instFamily=BTC-USDT", weight: 1, read: readFee("takerU") },
    spot: { host, path: "/api/v5/account/trade-fee?instType=SPOT&instId=BTC-USDT", weight: 1, read: readFee("taker") },
  },
  errorIn: withAuthCodes(okx.errorIn, {
    "50100": "no-permission",
    "50101": "bad-key",
    "50102": "clock-skew",
    "50105": "bad-passphrase",
    "50110": "ip-not-allowed",
    "50111": "bad-key",
    "50112": "clock-skew",
    "50113": "bad-signature",
    "50114": "no-permission",
    "50119": "bad-key",
    "50120": "no-permission",
  }),
};

function rowIn(body: unknown): Result<NonNullable<WireRow<string>>, VenueError> {
  return onlyIn(fieldsIn<"data">(body)?.data, "$.data");
}

function readGrant(body: unknown): Result<KeyGrant, VenueError> {
  const row = rowIn(body);
  if (!row.ok) return row;
  const { perm } = row.value;
  const names = typeof perm === "string" ? perm.split(",").map((name) => name.trim()) : [];
  if (!names.includes("read_only")) return err(badShape("$.data[0].perm", 'a list with "read_only"', perm));
  const more = names.filter((name) => name !== "read_only");
  return ok({ scope: more.length === 0 ? "read-only" : more.includes("withdraw") ? "withdrawal" : "trading", more });
}

function readFee(field: "taker" | "takerU"): (body: unknown) => Result<number, VenueError> {
  return (body) => {
    const row = rowIn(body);
    return row.ok ? feeIn(row.value[field], `$.data[0].${field}`, -1) : row;
  };
}
