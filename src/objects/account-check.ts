import type { KeyCheck, VenueKey } from "../domain/venue-key.ts";
import { checkKey, type SignedRead } from "../feeds/check-key.ts";
import type { Logger } from "../monitoring/log.ts";
import type { BudgetKeeper } from "../net/budget.ts";
import { secretId } from "../net/sign.ts";
import { signedCall } from "../net/signed-call.ts";
import { sleep } from "../net/sleep.ts";
import { startTimeLimit } from "../net/time-limit.ts";
import type { AccountAdapter } from "../venues/account.ts";
import type { CallServices } from "./feed-caller.ts";

/** Bodies of accounts are a few hundred bytes. */
const MOST_BYTES = 100_000;
/** For the scope and then both fees. */
const CHECK_LIMIT_MS = 6_000;

/** One look at a key, by signed calls within the venue's request budget. */
export async function checkAccount(input: {
  readonly account: AccountAdapter;
  readonly key: VenueKey;
  readonly services: CallServices;
  readonly budget: BudgetKeeper | null;
  readonly log: Logger;
}): Promise<KeyCheck> {
  const { account, key, services, budget, log } = input;
  const { outbound, callLimits, now } = services;
  const { venue, encoding, unsigned, errorIn } = account;
  const limit = startTimeLimit(CHECK_LIMIT_MS);
  const untilMs = now() + CHECK_LIMIT_MS;
  const read: SignedRead = async ({ name, endpoint: { host, path, weight } }) => {
    const request = {
      venue,
      endpoint: name,
      host: `https://${host}`,
      path,
      weight,
      maxBytes: MOST_BYTES,
      errorIn,
      key,
      encoding,
      unsigned,
    };
    const limits = { ...callLimits, totalBudgetMs: Math.max(0, untilMs - now()) };
    return (await signedCall(request, { ...outbound, sleep, log, limits, budget, slots: null, signal: limit.signal })).result;
  };
  return await checkKey({ account, read, ids: await idsOf(key), now }).finally(limit.close);
}

/** What tells a key, and any change of its parts, without giving them away. */
export async function idsOf({ key, secret, passphrase }: VenueKey): Promise<Pick<KeyCheck, "keyId" | "credentialId">> {
  const [keyId, credentialId] = await Promise.all([secretId(key), secretId(JSON.stringify([key, secret, passphrase]))]);
  return { keyId, credentialId };
}
