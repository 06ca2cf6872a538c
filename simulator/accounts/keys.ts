import { createHash } from "node:crypto";

/** What the simulator's accounts have keys for. */
export const KEY_KINDS = ["reading", "trading", "withdrawing", "expired", "ip-bound", "echoing"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

/** A key of a simulated account: known to everybody, worth nothing. */
export type TestKey = { readonly kind: KeyKind; readonly key: string; readonly secret: string; readonly passphrase: string };

const text = (...parts: readonly string[]): string =>
  createHash("sha256")
    .update(["simulated account", ...parts].join(" "))
    .digest("hex");

/** The key of a venue that may do what its kind says. `echoing` is refused with a text that repeats the whole request. */
export const testKey = (venue: string, kind: KeyKind): TestKey => ({
  kind,
  key: text(venue, kind, "key"),
  secret: text(venue, kind, "secret"),
  passphrase: `pass-${text(venue, kind, "passphrase").slice(0, 20)}`,
});

/** The same as the variables of a Worker or of a probe. */
export function keyVars(venue: string, kind: KeyKind): Readonly<Record<string, string>> {
  const { key, secret, passphrase } = testKey(venue, kind);
  const prefix = `${venue.toUpperCase()}_API_`;
  const own = { [`${prefix}KEY`]: key, [`${prefix}SECRET`]: secret };
  return venue === "okx" || venue === "bitget" ? { ...own, [`${prefix}PASSPHRASE`]: passphrase } : own;
}
