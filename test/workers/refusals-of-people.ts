import { NOW_MS } from "../opportunities.ts";

type Row = Readonly<Record<string, string | number | null>>;
type Refusal = readonly [constraint: string, why: string, table: string, row: Row];

const SECONDS = NOW_MS / 1_000;
const person: Row = {
  telegram_id: 7,
  chat_id: 7,
  role: "person",
  status: "active",
  preferences: "{}",
  created_at: NOW_MS,
  updated_at: NOW_MS,
};
const session: Row = {
  id: "0123456789abcdef",
  telegram_id: 7,
  created_at: NOW_MS,
  last_active_at_ms: NOW_MS,
  expires_at_ms: NOW_MS + 1,
};
const taken: Row = {
  id: "taken-1",
  telegram_id: 7,
  opportunity_id: "row-1",
  key: "funding|BTC|a|b",
  asset: "BTC",
  long_instrument: "a",
  short_instrument: "b",
  size_usd: 5_000,
  priced: '{"key":"funding|BTC|a|b"}',
  taken_at_ms: NOW_MS,
};
const settlement: Row = { instrument: "a", settled_at_ms: NOW_MS, rate: 0.0001, source: "settled", created_at: NOW_MS };
const watch: Row = { telegram_id: 7, asset: "BTC", venue: "alpha", rate_per_8h: 0.0005, direction: "above", armed: 1, created_at: NOW_MS };
const delivery: Row = {
  event_id: "event-1",
  telegram_id: 7,
  kind: "opened",
  status: "queued",
  protective: 0,
  silent: 0,
  payload: "{}",
  attempts: 0,
  created_at: NOW_MS,
  updated_at: NOW_MS,
};
const audit: Row = { id: "audit-1", at_ms: NOW_MS, actor: "system", action: "flag.set", target: "open_net", detail: "{}" };
const letter: Row = { id: "letter-1", queue: "events", body: "{}", attempts: 3, at_ms: NOW_MS };
const incident: Row = {
  kind: "market-quiet",
  subject: "market",
  state: "ok",
  bad_count: 0,
  label: "quiet",
  detail: "{}",
  updated_at: NOW_MS,
};
const broadcast: Row = { id: "broadcast-1", text: "hello", created_by: "operator:7", created_at: NOW_MS };

/** What the tables about people, their messages and operators refuse: one bug at a time in an otherwise sound row. */
export const REFUSALS_OF_PEOPLE: readonly Refusal[] = [
  ["person_id", "an id of a group", "people", { ...person, telegram_id: -7 }],
  ["person_role", "an unknown role", "people", { ...person, role: "owner" }],
  ["person_status", "an unknown status", "people", { ...person, status: "asleep" }],
  ["person_preferences", "a list of settings", "people", { ...person, preferences: "[]" }],
  ["person_times", "a time in seconds", "people", { ...person, created_at: SECONDS }],
  ["session_id", "an id that can be guessed", "sessions", { ...session, id: "7" }],
  ["session_times", "an end before the last use", "sessions", { ...session, expires_at_ms: NOW_MS }],
  ["update_times", "a time in seconds", "telegram_updates", { update_id: 1, claimed_at_ms: SECONDS }],
  ["taken_names", "no instrument", "taken", { ...taken, long_instrument: "" }],
  ["taken_pays", "a sign that is neither", "taken", { ...taken, pays_now: 2 }],
  ["taken_size", "no size", "taken", { ...taken, size_usd: 0 }],
  ["taken_priced", "the figures of another pair", "taken", { ...taken, priced: '{"key":"funding|ETH|a|b"}' }],
  ["taken_times", "an end before the entry", "taken", { ...taken, ended_at_ms: NOW_MS - 1 }],
  ["settlement_source", "a guess", "settlements", { ...settlement, source: "guessed" }],
  ["settlement_rate", "a settled rate that is missing", "settlements", { ...settlement, rate: null }],
  ["settlement_rate", "a rate for what nobody saw", "settlements", { ...settlement, source: "missed" }],
  ["settlement_rate", "a rate in percent", "settlements", { ...settlement, rate: 1.5 }],
  ["settlement_times", "a time in seconds", "settlements", { ...settlement, settled_at_ms: SECONDS }],
  [
    "announced_times",
    "a time in seconds",
    "announced_rates",
    { instrument: "a", next_funding_at_ms: SECONDS, rate: 0, seen_at_ms: NOW_MS },
  ],
  ["watch_names", "no coin", "watches", { ...watch, asset: "" }],
  ["watch_rate", "a rate in percent", "watches", { ...watch, rate_per_8h: 5 }],
  ["watch_direction", "an unknown direction", "watches", { ...watch, direction: "sideways" }],
  ["watch_time", "a time in seconds", "watches", { ...watch, created_at: SECONDS }],
  ["delivery_kind", "an unknown kind", "deliveries", { ...delivery, kind: "joke" }],
  ["delivery_status", "an unknown status", "deliveries", { ...delivery, status: "lost" }],
  ["delivery_reason", "a failure without a reason", "deliveries", { ...delivery, status: "failed" }],
  ["delivery_sent", "sent at no time", "deliveries", { ...delivery, status: "sent" }],
  ["delivery_flags", "a flag that is neither", "deliveries", { ...delivery, silent: 2 }],
  ["delivery_terms", "a net told at no terms", "deliveries", { ...delivery, net_told: 0.01 }],
  ["delivery_terms", "a net told at the terms of one leg", "deliveries", { ...delivery, net_told: 0.01, terms_told: "[5000,168]" }],
  ["delivery_payload", "a payload that is not JSON", "deliveries", { ...delivery, payload: "hello" }],
  ["delivery_times", "a time in seconds", "deliveries", { ...delivery, created_at: SECONDS }],
  ["audit_names", "nobody's act", "audits", { ...audit, actor: "" }],
  ["audit_detail", "a detail that is not JSON", "audits", { ...audit, detail: "all of it" }],
  ["audit_time", "a time in seconds", "audits", { ...audit, at_ms: SECONDS }],
  ["dead_letter_body", "a body that is not JSON", "dead_letters", { ...letter, body: "hello" }],
  ["dead_letter_time", "a time in seconds", "dead_letters", { ...letter, at_ms: SECONDS }],
  ["incident_state", "an unknown state", "incidents", { ...incident, state: "bad" }],
  ["incident_open", "open since no time", "incidents", { ...incident, state: "open" }],
  ["incident_count", "a negative count", "incidents", { ...incident, bad_count: -1 }],
  ["incident_detail", "a detail that is not JSON", "incidents", { ...incident, detail: "bad" }],
  ["incident_time", "a time in seconds", "incidents", { ...incident, updated_at: SECONDS }],
  ["broadcast_text", "no text", "broadcasts", { ...broadcast, text: "" }],
  ["broadcast_time", "a time in seconds", "broadcasts", { ...broadcast, created_at: SECONDS }],
];
