/**
 * Binance, signed reads: `api.binance.com` for the key and spot, `fapi.binance.com` for futures.
 *
 * - The signature is over the query as it is sent and follows it there; the key alone is a header.
 * - `apiRestrictions` is a row of flags: every `enable…` or `permits…` that is true and not about reading is a power.
 * - `-2015` stands for a bad key, a wrong address and a missing permission alike.
 */
import { badShape, type VenueError } from "../domain/error.ts";
import { err, ok, type Result } from "../domain/result.ts";
import type { KeyGrant } from "../domain/venue-key.ts";
import { type AccountAdapter, feeIn, onlyIn, withAuthCodes } from "./account.ts";
import { binance } from "./binance.ts";
import { fieldsIn } from "./wire.ts";

const RECV_WINDOW_MS = 5_000;
const READS = new Set(["enableReading", "enableFixReadOnly"]);
const MOVES_MONEY = new Set(["enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"]);

/** Binance. */
export const binanceAccount: AccountAdapter = {
  venue: "binance",
  docs: [
    "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security",
    "https://developers.binance.com/docs/wallet/account/api-key-permission",
    "https://developers.binance.com/docs/wallet/asset/trade-fee",
    "https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/User-Commission-Rate",
  ],
  encoding: "hex",
  unsigned: ({ path, key, nowMs }) => {
    const own = `recvWindow=${RECV_WINDOW_MS}&timestamp=${nowMs}`;
    const asked = path.split("?")[1];
    return {
      text: asked === undefined ? own : `${asked}&${own}`,
      finish: (signature) => ({
        headers: { "X-MBX-APIKEY": key.key },
        query: `${asked === undefined ? "?" : "&"}${own}&signature=${signature}`,
      }),
    };
  },
  grant: { host: "api.binance.com", path: "/sapi/v1/account/apiRestrictions", weight: 1, read: readGrant },
  takerFee: {
    perpetual: { host: "fapi.binance.com", path: "/fapi/v1/commissionRate?symbol=BTCUSDT", weight: 20, read: readFuturesFee },
    spot: { host: "api.binance.com", path: "/sapi/v1/asset/tradeFee?symbol=BTCUSDT", weight: 1, read: readSpotFee },
  },
  errorIn: withAuthCodes(binance.errorIn, {
    "-1002": "no-permission",
    "-1021": "clock-skew",
    "-1022": "bad-signature",
    "-2008": "bad-key",
    "-2014": "bad-key",
    "-2015": "unclear",
  }),
};

function readGrant(body: unknown): Result<KeyGrant, VenueError> {
  const flags = fieldsIn<string>(body);
  if (flags === null || Array.isArray(flags) || flags["enableReading"] !== true)
    return err(badShape("$.enableReading", "true", flags?.["enableReading"]));
  const more = Object.entries(flags)
    .filter(([name, value]) => /^(?:enable|permits)/u.test(name) && value !== false && !READS.has(name))
    .map(([name]) => name);
  return ok({ scope: more.length === 0 ? "read-only" : more.some((name) => MOVES_MONEY.has(name)) ? "withdrawal" : "trading", more });
}

function readFuturesFee(body: unknown): Result<number, VenueError> {
  return feeIn(fieldsIn<"takerCommissionRate">(body)?.takerCommissionRate, "$.takerCommissionRate");
}

function readSpotFee(body: unknown): Result<number, VenueError> {
  const row = onlyIn(body, "$");
  return row.ok ? feeIn(row.value["takerCommission"], "$[0].takerCommission") : row;
}
