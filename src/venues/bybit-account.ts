/**
 * Bybit v5, signed reads.
 *
 * - Signed is time, key, window and query in one string, without anything between them.
 * - `readOnly` is 1 or 0 and decides; `permissions` lists what the key is for, in a key that only reads too.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { KeyGrant } from "../domain/venue-key.ts";
import { type AccountAdapter, feeIn, onlyIn, withAuthCodes } from "./account.ts";
import { bybit } from "./bybit.ts";
import { fieldsIn } from "./wire.ts";

const DOCS = "https://bybit-exchange.github.io/docs/v5";
const RECV_WINDOW_MS = 5_000;
const host = "api.bybit.com";

/** Bybit. */
export const bybitAccount: AccountAdapter = {
  venue: "bybit",
  docs: [`${DOCS}/guide#authentication`, `${DOCS}/user/apikey-info`, `${DOCS}/account/fee-rate`, `${DOCS}/error`],
  encoding: "hex",
  unsigned: ({ path, key, nowMs }) => ({
    text: `${nowMs}${key.key}${RECV_WINDOW_MS}${path.split("?")[1] ?? ""}`,
    finish: (signature) => ({
      headers: {
        "X-BAPI-API-KEY": key.key,
        "X-BAPI-TIMESTAMP": String(nowMs),
        "X-BAPI-RECV-WINDOW": String(RECV_WINDOW_MS),
        "X-BAPI-SIGN": signature,
      },
      query: "",
    }),
  }),
  grant: { host, path: "/v5/user/query-api", weight: 1, read: readGrant },
  takerFee: {
    perpetual: { host, path: "/v5/account/fee-rate?category=linear&symbol=BTCUSDT", weight: 1, read: readFee },
    spot: { host, path: "/v5/account/fee-rate?category=spot&symbol=BTCUSDT", weight: 1, read: readFee },
  },
  errorIn: withAuthCodes(bybit.errorIn, {
    "10002": "clock-skew",
    "10003": "bad-key",
    "10004": "bad-signature",
    "10005": "no-permission",
    "10007": "unclear",
    "10010": "ip-not-allowed",
    "33004": "expired",
  }),
};

function readGrant(body: unknown): Result<KeyGrant, VenueError> {
  const result = fieldsIn<"readOnly" | "permissions">(fieldsIn<"result">(body)?.result);
  if (result?.readOnly === 1) return ok({ scope: "read-only", more: [] });
  if (result?.readOnly !== 0) return err(badShape("$.result.readOnly", "0 or 1", result?.readOnly));
  const permissions = fieldsIn<string>(result.permissions) ?? {};
  const more = Object.values(permissions).flatMap((names) => (Array.isArray(names) ? names.map(String) : []));
  const movesMoney = more.some((name) => /withdraw|transfer/iu.test(name));
  return ok({ scope: movesMoney ? "withdrawal" : "trading", more: ["write access", ...more] });
}

function readFee(body: unknown): Result<number, VenueError> {
  const list = fieldsIn<"list">(fieldsIn<"result">(body)?.result)?.list;
  const row = onlyIn(list, "$.result.list");
  return row.ok ? feeIn(row.value["takerFeeRate"], "$.result.list[0].takerFeeRate") : row;
}
