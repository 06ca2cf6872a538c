-- One message to one person about one event; the pair is the identity, so the same event reaches a person once.
-- event_id: an opportunity event, `incident:…`, `broadcast:…`, `watch:…` or `digest:…`.
CREATE TABLE IF NOT EXISTS deliveries (
  event_id TEXT NOT NULL,
  telegram_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  -- queued → sending → sent | unknown | failed; held: waits for the digest after quiet hours; suppressed: see reason.
  status TEXT NOT NULL,
  -- Why it was held, suppressed or failed: quiet-hours, cool-down, scan-limit, day-limit, blocked, …
  reason TEXT,
  -- Resent once after no answer.
  protective INTEGER NOT NULL,
  silent INTEGER NOT NULL,
  opportunity_id TEXT,
  strategy TEXT,
  asset TEXT,
  -- Net at this person's fees, size and horizon as told, fraction; what `improved` is measured against.
  net_told REAL,
  -- At what net_told was worked out, so that another size, horizon or fee is not taken for a better pair:
  -- [USD on each leg, hours, then venue, kind and taker fee of the long and of the short leg].
  terms_told TEXT,
  -- Everything the message is rendered from.
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  -- Oldest venue body, end of the scan, acceptance by Telegram: how old the message's data was.
  venue_at_ms INTEGER,
  scan_at_ms INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- A row that waits is not tried before: Telegram asked for a pause, or an attempt failed.
  not_before_ms INTEGER,
  -- Written right before the call: what is under way without it was never called.
  called_at_ms INTEGER,
  sent_at_ms INTEGER,
  PRIMARY KEY (event_id, telegram_id),
  CONSTRAINT delivery_kind CHECK ((kind IN ('opened', 'improved', 'terms-changed', 'no-data', 'data-back', 'ended', 'watch', 'digest', 'incident', 'broadcast')) IS TRUE),
  CONSTRAINT delivery_status CHECK ((status IN ('queued', 'sending', 'sent', 'unknown', 'failed', 'held', 'digested', 'suppressed')) IS TRUE),
  CONSTRAINT delivery_reason CHECK ((status NOT IN ('failed', 'held', 'suppressed') OR length(reason) > 0) IS TRUE),
  CONSTRAINT delivery_sent CHECK (((status = 'sent') = (sent_at_ms IS NOT NULL)) IS TRUE),
  CONSTRAINT delivery_flags CHECK ((protective IN (0, 1) AND silent IN (0, 1) AND attempts >= 0) IS TRUE),
  CONSTRAINT delivery_terms CHECK ((net_told IS NULL OR json_array_length(terms_told) = 8) IS TRUE),
  CONSTRAINT delivery_payload CHECK (json_valid(payload) IS TRUE),
  CONSTRAINT delivery_times CHECK ((created_at BETWEEN 100000000000 AND 100000000000000
    AND updated_at BETWEEN created_at AND 100000000000000
    AND (not_before_ms IS NULL OR not_before_ms BETWEEN 100000000000 AND 100000000000000)
    AND (called_at_ms IS NULL OR called_at_ms BETWEEN 100000000000 AND 100000000000000)) IS TRUE)
) STRICT, WITHOUT ROWID;
-- What a person was told lately: limits, cool-down, improvement, digest.
CREATE INDEX IF NOT EXISTS deliveries_of ON deliveries (telegram_id, created_at);

-- A chat that Telegram refuses, a dead letter, an operator's act: who, what, when. Nothing here names a person but by id.
CREATE TABLE IF NOT EXISTS audits (
  id TEXT NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  -- operator:ID, api:TOKEN-NAME or system.
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL,
  CONSTRAINT audit_names CHECK ((length(id) > 0 AND length(actor) > 0 AND length(action) > 0) IS TRUE),
  CONSTRAINT audit_detail CHECK (json_valid(detail) IS TRUE),
  CONSTRAINT audit_time CHECK ((at_ms BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS audits_by_time ON audits (at_ms);

-- Messages that the queue gave up on, as it handed them over.
CREATE TABLE IF NOT EXISTS dead_letters (
  id TEXT NOT NULL PRIMARY KEY,
  queue TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  CONSTRAINT dead_letter_body CHECK (json_valid(body) IS TRUE),
  CONSTRAINT dead_letter_time CHECK ((at_ms BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;

-- The state machine of alarms: one row a kind of incident and subject. See monitoring/incident.ts.
CREATE TABLE IF NOT EXISTS incidents (
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  -- Observations in a row that were bad.
  bad_count INTEGER NOT NULL,
  -- The latest opening; with it, kind and subject make the id of the incident.
  opened_at_ms INTEGER,
  recovered_at_ms INTEGER,
  label TEXT NOT NULL,
  detail TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, subject),
  CONSTRAINT incident_state CHECK ((state IN ('ok', 'open', 'cool-down')) IS TRUE),
  CONSTRAINT incident_open CHECK ((state <> 'open' OR opened_at_ms IS NOT NULL) IS TRUE),
  CONSTRAINT incident_count CHECK ((bad_count >= 0) IS TRUE),
  CONSTRAINT incident_detail CHECK (json_valid(detail) IS TRUE),
  CONSTRAINT incident_time CHECK ((updated_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;

-- A message of an operator to everybody: written, shown to the operator, then confirmed.
CREATE TABLE IF NOT EXISTS broadcasts (
  id TEXT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  confirmed_at_ms INTEGER,
  CONSTRAINT broadcast_text CHECK ((length(text) BETWEEN 1 AND 3500) IS TRUE),
  CONSTRAINT broadcast_time CHECK ((created_at BETWEEN 100000000000 AND 100000000000000) IS TRUE)
) STRICT, WITHOUT ROWID;
