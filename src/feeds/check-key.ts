import type { VenueError } from "../domain/error.ts";
import { err, type Result } from "../domain/result.ts";
import type { AccountFee, KeyCheck, KeyGrant } from "../domain/venue-key.ts";
import type { AccountAdapter, AccountEndpoint } from "../venues/account.ts";

/** One signed call with the key that is looked at. */
export type SignedRead = (request: {
  readonly name: string;
  readonly endpoint: AccountEndpoint<unknown>;
}) => Promise<Result<{ readonly body: unknown; readonly receivedAtMs: number }, VenueError>>;

/**
 * Asks the venue what a key may do and, of one that can do no more than read, what its account is charged. A key that can
 * trade or withdraw is used for nothing beyond that question.
 */
export async function checkKey(input: {
  readonly account: AccountAdapter;
  readonly read: SignedRead;
  readonly ids: Pick<KeyCheck, "keyId" | "credentialId">;
  readonly now: () => number;
}): Promise<KeyCheck> {
  const { account, read, ids, now } = input;
  const grant = await readOf<KeyGrant>(read, { name: "keyScope", endpoint: account.grant });
  const seen = { venue: account.venue, ...ids, fees: { perpetual: null, spot: null }, checkedAtMs: now(), error: null };
  if (!grant.ok) {
    const { error } = grant;
    const isRefused = error.kind === "auth-failed";
    const message = isRefused ? `the venue refuses the key: ${error.reason} (${error.message})` : `could not be checked: ${error.message}`;
    return { ...seen, scope: isRefused ? "invalid" : "unknown", message, error };
  }
  const { scope, more } = grant.value;
  if (scope !== "read-only") {
    const powers = more.slice(0, MOST_POWERS).join(", ");
    return { ...seen, scope, message: `the key can do more than read (${powers}) and is not used: make one that can only read` };
  }
  const [perpetual, spot] = await Promise.all([
    readFee(read, { name: "perpetualFee", endpoint: account.takerFee.perpetual }),
    readFee(read, { name: "spotFee", endpoint: account.takerFee.spot }),
  ]);
  const missing = [perpetual, spot].flatMap((fee) => (fee.ok ? [] : [fee.error.message]));
  return {
    ...seen,
    scope,
    message: missing.length === 0 ? null : `the documented fee stands in, as the account's could not be read: ${missing.join("; ")}`,
    fees: { perpetual: perpetual.ok ? perpetual.value : null, spot: spot.ok ? spot.value : null },
  };
}

const MOST_POWERS = 5;

async function readOf<T>(
  read: SignedRead,
  request: { readonly name: string; readonly endpoint: AccountEndpoint<T> },
): Promise<Result<T, VenueError>> {
  const answer = await read(request);
  return answer.ok ? request.endpoint.read(answer.value.body) : err(answer.error);
}

async function readFee(
  read: SignedRead,
  request: { readonly name: string; readonly endpoint: AccountEndpoint<number> },
): Promise<Result<AccountFee, VenueError>> {
  const answer = await read(request);
  if (!answer.ok) return answer;
  const rate = request.endpoint.read(answer.value.body);
  return rate.ok ? { ok: true, value: { rate: rate.value, readAtMs: answer.value.receivedAtMs } } : rate;
}
