import type { Config } from "../config.ts";
import type { KeyState } from "../domain/venue-key.ts";
import { loadKeyStates } from "../storage/venue-keys.ts";
import { idsOf } from "./account-check.ts";

/** The last look at each key that a deployment has, with the same credentials. Throws when D1 fails. */
export async function givenKeyStates(db: D1Database, { venueKeys }: Pick<Config, "venueKeys">): Promise<readonly KeyState[]> {
  const given = await Promise.all(
    Object.entries(venueKeys).flatMap(([venue, key]) =>
      key === undefined ? [] : [idsOf(key).then(({ credentialId }) => `${venue} ${credentialId}`)],
    ),
  );
  if (given.length === 0) return [];
  return (await loadKeyStates(db)).filter(({ venue, credentialId }) => given.includes(`${venue} ${credentialId}`));
}
