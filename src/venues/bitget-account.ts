/**
 * Bitget v2, signed reads.
 *
 * - Signed is time, method, path and query. The passphrase is a header as it is.
 * - `authorities` are short names: those that only read end in `r`, and what is not one of them is a power.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { KeyGrant } from "../domain/venue-key.ts";
import { type AccountAdapter, feeIn, withAuthCodes } from "./account.ts";
import { bitget } from "./bitget.ts";
import { fieldsIn } from "./wire.ts";

const DOCS = "https://www.bitget.com/api-doc";
const host = "api.bitget.com";
/** By `${DOCS}/spot/account/Get-Account-Info`, read 2026-11-30. */
const READS = new Set(["readonly", "coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor", "p2pr", "pllr"]);
const MOVES_MONEY = new Set(["wwow", "wtow", "p2p", "p2pw", "withdraw", "transfer"]);

/** Bitget. */
export const bitgetAccount: AccountAdapter = {
  venue: "bitget",
  docs: [
    `${DOCS}/common/signature`,
    `${DOCS}/spot/account/Get-Account-Info`,
    `${DOCS}/common/public/Get-Trade-Rate`,
    `${DOCS}/common/error-code`,
  ],
  encoding: "base64",
  unsigned: ({ path, key, nowMs }) => ({
    text: `${nowMs}GET${path}`,
    finish: (signature) => ({
      headers: {
        "ACCESS-KEY": key.key,
        "ACCESS-PASSPHRASE": key.passphrase ?? "",
        "ACCESS-TIMESTAMP": String(nowMs),
        "ACCESS-SIGN": signature,
      },
      query: "",
    }),
  }),
  grant: { host, path: "/api/v2/spot/account/info", weight: 1, read: readGrant },
  takerFee: {
    perpetual: { host, path: "/api/v2/common/trade-rate?businessType=mix&symbol=BTCUSDT", weight: 1, read: readFee },
    spot: { host, path: "/api/v2/common/trade-rate?businessType=spot&symbol=BTCUSDT", weight: 1, read: readFee },
  },
  errorIn: withAuthCodes(bitget.errorIn, {
    "40004": "clock-skew",
    "40005": "clock-skew",
    "40006": "bad-key",
    "40008": "clock-skew",
    "40009": "bad-signature",
    "40010": "bad-signature",
    "40011": "bad-passphrase",
    "40012": "bad-passphrase",
    "40014": "no-permission",
    "40018": "ip-not-allowed",
    "40037": "bad-key",
  }),
};

function readGrant(body: unknown): Result<KeyGrant, VenueError> {
  const authorities: unknown = fieldsIn<"authorities">(fieldsIn<"data">(body)?.data)?.authorities;
  const names: readonly unknown[] = Array.isArray(authorities) ? authorities : [];
  if (names.length === 0) return err(badShape("$.data.authorities", "a list of names", authorities));
  const more = names.map(String).filter((name) => !READS.has(name));
  return ok({ scope: more.length === 0 ? "read-only" : more.some((name) => MOVES_MONEY.has(name)) ? "withdrawal" : "trading", more });
}

function readFee(body: unknown): Result<number, VenueError> {
  return feeIn(fieldsIn<"takerFeeRate">(fieldsIn<"data">(body)?.data)?.takerFeeRate, "$.data.takerFeeRate");
}
