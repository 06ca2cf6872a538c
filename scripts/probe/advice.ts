import type { AuthReason, VenueError } from "../../src/domain/error.ts";

const RELAY = "relay by VENUE_GATEWAY_URL from an allowed place, or set another region for the venue";
const NETWORK = "is this machine online, and does its firewall or proxy let the host through?";
const BODY = "the venue has changed its body: save it, and run `npm run parse -- VENUE name=body.json`";

/** What to do about a failure, in one sentence. */
export function adviceFor(error: VenueError): string {
  switch (error.kind) {
    case "geo-blocked":
      return `the venue refuses this country: ${RELAY}`;
    case "forbidden":
      return `the venue or its CDN refuses this address: ${RELAY}`;
    case "rate-limited":
    case "banned":
      return "too much was asked from this address: wait as long as the venue asks, and see who else uses it";
    case "network":
    case "dns":
      return NETWORK;
    case "timeout":
      return `no answer in time: ${NETWORK} Else see the venue's status page`;
    case "server":
    case "empty":
      return "the venue has a fault: see its status page and probe again";
    case "bad-shape":
    case "bad-json":
    case "too-large":
    case "bad-request":
    case "http":
      return BODY;
    case "auth-failed":
      return ADVICE_FOR_KEYS[error.reason];
    default:
      return "see docs/RUNBOOK.md for this kind";
  }
}

const ADVICE_FOR_KEYS: Readonly<Record<AuthReason, string>> = {
  "bad-key": "the venue does not know the key: was it copied whole, or has it been deleted?",
  "bad-signature": "the secret does not belong to the key: copy both again",
  "bad-passphrase": "the passphrase is not the one chosen when the key was made",
  "ip-not-allowed": "the key is bound to other addresses: allow this one, or make a key without",
  expired: "the key has expired: make a new one",
  "clock-skew": "this machine's clock is off: set it by NTP",
  "no-permission": "the key lacks the permission to read: allow reading, and nothing else",
  unclear: "the venue does not say which: a wrong key, an address it is not bound to, or no permission to read",
};
