import { createHmac, timingSafeEqual } from "node:crypto";
import { json, type Json, type VenueReply } from "../venues/venue.ts";
import { KEY_KINDS, type KeyKind, testKey, type TestKey } from "./keys.ts";

/** A request for an account, as it came. */
export type AccountCall = {
  readonly path: string;
  /** With its question mark, or empty. */
  readonly search: string;
  readonly headers: Headers;
  readonly nowMs: number;
};

/** What an account is charged, as decimals on the wire. */
export type Charged = { readonly perpetual: string; readonly spot: string };

/** Why a venue refuses a signed request, in the order in which it looks. */
export type Refusal = "no-key" | "unknown-key" | "timestamp" | "passphrase" | "signature" | "expired" | "ip";

/** The signed part of one venue. Its signatures are worked out here and nowhere shared with the product. */
export type SimulatedAccount = {
  readonly venue: string;
  readonly hosts: readonly string[];
  readonly charged: Charged;
  /** What was sent to prove who asks; a part that is missing is `null`. */
  readonly proofOf: (call: AccountCall) => Proof;
  readonly windowMs: number;
  readonly encoding: "hex" | "base64";
  readonly hasPassphrase: boolean;
  readonly refuse: (refusal: Refusal, call: AccountCall, note: string) => VenueReply;
  /** Answers by path. */
  readonly answers: Readonly<Record<string, (asked: Asked) => VenueReply>>;
};
export type Proof = {
  readonly key: string | null;
  readonly atMs: number;
  readonly passphrase: string | null;
  readonly signed: string;
  readonly signature: string | null;
};
export type Asked = { readonly kind: KeyKind; readonly charged: Charged; readonly query: URLSearchParams; readonly nowMs: number };

/** The answer of an account: its data, or the venue's refusal. `revoked`: the venue knows none of its keys any more. */
export function answerAccount(
  account: SimulatedAccount,
  call: AccountCall,
  state: { readonly revoked: boolean; readonly charged: Partial<Charged> },
): VenueReply {
  const proof = account.proofOf(call);
  const known = state.revoked ? null : keyOf(account.venue, proof.key);
  const refusal = proof.key === null ? "no-key" : known === null ? "unknown-key" : refusalOf(account, proof, { known, nowMs: call.nowMs });
  const echo = known?.kind === "echoing" ? echoOf(call, known) : "";
  if (refusal !== null) return account.refuse(refusal, call, echo);
  if (known === null) return account.refuse("unknown-key", call, "");
  if (known.kind === "echoing") return account.refuse("signature", call, echo);
  const answer = account.answers[call.path];
  if (answer === undefined) return account.refuse("unknown-key", call, "");
  const charged = { ...account.charged, ...state.charged };
  return answer({ kind: known.kind, charged, query: new URLSearchParams(call.search), nowMs: call.nowMs });
}

const keyOf = (venue: string, key: string | null): TestKey | null =>
  KEY_KINDS.map((kind) => testKey(venue, kind)).find((each) => each.key === key) ?? null;

function refusalOf(
  account: SimulatedAccount,
  proof: Proof,
  { known, nowMs }: { readonly known: TestKey; readonly nowMs: number },
): Refusal | null {
  // A venue takes a second from the future and as much from the past as the request allows.
  if (!(proof.atMs <= nowMs + 1_000 && nowMs - proof.atMs <= account.windowMs)) return "timestamp";
  if (account.hasPassphrase && proof.passphrase !== known.passphrase) return "passphrase";
  const expected = createHmac("sha256", known.secret).update(proof.signed).digest(account.encoding);
  if (!isSame(expected, proof.signature ?? "")) return "signature";
  return known.kind === "expired" ? "expired" : known.kind === "ip-bound" ? "ip" : null;
}

const isSame = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Everything that a careless venue could repeat. */
const echoOf = ({ search, headers }: AccountCall, { key, secret, passphrase }: TestKey): string =>
  ` You sent ${search} with ${JSON.stringify(Object.fromEntries(headers))}; key ${key}, secret ${secret}, passphrase ${passphrase}`;

export const moneyOf = (kind: KeyKind): boolean => kind === "withdrawing";
export const tradesOf = (kind: KeyKind): boolean => kind === "trading" || kind === "withdrawing";

/** The names of headers and parameters with which a request says who asks; none in a public call. */
export function proofNames(headers: Headers, query: URLSearchParams): readonly string[] {
  const inHeaders = [...headers.keys()].filter((name) =>
    /^(?:x-mbx-apikey|x-bapi-.*|ok-access-.*|access-(?:key|sign|passphrase|timestamp)|authorization|cookie|key|sign|.*api-?key.*)$/u.test(
      name,
    ),
  );
  return [...inHeaders, ...[...query.keys()].filter((name) => /^(?:signature|sign|api_?key)$/iu.test(name))];
}

export const okJson = (body: Json): VenueReply => json(200, body);
