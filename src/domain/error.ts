/** Why a call to a venue gave no rows. Each kind has its own action, see `actionFor` in net/. */
export type VenueError =
  | { readonly kind: "network"; readonly message: string }
  | { readonly kind: "dns"; readonly message: string }
  | { readonly kind: "timeout"; readonly phase: "headers" | "body" | "venue" | "scan"; readonly limitMs: number; readonly message: string }
  | { readonly kind: "bad-request"; readonly status: 400; readonly message: string }
  | { readonly kind: "unauthorized"; readonly status: 401; readonly message: string }
  | { readonly kind: "forbidden"; readonly status: 403; readonly message: string }
  | { readonly kind: "geo-blocked"; readonly status: number; readonly message: string }
  | { readonly kind: "rate-limited"; readonly status: number; readonly retryAfterMs: number | null; readonly message: string }
  | { readonly kind: "banned"; readonly status: number; readonly retryAfterMs: number | null; readonly message: string }
  | { readonly kind: "http"; readonly status: number; readonly message: string }
  | { readonly kind: "server"; readonly status: number; readonly retryAfterMs: number | null; readonly message: string }
  | { readonly kind: "venue-error"; readonly code: string; readonly message: string }
  | { readonly kind: "too-large"; readonly limitBytes: number; readonly message: string }
  | { readonly kind: "bad-json"; readonly message: string }
  | { readonly kind: "bad-shape"; readonly path: string; readonly message: string }
  | { readonly kind: "empty"; readonly message: string }
  | { readonly kind: "budget"; readonly retryAfterMs: number; readonly message: string }
  /** Nothing was sent: the venue failed too often in a row and is left alone, or another call tries whether it is back. */
  | { readonly kind: "breaker-open"; readonly retryAfterMs: number; readonly message: string }
  | { readonly kind: "flag-off"; readonly message: string }
  /** A signed call that the venue does not take; of public calls never. `code` is the venue's own. */
  | { readonly kind: "auth-failed"; readonly reason: AuthReason; readonly code: string; readonly message: string }
  /** Put off to a later scan, since this one's budget goes to others first. */
  | { readonly kind: "deferred"; readonly message: string }
  | { readonly kind: "internal"; readonly message: string };

/** What is wrong with a key, as the venue's code tells; `unclear` where its code stands for several. */
export type AuthReason =
  | "bad-key"
  | "bad-signature"
  | "bad-passphrase"
  | "ip-not-allowed"
  | "expired"
  | "clock-skew"
  | "no-permission"
  | "unclear";

export type VenueErrorKind = VenueError["kind"];

/** A body that is not what the venue documents, with the path and what stood there. */
export const badShape = (path: string, expected: string, found: unknown): VenueError => ({
  kind: "bad-shape",
  path,
  message: `expected ${expected} at ${path}, found ${describe(found)}`,
});

/** A short, bounded description of a wire value for error messages. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return `an object with keys ${Object.keys(value).slice(0, 6).join(", ")}`;
  return `${typeof value} ${JSON.stringify(value)?.slice(0, 60) ?? ""}`;
}
